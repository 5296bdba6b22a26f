from pathlib import Path

import pytest
import yaml

from dreamcode.errors import InputError
from experiments.label_correction.arms import list_trainings, list_trials
from experiments.label_correction.config import (
    SHIPPED,
    correction_file,
    read_experiment,
    read_primary,
)
from experiments.label_correction.data import list_exams


def test_the_shipped_experiment_is_what_was_planned() -> None:
    config = read_experiment(SHIPPED)
    base, *trainings = list_trainings(config)
    assert len({one.name for one in trainings}) == len(trainings)
    assert {one.start for one in trainings} == {base.model}
    assert (config.sets, config.seeds, config.k) == (2, 5, [4, 16])
    assert config.problems.test == config.faults == 500
    assert config.chains.candidates == 16
    runs = [one.series for one in trainings]
    assert {runs.count(series) for series in runs} == {10}
    uncounted = [name for name, arm in config.arms.items() if not arm.counts]
    assert set(runs) == {
        name if name in uncounted else f"{name}-k{k}"
        for name, arm in config.arms.items()
        for k in ((4,) if arm.cut or name == "writer" else (4, 16))
    }
    settings = {one.series: one.settings for one in trainings}
    assert settings["outcome"].method == "outcome"
    assert settings["joint-outcome"].outcome_weight == "alone"
    assert settings["mixed-k4"].outcome_weight == 4
    assert settings["placebo-k4"].correction.placebo
    assert not settings["correct-k4"].correction.placebo
    assert settings["folds-k4"].correction.folds == 2
    labels = {one.series: one.labels for one in trainings if one.group == 1}
    assert labels["writer-k4"] == "labels-writer/k4-set1"
    assert labels["cut-correct-k4"] == "labels-middle/k4-set1-cut"
    # Where no rollout counts, any K will do.
    assert labels["outcome"] == "labels-middle/k4-set1"


def test_what_it_is_judged_by_are_its_arms() -> None:
    config, primary = read_experiment(SHIPPED), read_primary()
    for claimant, rivals in (primary.claims | primary.plain).items():
        assert {claimant, *rivals} <= config.arms.keys()
        assert claimant not in rivals
    for claimant, rivals in primary.claims.items():
        same = [name for name in rivals if config.arms[name].cut == config.arms[claimant].cut]
        assert same == rivals
        assert any(config.settings_of(config.arms[name]).correction.placebo for name in rivals)


def test_no_problem_stands_in_two_places() -> None:
    config = read_experiment(SHIPPED)
    fewer = config.base.model_copy(update={"problems": 20})
    sets, held, base = list_exams(config.model_copy(update={"base": fewer}))
    names = [exam.problem.id for own in (*sets, held, base) for _, exam in own]
    assert len(set(names)) == len(names)


def test_trials_are_of_validation_and_of_one_set() -> None:
    config = read_experiment(SHIPPED)
    trials = list_trials(config)
    assert list(trials) == list(config.tuning.settings)
    assert {(one.split, one.group, one.seed) for one in trials.values()} == {("validation", 0, 0)}
    assert {one.labels for one in trials.values()} == {"labels-middle/k4-set0"}
    assert trials["far"].settings.correction.reach == 4.0


def test_the_choice_of_tuning_is_for_those_that_correct(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(SHIPPED.read_text())
    before = {one.name: one.settings for one in list_trainings(read_experiment(file))}
    correction_file(file).write_text(yaml.safe_dump({"reach": 7.0}))
    after = {one.name: one.settings for one in list_trainings(read_experiment(file))}
    for name, settings in after.items():
        if settings.method == "correct":
            assert settings.correction.reach == 7.0
        else:  # the base above all, which took part in the choice
            assert settings == before[name]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("labels: {rollouts: 4}", "16 rollouts of middle, but labels.rollouts is 4; raise it"),
        (
            "{labels: {rollouts: 16}, arms: {a: {completer: writer, k: [20]}}}",
            "20 rollouts of writer",
        ),
        ("arms: {mc: {k: [32]}}", "asks for 32 rollouts"),
        ("tuning: {k: 20}", "asks for 20 rollouts"),
        ("labels: {rolouts: 4}", "rolouts"),
        ("arms: {mc: {completer: weak}}", "completer"),
        ("k: []", "k"),
        ("k: [", "cannot read"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=complaint) as caught:
        read_experiment(file)
    assert str(file) in str(caught.value)
