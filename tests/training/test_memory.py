"""The arithmetic of memory against what torch allocates."""

from pathlib import Path

import pytest
from transformers import AutoConfig

from benchmarks.memory import LARGE, Setting, measure, settings, show, write_base
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.memory import Shape, estimate_memory

SHAPE = Shape(4, 128, 384, 4, 128, 64, 2048)
LENGTH = 700


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("base"))
    write_base("llama", SHAPE, folder)
    return folder


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
def test_a_config_s_shape_is_read(kind: str, tmp_path: Path) -> None:
    write_base(kind, SHAPE, str(tmp_path))
    assert Shape.of(AutoConfig.from_pretrained(tmp_path)) == SHAPE


@pytest.mark.parametrize("setting", settings(), ids=str)
def test_arithmetic_is_near_what_torch_allocates(base: str, setting: Setting) -> None:
    found = measure(base, setting, LENGTH)
    formula = estimate_memory(SHAPE, setting.config(base), LENGTH).peak
    assert formula == pytest.approx(found, rel=0.15)


def test_a_shape_of_another_family_is_guessed() -> None:
    shape = Shape.of(AutoConfig.for_model("gpt2"))
    assert (shape.hidden, shape.inner, shape.keys, shape.layers) == (768, 3072, 768, 12)


def test_large_models_have_their_number_of_weights() -> None:
    for name, millions in (("Qwen2.5-Coder-3B", 3086), ("Qwen2.5-Coder-7B", 7071)):
        shape = LARGE[name]
        assert shape.linear + shape.embedding == pytest.approx(millions * 1e6, rel=1e-3)


def test_what_a_batch_and_longer_chains_cost() -> None:
    shape = LARGE["Qwen2.5-Coder-3B"]
    one = estimate_memory(shape, PrmStageConfig(batch=1), 1000)
    four = estimate_memory(shape, PrmStageConfig(batch=4), 1000)
    assert (
        four.activations
        == 4 * one.activations
        == estimate_memory(shape, PrmStageConfig(batch=1), 4000).activations
    )
    assert four.weights == one.weights
    sgd = estimate_memory(shape, PrmStageConfig(optimizer="sgd"), 1000)
    assert sgd.optimizer == one.optimizer / 2


def test_a_card_is_named_with_room_to_spare() -> None:
    assert [show(size) for size in (21.0, 22.0, 71.9, 75.0)] == [
        "21 (24 GB)", "22 (48 GB)", "72 (80 GB)", "75 (none)",
    ]  # fmt: skip
