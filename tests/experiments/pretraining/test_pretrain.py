import json
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
from transformers import AutoModelForCausalLM

from dreamcode.errors import InputError
from dreamcode.miniature.worlds import MINIATURE, WORLDS
from dreamcode_training.prm_model import base_folder
from experiments.pretraining.corpus import batches
from experiments.pretraining.pretrain import Settings, learning_rate, new_policy, train
from experiments.pretraining.tokenizer import load_tokenizer

SMALL = Settings(
    worlds=(MINIATURE.name,),
    steps=6,
    batch=2,
    warmup=2,
    vocabulary=400,
    width=32,
    layers=1,
    heads=2,
    inner=48,
)


def ignore(_: str) -> None:
    """Tells nobody."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    train(SMALL, folder, ignore, save_every=2)
    return folder


def test_the_folder_is_an_ordinary_transformers_model(trained: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(trained)
    assert model.dtype is torch.bfloat16
    assert json.loads((trained / "dreamcode.json").read_text()) == {"prompt": "bare"}
    assert json.loads((trained / "training.json").read_text())["done"]["step"] == 6


def test_a_run_that_is_over_is_left_alone(trained: Path) -> None:
    before = (trained / "model.safetensors").stat().st_mtime_ns
    train(SMALL, trained, ignore)
    assert (trained / "model.safetensors").stat().st_mtime_ns == before


def test_a_stopped_run_goes_on_where_it_was(trained: Path, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop_after_step_four(self: torch.optim.Optimizer, *_: object) -> None:
        if any(float(state["step"]) == 4 for state in self.state.values()):
            raise StoppedError

    for name in ("tokenizer.json", "tokenizer_config.json"):  # making them is most of the time
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    hook = register_optimizer_step_pre_hook(stop_after_step_four)
    with pytest.raises(StoppedError):
        train(SMALL, tmp_path, ignore, save_every=2)
    hook.remove()
    assert not (tmp_path / "model.safetensors").exists()
    said: list[str] = []
    train(SMALL, tmp_path, said.append, save_every=2)
    assert [line.split(",")[0] for line in said] == ["step 6 of 6"]
    through = AutoModelForCausalLM.from_pretrained(trained).state_dict()
    stopped = AutoModelForCausalLM.from_pretrained(tmp_path).state_dict()
    for name, weights in through.items():
        torch.testing.assert_close(stopped[name], weights, rtol=0.02, atol=1e-3)


def test_a_checkpoint_of_other_settings_is_refused(trained: Path) -> None:
    with pytest.raises(InputError, match="other settings"):
        train(Settings(seed=5), trained, ignore)


def test_the_loss_counts_programs_only(trained: Path) -> None:
    tokenizer = load_tokenizer(trained)
    batch = next(batches(tokenizer, [MINIATURE], seed=1, size=4))
    for ids, learned in zip(batch.ids, batch.learned, strict=True):
        text = str(tokenizer.decode(ids[learned]))
        assert text.startswith("def main():")
        assert text.endswith("main()\n<eos>")
    assert batch.tokens == int((batch.ids != tokenizer.pad_token_id).sum())


def test_batches_depend_on_seed_and_step_alone(trained: Path) -> None:
    tokenizer = load_tokenizer(trained)
    stream = batches(tokenizer, [MINIATURE], seed=1, size=2)
    for _ in range(33):
        next(stream)
    later = next(stream)
    assert torch.equal(
        next(batches(tokenizer, [MINIATURE], seed=1, size=2, first_step=33)).ids, later.ids
    )


def test_the_learning_rate_rises_stays_and_falls_to_zero() -> None:
    settings = Settings(steps=1000)
    rates = [learning_rate(settings, step) for step in range(1001)]
    assert rates[0] < rates[50] < rates[100] == settings.peak == rates[399]
    assert rates[399] > rates[600] > rates[800] > rates[1000] == 0


def test_a_training_starts_from_the_weights_and_words_of_another(
    trained: Path, tmp_path: Path
) -> None:
    still = SMALL.model_copy(update={"start": str(trained), "steps": 1, "peak": 0.0})
    train(still, tmp_path / "still", ignore)
    one, other = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict()
        for folder in (trained, tmp_path / "still")
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    words = (trained / "tokenizer.json").read_bytes()
    assert (tmp_path / "still" / "tokenizer.json").read_bytes() == words
    both = SMALL.model_copy(update={"start": str(trained), "worlds": tuple(WORLDS), "steps": 2})
    train(both, tmp_path / "both", ignore)
    moved = AutoModelForCausalLM.from_pretrained(tmp_path / "both").state_dict()
    assert any(not torch.equal(one[name], moved[name]) for name in one)
    noted = json.loads((tmp_path / "both" / "training.json").read_text())["settings"]
    assert noted["worlds"] == list(WORLDS)


def test_a_world_that_does_not_exist_is_named(trained: Path, tmp_path: Path) -> None:
    settings = SMALL.model_copy(update={"worlds": ("chess",), "start": str(trained)})
    with pytest.raises(InputError, match="no world 'chess'"):
        train(settings, tmp_path, ignore)


def test_it_starts_from_the_embedded_weights_by_their_name() -> None:
    settings = Settings(start="embedded")
    tokenizer = load_tokenizer(Path(base_folder("embedded")))
    policy = new_policy(settings, tokenizer)
    shipped = AutoModelForCausalLM.from_pretrained(base_folder("embedded"), dtype=torch.float32)
    for name, weights in shipped.state_dict().items():
        assert torch.equal(policy.state_dict()[name], weights)
