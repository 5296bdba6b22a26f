"""Models that are large for the machine: gradient checkpointing, a base in bf16, many processes."""

import json
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim import AdamW
from transformers import (
    AutoModelForTokenClassification,
    FunnelConfig,
    FunnelForTokenClassification,
    Qwen2Config,
    Qwen2ForTokenClassification,
)

from dreamcode.errors import InputError
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode_training.batches import Batch, Example, collate, prefix_logits, score_examples
from dreamcode_training.config import LoraConfig, PrmStageConfig, RunConfig
from dreamcode_training.correction.hypergradient import Lookahead, Mode, Randomness
from dreamcode_training.launch import SHARDING
from dreamcode_training.pipeline import check_config
from dreamcode_training.prm import run_prm
from dreamcode_training.prm_model import Backbone, export, load_backbone
from dreamcode_training.progress import Progress
from tests.rewards.checkpoints import edit_json, save
from tests.training.launching import train_together
from tests.training.learning import same_tensors, settings, write_base

torch.set_num_threads(1)

CPU = torch.device("cpu")
DROPPING = LoraConfig(rank=2, dropout=0.3)
KINDS = {
    "full": {},
    "dropout": {"lora": DROPPING},
    "bf16": {"lora": DROPPING.model_copy(update={"frozen": "bf16"}), "precision": "bf16"},
    "differences": {"lora": DROPPING},
}


def write_qwen2(folder: Path) -> Path:
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=1600, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
        initializer_range=0.1, num_labels=1, pad_token_id=0,
    )  # fmt: skip
    return save(folder, Qwen2ForTokenClassification(config))


@pytest.fixture(params=[write_base, write_qwen2], ids=["llama", "qwen2"])
def any_base(request: Any, tmp_path: Path) -> Path:
    return cast(Path, request.param(tmp_path / "base"))


def batch(seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, 1536, (2, 12), generator=generator).tolist()
    whole = Example(tuple(ids[0]), (4, 8, 11), (0, 1, 2))
    return collate([whole, Example(tuple(ids[1][:9]), (8,), (3,))])


def logits(model: Callable[..., Any], part: Batch, *, bf16: bool) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
        return prefix_logits(model, part, CPU)


@contextmanager
def counting(model: nn.Module) -> Any:
    """Counts how often the first layer's attention runs."""
    attention = next(m for name, m in model.named_modules() if name.endswith("layers.0.self_attn"))
    calls: list[None] = []
    handle = attention.register_forward_hook(lambda *_: calls.append(None))
    yield calls
    handle.remove()


def train(backbone: Backbone, *, bf16: bool, mode: Mode) -> tuple[dict[str, Any], list[int]]:
    """Three steps, the last one corrected: everything that came of it, and the runs per pass."""
    model, counts = backbone.model.train(), []
    optimizer = AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    torch.manual_seed(7)
    slopes = Tensor()
    for step in range(3):
        before = Randomness.now()
        with counting(model) as calls:
            logits(model, batch(step), bf16=bf16).sum().backward()
        counts.append(len(calls))
        ahead = Lookahead.before_step(model, optimizer, 1.0)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step == 2:
            logits(model, batch(9), bf16=bf16).square().sum().backward()
            direction = ahead.direction()
            optimizer.zero_grad()
            with counting(model) as calls:
                slopes = ahead.logit_derivatives(
                    lambda model, step=step: logits(model, batch(step), bf16=bf16),
                    direction, mode, before,
                )  # fmt: skip
            counts.append(len(calls))
    with counting(model) as calls:
        scores = score_examples(model, [Example((1, 2, 3), (2,), (0,))], 1)
    counts.append(len(calls))
    trained = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
    return {**trained, "slopes": slopes, "scores": torch.tensor(scores)}, counts


@pytest.mark.parametrize("kind", KINDS)
def test_checkpointing_changes_no_bit_and_is_off_where_no_gradient_is_kept(
    any_base: Path, kind: str
) -> None:
    config = PrmStageConfig(base=str(any_base), **cast(Any, KINDS[kind]))
    mode: Mode = "fd" if kind == "differences" else "jvp"
    bf16 = config.precision == "bf16"
    plain, once = train(load_backbone(config, 0), bf16=bf16, mode=mode)
    spared = config.model_copy(update={"gradient_checkpointing": True})
    backbone = load_backbone(spared, 0)
    twice_over, twice = train(backbone, bf16=bf16, mode=mode)
    passes = 2 if mode == "fd" else 1
    assert once == [1, 1, 1, passes, 1]
    assert twice == [2, 2, 2, passes, 1]
    assert plain["slopes"].abs().min() > 0
    assert all(torch.equal(plain[name], twice_over[name]) for name in plain)
    assert any(
        getattr(layer, "gradient_checkpointing", False) for layer in backbone.model.modules()
    )


def test_a_base_in_bf16_computes_what_one_in_fp32_does_with_the_same_numbers(
    any_base: Path,
) -> None:
    rounded = AutoModelForTokenClassification.from_pretrained(any_base, dtype=torch.bfloat16)
    rounded.float().save_pretrained(any_base)
    found = []
    for frozen in ("fp32", "bf16"):
        lora = LoraConfig(rank=2, frozen=frozen)
        config = PrmStageConfig(base=str(any_base), lora=lora, precision="bf16")
        model = load_backbone(config, 0).model
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        resting = [p for p in model.parameters() if not p.requires_grad]
        assert {p.dtype for p in trained.values()} == {torch.float32}
        kept = torch.bfloat16 if frozen == "bf16" else torch.float32
        assert {p.dtype for p in resting} == {kept}
        generator = torch.Generator().manual_seed(3)
        for parameter in trained.values():
            parameter.data.copy_(torch.randn(parameter.shape, generator=generator) / 4)
        out = logits(model, batch(0), bf16=True)
        out.sum().backward()
        found.append([out, *(p.grad for p in trained.values())])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("store", [torch.float32, torch.bfloat16])
def test_adapters_are_added_to_a_bf16_base_in_fp32(
    any_base: Path, tmp_path: Path, store: torch.dtype
) -> None:
    lora = LoraConfig(rank=2, alpha=1, frozen="bf16")
    config = PrmStageConfig(base=str(any_base), lora=lora, precision="bf16")
    backbone = load_backbone(config, 0)
    torch.manual_seed(3)
    for name, parameter in backbone.model.named_parameters():
        if "lora_B" in name:  # much below what bf16 would keep of a sum
            parameter.data.normal_(std=1e-4)
    before = {name: value.clone() for name, value in backbone.model.state_dict().items()}
    export(backbone.model, backbone.tokenizer, PrmConfig(), tmp_path / "out", store)
    after = backbone.model.state_dict()
    assert all(torch.equal(before[n], v) and before[n].dtype == v.dtype for n, v in after.items())
    plain = AutoModelForTokenClassification.from_pretrained(tmp_path / "out")
    layer = "base_model.model.model.layers.1.mlp.up_proj"
    exact = before[f"{layer}.base_layer.weight"].double() + 0.5 * (
        before[f"{layer}.lora_B.default.weight"].double()
        @ before[f"{layer}.lora_A.default.weight"].double()
    )
    weight = plain.model.layers[1].mlp.up_proj.weight
    assert weight.dtype == store
    assert torch.equal(weight, exact.to(store)) or torch.allclose(
        weight.double(), exact, rtol=0, atol=1e-8 if store == torch.float32 else 1e-3
    )
    head = before["base_model.model.score.modules_to_save.default.weight"]
    assert torch.equal(plain.score.weight, head.to(store))


def test_bf16_weights_without_bf16_computing_are_refused() -> None:
    with pytest.raises(ValueError, match=r"set precision: bf16, or lora\.frozen: fp32"):
        PrmStageConfig(lora=LoraConfig(frozen="bf16"))


def test_a_base_that_cannot_checkpoint_is_named(tmp_path: Path) -> None:
    config = FunnelConfig(
        vocab_size=1600, block_sizes=[1], d_model=16, n_head=2, d_head=8, d_inner=32, num_labels=1
    )
    base = save(tmp_path / "base", FunnelForTokenClassification(config))
    with pytest.raises(InputError, match=r"prm\.base .* Funnel\w+ does not support"):
        load_backbone(PrmStageConfig(base=str(base), gradient_checkpointing=True), 0)


def test_the_setting_counts_and_not_what_the_base_says_of_itself(any_base: Path) -> None:
    edit_json(any_base / "config.json", gradient_checkpointing=True)
    model = load_backbone(PrmStageConfig(base=str(any_base)), 0).model
    assert not any(getattr(layer, "gradient_checkpointing", False) for layer in model.modules())


def test_what_saves_memory_works_in_several_processes(
    base: Path, labels: Path, tmp_path: Path
) -> None:
    """With accelerate's own settings of precision and compilation, which do not count."""
    lora = LoraConfig(rank=2, frozen="bf16")
    changes: dict[str, Any] = {"lora": lora, "precision": "bf16", "accumulation": 2, "epochs": 1}
    config = settings(base, {"warmup": 0.0}, **changes)
    run_prm(tmp_path / "alone", labels, config, 0)
    spared = config.model_copy(update={"gradient_checkpointing": True})
    foreign = {"ACCELERATE_MIXED_PRECISION": "fp16", "ACCELERATE_DYNAMO_BACKEND": "INDUCTOR"}
    done = train_together(tmp_path / "shared", labels, spared, **foreign)
    assert done.returncode == 0, done.stderr[-2000:]
    one, other = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("alone", "shared")
    )
    assert all(torch.allclose(one[name], other[name], atol=1e-3) for name in one)
    first, second = (
        [json.loads(line) for line in (tmp_path / name / "corrected.jsonl").open()]
        for name in ("alone", "shared")
    )
    assert any(line["visits"] for line in first)
    for ours, theirs in zip(first, second, strict=True):
        assert ours["visits"] == theirs["visits"]
        assert ours["label"] == pytest.approx(theirs["label"], abs=1e-2)


@pytest.mark.parametrize("variable", SHARDING)
def test_launches_that_cut_the_model_are_refused_before_anything_is_read(
    variable: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv(variable, "true")
    with pytest.raises(InputError, match=rf"{variable} is set.*--multi_gpu.*frozen: bf16"):
        run_prm(tmp_path / "run", tmp_path / "nothing", PrmStageConfig(), 0)
    with pytest.raises(InputError, match=variable):
        check_config(RunConfig())
    assert not (tmp_path / "run").exists()


def test_fsdp_is_refused_in_every_process(base: Path, labels: Path, tmp_path: Path) -> None:
    fsdp = {"ACCELERATE_USE_FSDP": "true"}
    done = train_together(tmp_path / "run", labels, settings(base, {"mode": "fd"}), **fsdp)
    assert done.returncode != 0
    assert done.stderr.count("InputError: ACCELERATE_USE_FSDP is set") == 2, done.stderr[-2000:]
    assert not (tmp_path / "run").exists()


def test_a_training_goes_on_with_checkpointing_switched_on(
    base: Path, labels: Path, tmp_path: Path
) -> None:
    """As after running out of memory: the checkpoint is not lost."""

    def stop(progress: Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    plain = settings(base)
    spared = plain.model_copy(update={"gradient_checkpointing": True})
    with pytest.raises(KeyboardInterrupt):
        run_prm(tmp_path / "stopped", labels, plain, 0, stop)
    done: list[int] = []
    run_prm(tmp_path / "stopped", labels, spared, 0, lambda progress: done.append(progress.done))
    assert done[0] == 4
    run_prm(tmp_path / "whole", labels, plain, 0)
    one, other = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("stopped", "whole")
    )
    assert same_tensors(one, other)
