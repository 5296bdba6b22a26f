from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from dreamcode.errors import InputError
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode_training.batches import Example
from dreamcode_training.config import LoraConfig, PrmStageConfig
from dreamcode_training.pace import count_steps
from dreamcode_training.prm import prepare
from dreamcode_training.prm_model import load_backbone
from dreamcode_training.processes import Processes
from dreamcode_training.records import read_chains, read_problems
from dreamcode_training.schedule import Schedule, plan_phases
from dreamcode_training.train import Trainer
from tests.training.learning import same_tensors, settings

torch.set_num_threads(1)


def make_trainer(config: PrmStageConfig, labels: Path, seed: int = 0) -> Trainer:
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    backbone = load_backbone(config, seed)
    encoder = backbone.encoder(PrmConfig(), print)
    material = prepare(chains, problems, encoder, config, print)
    return Trainer(backbone.model, material.data, config, seed)


def run(trainer: Trainer, steps: int | None = None) -> list[dict[str, float]]:
    return [trainer.step() for _ in range(trainer.steps if steps is None else steps)]


def hypergradients(trainer: Trainer) -> list[torch.Tensor]:
    """Of every step's labels, while it trains to the end."""
    found = []

    class Keeping(Processes):
        def gather(self, parts: Sequence[torch.Tensor]) -> torch.Tensor:
            found.append(super().gather(parts))
            return found[-1]

    trainer.processes = Keeping()
    run(trainer)
    return found


def weights(trainer: Trainer) -> dict[str, Any]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


@pytest.mark.parametrize("method", ["orm", "mc", "joint", "reweight", "correct"])
def test_all_methods_take_the_same_number_of_steps(base: Path, labels: Path, method: str) -> None:
    config = settings(base, method=method)
    assert make_trainer(config, labels).steps == count_steps(12, config) == 9


def test_every_method_sees_what_it_should(base: Path, labels: Path) -> None:
    problems = read_problems(labels / "problems.jsonl")
    chains = read_chains(labels / "labels.jsonl", problems)
    encoder = load_backbone(settings(base), 0).encoder(PrmConfig(), print)
    data = prepare(chains, problems, encoder, settings(base), print).data
    clean = data.table.clean

    def learned(method: str) -> list[Example]:
        (phase,) = plan_phases(data, settings(base, method=method), 0)
        return list(phase.schedule.examples)

    assert len(learned("orm")) == len(data.train) + len(data.meta) == 18
    assert all(bool(clean[list(e.rows)].all()) for e in learned("orm"))
    assert learned("joint")[12:] == list(data.meta)
    meta = {row for example in data.meta for row in example.rows}
    for method in ("mc", "outcome", "correct", "reweight"):
        seen = learned(method)
        assert len(seen) == 12
        assert any(len(example.rows) > 2 for example in seen)
        assert not meta & {row for example in seen for row in example.rows}


def test_with_two_folds_no_chain_judges_what_it_has_been_learned_beside(
    base: Path, labels: Path
) -> None:
    trainer = make_trainer(settings(base, {"folds": 2}), labels)
    first, second = trainer.phases
    assert (first.first, second.first) == (0, trainer.steps // 2)
    train = set(first.schedule.examples) & set(second.schedule.examples)
    assert len(train) == 12
    assert set(first.schedule.examples) - train == set(second.judges)
    assert set(second.schedule.examples) - train == set(first.judges)
    table = trainer.table

    def problems(examples: Sequence[Example]) -> set[str]:
        return {table.prefixes[example.rows[-1]].problem for example in examples}

    assert not problems(first.judges) & problems(second.judges)
    measures = run(trainer)
    assert any("hypergradient" in one for one in measures)


def test_a_placebo_moves_as_many_labels_as_far_but_others(base: Path, labels: Path) -> None:
    correction = {"visits": 10.0, "warmup": 0.0, "anchor": 0.0, "reach_common": 0.0}
    real = make_trainer(settings(base, correction), labels)
    placebo = make_trainer(settings(base, {**correction, "placebo": True}), labels)
    run(real)
    run(placebo)
    assert torch.equal(real.table.adam.visits, placebo.table.adam.visits)
    one, other = real.table.deviation, placebo.table.deviation
    assert not torch.allclose(one, other)
    assert one.abs().mean() == pytest.approx(other.abs().mean(), rel=0.5)


def test_labels_held_at_their_anchor_train_exactly_as_labels_that_are_never_corrected(
    base: Path, labels: Path
) -> None:
    plain = make_trainer(settings(base, method="mc"), labels)
    run(plain)
    for correction in ({"anchor": float("inf")}, {"reach": 0.0, "reach_common": 0.0}):
        held = make_trainer(settings(base, correction), labels)
        measures = run(held)
        assert any("hypergradient" in one for one in measures)
        assert same_tensors(weights(held), weights(plain))
    free = make_trainer(settings(base, {"anchor": 0.0, "reach": 1.0}), labels)
    run(free)
    assert not same_tensors(weights(free), weights(plain))


BF16 = LoraConfig(rank=4, frozen="bf16")


@pytest.mark.parametrize("lora", [None, LoraConfig(rank=4), BF16], ids=["full", "lora", "base"])
def test_in_bf16_hypergradients_keep_their_direction_after_the_first_step(
    base: Path, labels: Path, lora: LoraConfig | None
) -> None:
    """Adam's first step divides a gradient by its own size: its derivative is all rounding."""
    every = {"visits": 10.0, "warmup": 0.0, "reach_common": 0.0}
    plain = lora and LoraConfig(rank=4)
    exact = hypergradients(make_trainer(settings(base, every, lora=plain), labels))
    rough = hypergradients(make_trainer(settings(base, every, lora=lora, precision="bf16"), labels))
    assert len(exact) == len(rough) == 9
    for one, other in zip(exact[1:], rough[1:], strict=True):
        assert torch.cosine_similarity(one.double(), other.double(), dim=0) > 0.95


def test_only_visited_unfinished_prefixes_move_and_corrections_begin_after_the_warm_up(
    base: Path, labels: Path
) -> None:
    trainer = make_trainer(
        settings(base, {"visits": 0.6, "warmup": 0.5, "anchor": 0.1, "reach_common": 0.0}), labels
    )
    before = trainer.table.labels(torch.arange(len(trainer.table)))
    measures = run(trainer)
    corrected = ["hypergradient" in one for one in measures]
    assert corrected == [False] * 5 + [True, False, True, False]
    table = trainer.table
    moved = table.labels(torch.arange(len(table))) != before
    assert moved.any()
    assert not moved[table.clean].any()
    assert not moved[table.adam.visits == 0].any()


@pytest.mark.parametrize("method", ["reweight", "correct"])
@pytest.mark.parametrize("lora", [None, LoraConfig(rank=2, dropout=0.2)])
def test_a_run_goes_on_from_its_state_bit_for_bit(
    base: Path, labels: Path, method: str, lora: LoraConfig | None
) -> None:
    config = settings(base, {"warmup": 0.2}, method=method, lora=lora)
    whole = make_trainer(config, labels)
    run(whole)
    first = make_trainer(config, labels)
    run(first, 4)
    state = first.state_dict()
    second = make_trainer(config, labels, seed=0)
    torch.manual_seed(12345)  # nothing may depend on where the generator stands
    second.load_state_dict(state)
    run(second, whole.steps - 4)
    assert same_tensors(weights(second), weights(whole))
    every = torch.arange(len(whole.table))
    assert torch.equal(second.table.labels(every), whole.table.labels(every))
    assert torch.equal(second.weights.log_weight, whole.weights.log_weight)


def test_accumulated_micro_batches_are_one_step(base: Path, labels: Path) -> None:
    config = {"visits": 10.0, "warmup": 0.0, "meta_batch": 6}
    together = make_trainer(settings(base, config, batch=12, accumulation=1, epochs=1), labels)
    apart = make_trainer(settings(base, config, batch=4, accumulation=3, epochs=1), labels)
    assert together.steps == apart.steps == 1
    one, other = together.step(), apart.step()
    for name in ("loss", "clean_loss", "hypergradient"):
        assert one[name] == pytest.approx(other[name], rel=1e-3)
    every = torch.arange(len(apart.table))
    assert torch.allclose(together.table.labels(every), apart.table.labels(every), atol=1e-4)
    for name, value in weights(together).items():
        assert torch.allclose(value, weights(apart)[name], atol=1e-4), name


def test_every_epoch_sees_every_example_once(base: Path, labels: Path) -> None:
    trainer = make_trainer(settings(base), labels)
    examples = trainer.phases[0].schedule.examples
    schedule = Schedule(examples, 5, 1, seed=3)

    def rows(schedule: Schedule, step: int) -> list[int]:
        return [row for part in schedule.step(step) for example in part for row in example.rows]

    seen = [row for step in range(3) for row in rows(schedule, step)]
    assert sorted(seen) == sorted(row for example in examples for row in example.rows)
    assert Schedule(examples, 5, 1, seed=3).step(2) == schedule.step(2)
    orders = {tuple(rows(Schedule(examples, 5, 1, seed), 0)) for seed in range(4)}
    assert len(orders) > 1


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_processes_share_a_step_of_the_same_chains(base: Path, labels: Path, count: int) -> None:
    trainer = make_trainer(settings(base, batch=5, accumulation=2), labels)
    members = trainer.phases[0].schedule.step(0)
    pieces = [
        Processes(number, count).own(Processes(number, count).deal(members))
        for number in range(count)
    ]
    assert len({len(own) for own in pieces}) == 1
    dealt = [example for own in pieces for piece in own for example in piece]
    assert sorted(dealt, key=hash) == sorted((e for part in members for e in part), key=hash)


def test_forward_mode_is_refused_where_it_cannot_work(base: Path, labels: Path) -> None:
    with pytest.raises(InputError, match=r"flex_attention.*attention: eager"):
        make_trainer(settings(base, attention="flex_attention"), labels)
