import math
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from experiments.label_correction.config import ExperimentConfig, read_experiment
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import base_training, list_trials
from experiments.label_correction.measure import measure
from experiments.label_correction.report import render
from experiments.label_correction.training import read_result, train, train_all
from experiments.label_correction.tune import rank_trials
from tests.experiments.label_correction.world import find


@pytest.fixture
def config(world: Path) -> ExperimentConfig:
    return read_experiment(world)


def test_a_training_leaves_scores_and_no_weights(world: Path, config: ExperimentConfig) -> None:
    out = world.parent
    _, candidates = read_candidates(out, "test")
    for series in ("base", "orm", "same-k2-correct"):
        training = find(config, series)
        assert (out / training.model).exists() == (series == "base")
        assert not (out / training.name / "checkpoint.pt").exists()
        result = read_result(out, training)
        assert result is not None
        assert set(result.rewards) == set(candidates)
        for problem, chains in candidates.items():
            for chain, reward in zip(chains, result.rewards[problem], strict=True):
                assert (reward is None) == (not chain.finished)
                assert reward is None or 0 < reward < 1
        corrects = series == "same-k2-correct"
        assert len(result.prefixes) == corrects  # an ORM judges programs alone
        assert any(one["counted"] != one["label"] for one in result.corrections) == corrects


def test_only_what_is_missing_is_trained(world: Path, config: ExperimentConfig) -> None:
    out, done, new = world.parent, find(config, "orm"), find(config, "same-k2-mc")
    written = (out / done.name / "result.json").stat().st_mtime_ns
    said: list[str] = []
    train_all(out, config, [done, new], 1, said.append)  # in a process of its own
    assert said[:2] == ["trainings: 1 of 1 are done", "trainings: 1 of 2 are done"]
    assert read_result(out, new) is not None
    assert (out / done.name / "result.json").stat().st_mtime_ns == written


def test_other_settings_are_trained_anew(world: Path, config: ExperimentConfig) -> None:
    one = find(config, "orm")
    before = read_result(world.parent, one)
    faster = config.prm.model_copy(update={"learning_rate": 0.02})
    other = find(config.model_copy(update={"prm": faster}), "orm")
    assert read_result(world.parent, other) is None
    train(world.parent, other)
    after = read_result(world.parent, other)
    assert before is not None
    assert after is not None
    assert before.rewards != after.rewards
    train(world.parent, one)
    assert read_result(world.parent, one) == before


def test_a_stopped_training_comes_to_the_same_result(world: Path, config: ExperimentConfig) -> None:
    training = find(config, "same-k2-correct")
    whole, file = read_result(world.parent, training), world.parent / training.name / "result.json"
    file.unlink()
    steps = 0

    def stop(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 6:
            raise KeyboardInterrupt

    hook = register_optimizer_step_pre_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        train(world.parent, training)
    hook.remove()
    assert (file.parent / "checkpoint.pt").exists()
    assert read_result(world.parent, training) is None
    train(world.parent, training)
    assert read_result(world.parent, training) == whole
    assert torch.get_num_threads() == 1  # with more, sums may differ


def test_trials_are_ranked_by_programs_and_prefixes_alike(
    world: Path, config: ExperimentConfig
) -> None:
    out, trials = world.parent, list_trials(config, "same")
    for trial in trials.values():
        assert trial.start == base_training(config).model
        train(out, trial)
    ranked = rank_trials(out, config)["same"]
    assert {trial.name for trial in ranked} == {"default", "none"}
    assert [trial.loss for trial in ranked] == sorted(trial.loss for trial in ranked)
    result = read_result(out, trials["none"])
    assert result is not None
    reward = result.prefixes[0]
    none = next(trial for trial in ranked if trial.name == "none")
    expected = -(0.75 * math.log(reward) + 0.25 * math.log(1 - reward))
    assert none.prefixes == pytest.approx(expected)
    assert none.loss == (none.programs + none.prefixes) / 2


def test_what_is_there_is_measured(world: Path, config: ExperimentConfig) -> None:
    results = measure(world.parent, config)
    assert {"base", "orm", "same-k2-correct"} <= set(results["series"])
    assert results["candidates"] == 3
    against = results["series"]["orm"]["against"]
    assert against.keys() == {"first", "likelihood", "majority", "base"}
    assert "| `same-k2-correct` | 1 |" in render(results, [])
