from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode_training.config import CorrectionConfig
from experiments.label_correction.config import SHIPPED, correction_file, read_experiment
from experiments.label_correction.grid import list_trainings, list_trials
from experiments.label_correction.tune import Trial, write_choice


def test_the_shipped_settings_are_the_planned_grid() -> None:
    config = read_experiment(SHIPPED)
    base, *trainings = list_trainings(config)
    assert len(trainings) == 4 * 2 * 3 * 5 + 5
    assert len({training.name for training in trainings}) == len(trainings)
    assert {training.start for training in trainings} == {base.model}
    assert config.problems.test >= 500
    assert config.chains.candidates == 16
    assert set(config.corrections) == {"same", "weak"}
    for completer in config.grid.completers:
        trials = list_trials(config, completer)
        assert list(trials) == list(config.tuning.settings)
        assert {trial.split for trial in trials.values()} == {"validation"}
        assert trials["often"].name == f"tuning/{completer}-often-s0"


def test_settings_that_do_not_fit_each_other_are_named(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("chains: {candidates: 4}\n")
    with pytest.raises(InputError, match=r"best of 16, but chains.candidates is 4"):
        read_experiment(file)
    file.write_text("labels: {rollouts: 4}\n")
    with pytest.raises(InputError, match=r"16 rollouts, but labels.rollouts is 4"):
        read_experiment(file)
    file.write_text("labels: {rolouts: 4}\n")
    with pytest.raises(InputError, match="rolouts"):
        read_experiment(file)


def test_the_choice_of_tuning_is_what_the_next_run_reads(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("tuning: {settings: {default: {}, firm: {anchor: 9.0}}}\n")
    config = read_experiment(file)
    assert config.corrections == {}
    first, second = Trial("firm", 0.2, 0.5, 0.9), Trial("default", 0.1, 0.7, 1.0)
    write_choice(correction_file(file), config, {"weak": [first, second], "same": [second, first]})
    chosen = read_experiment(file)
    used = {t.name: t.settings.correction for t in list_trainings(chosen) if t.seed == 0}
    assert used["runs/weak-k4-correct-s0"] == CorrectionConfig(anchor=9.0)
    assert used["runs/weak-k2-correct-s0"] == CorrectionConfig(anchor=9.0)
    for name in ("same-k4-correct-s0", "weak-k4-mc-s0", "weak-k2-reweight-s0"):
        assert used[f"runs/{name}"] == CorrectionConfig()
