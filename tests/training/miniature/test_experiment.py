import math
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dreamcode_training.training_run import TrainingRun
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

import dreamcode_training
from dreamcode.errors import InputError
from dreamcode.miniature import generate_exam
from dreamcode.rewards.calibration import measure_reliability
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_training.chains import SampledChain
from dreamcode_training.config import CorrectionConfig
from dreamcode_training.evidence import find_truth
from dreamcode_training.metrics import nll, soft_auroc
from dreamcode_training.progress import Meter, ignore
from dreamcode_training.records import read_chains, read_problems, write_lines
from dreamcode_training.rollouts import Rollouts
from experiments.label_correction import points
from experiments.label_correction.__main__ import app, smoke_test
from experiments.label_correction.config import ExperimentConfig, read_experiment
from experiments.label_correction.data import is_made, read_candidates
from experiments.label_correction.grid import Training, list_series, list_trainings, list_trials
from experiments.label_correction.measure import judge_difference, measure
from experiments.label_correction.outcomes import (
    Outcomes,
    Pool,
    Ranking,
    Series,
    pick,
    solve_baseline,
    solve_by,
)
from experiments.label_correction.pack import DATA, RESULTS
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.points import is_done, read_result, train, train_all
from experiments.label_correction.pools import examine, extra_inputs
from experiments.label_correction.reference import FILES, ReferencePrefix, choose_prefixes
from experiments.label_correction.report import render, write_report
from experiments.label_correction.scores import (
    finished_error,
    finished_nll,
    prefix_auroc,
    prefix_error,
    prefix_nll,
)
from experiments.label_correction.searches import match_tokens
from experiments.label_correction.tune import Trial, tune, write_choice
from tests.training.learning import settings, write_base, write_labels

torch.set_num_threads(1)

SHIPPED = Path(dreamcode_training.__file__).parents[1] / "configs" / "experiment.yaml"


def pool(problems: int = 40, candidates: int = 8, seed: int = 0) -> Pool:
    random = np.random.default_rng(seed)
    shape = problems, candidates
    passed = random.random(shape) < 0.4
    finished = passed | (random.random(shape) < 0.9)
    return Pool(
        tuple(f"p{i}" for i in range(problems)),
        passed,
        finished,
        random.normal(size=shape),
        passed | (finished & (random.random(shape) < 0.3)),
        np.where(finished, random.integers(0, 3, shape), -1),
    )


def series(of: Pool, name: str, reference: int, seeds: int = 3, skill: float = 0.3) -> Series:
    random = np.random.default_rng(sum(name.encode()))
    scores = []
    for _ in range(seeds):
        noise = random.random(of.passed.shape).round(2)
        mixed = np.clip(skill * of.passed + (1 - skill) * noise, 0, 1)
        scores.append(np.where(of.finished, mixed, -1.0))
    rows = [["p1", 0.4, 0.5, 0.75, 2], ["p1", 0.4, 0.4, None, 0], ["p2", 0.5, 0.25, 0.25, 1]]
    return Series(
        name,
        tuple(scores),
        tuple(random.random(reference) for _ in range(seeds)),
        (rows,) * seeds if "correct" in name else ([],) * seeds,
        ("CPU",) * seeds,
    )


def outcomes(config: ExperimentConfig) -> Outcomes:
    of = pool()
    reference = tuple(ReferencePrefix(f"p{i}", 0, 1, i % 5, 4) for i in range(20))
    names = list_series(config)
    return Outcomes(
        of, reference, {name: series(of, name, 0 if name == "orm" else 20) for name in names}
    )


def small() -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {"grid": {"k": [2, 4], "seeds": 3}, "report": {"resamples": 200, "metric_resamples": 100,
         "n": [2, 4, 8]}}
    )  # fmt: skip


def test_the_shipped_settings_are_the_planned_grid() -> None:
    config = read_experiment(SHIPPED)
    trainings = list(list_trainings(config))
    assert len(trainings) == 1 + 4 * 2 * 3 * 5 + 5
    assert len({training.name for training in trainings}) == len(trainings)
    assert config.problems.test >= 500
    assert config.chains.candidates == 16
    assert config.searches.reward in {"embedded", *(t.name for t in trainings if t.keep)}
    assert {training.base for training in trainings} == {"base/model"}
    assert {trial.split for trial in list_trials(config)} == {"validation"}


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
    (tmp_path / "experiment.yaml").write_text(
        "correction_file: c.yaml\ntuning: {settings: {default: {}, firm: {anchor: 9.0}}}\n"
    )
    (tmp_path / "c.yaml").write_text("{}\n")
    config = read_experiment(tmp_path / "experiment.yaml")
    assert config.corrections == {}
    first, second = Trial("firm", 0.2, 0.5, 0.9), Trial("default", 0.1, 0.7, 1.0)
    written = write_choice(
        tmp_path / "c.yaml", config, {"weak": [first, second], "same": [second, first]}
    )
    chosen = read_experiment(tmp_path / "experiment.yaml")
    assert chosen == written
    used = {t.name: t.settings.correction for t in list_trainings(chosen) if t.seed == 0}
    assert used["weak-k4-correct-s0"] == CorrectionConfig(anchor=9.0)
    assert used["weak-k2-correct-s0"] == CorrectionConfig(anchor=9.0)
    for name in ("same-k4-correct-s0", "weak-k4-mc-s0", "weak-k2-reweight-s0"):
        assert used[name] == CorrectionConfig()


def test_trials_are_chosen_by_programs_and_prefixes_alike(world: Path) -> None:
    config = ExperimentConfig.model_validate(
        {"prm": settings(world / "base").model_dump(), "base": None,
         "tuning": {"completers": ["same"], "k": 2,
                    "settings": {"default": {"every": 1}, "none": {"eta": 0.0, "every": 1}}}}
    )  # fmt: skip
    ranked = tune(world, config, 1, lambda _: None)["same"]
    assert {trial.name for trial in ranked} == {"default", "none"}
    assert [trial.loss for trial in ranked] == sorted(trial.loss for trial in ranked)
    result = read_result(world / "tuning" / "same-none")
    assert result is not None
    reward = result["prefixes"][0]
    none = next(trial for trial in ranked if trial.name == "none")
    expected = -(0.75 * math.log(reward) + 0.25 * math.log(1 - reward))
    assert none.prefixes == pytest.approx(expected)
    assert none.loss == (none.programs + none.prefixes) / 2


def test_the_worthiest_finished_candidate_is_picked_and_ties_go_to_the_earlier() -> None:
    worth = np.array([[0.2, 0.9, 0.9, 0.1], [0.5, 0.5, 0.5, 0.9], [0.1, 0.2, 0.3, 0.4]])
    finished = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    assert pick(worth, finished, 4).tolist() == [1, 3, 3]
    assert pick(worth, finished, 3).tolist() == [1, 1, 2]
    public = np.array([[0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    assert pick(worth, finished, 4, public).tolist() == [2, 3, 3]


def test_choices_agree_with_a_plain_loop() -> None:
    of = pool()
    worth = np.random.default_rng(1).integers(0, 4, of.passed.shape).astype(float)
    for n in (1, 3, 8):
        for public in (False, True):
            solved = solve_by(of, worth, n, public=public)
            for row in range(len(of.problems)):
                best = max(
                    range(n),
                    key=lambda c: (
                        of.public[row, c] & of.finished[row, c] if public else 0,
                        of.finished[row, c],
                        worth[row, c],
                        -c,
                    ),
                )
                assert solved[row] == of.passed[row, best]


def test_baselines_are_what_they_are_called() -> None:
    of = pool()
    assert solve_baseline(of, "first", 8).tolist() == of.passed[:, 0].tolist()
    assert solve_baseline(of, "random", 4).mean() == pytest.approx(of.passed[:, :4].mean())
    assert solve_baseline(of, "oracle", 4).tolist() == of.passed[:, :4].any(axis=1).tolist()
    majority = solve_baseline(of, "majority", 8)
    for row, groups in enumerate(of.group.tolist()):
        known = [group for group in groups if group >= 0]
        largest = max(known, key=lambda group: (known.count(group), -groups.index(group)))
        assert majority[row] == of.passed[row, groups.index(largest)]
    for way in ("first", "likelihood", "random", "majority"):
        able = (of.public & of.passed).any(axis=1)
        helped = solve_baseline(of, way, 8, public=True)
        assert helped.mean() >= solve_baseline(of, way, 8).mean()
        assert (helped <= able).all()
    with pytest.raises(InputError, match="no way to choose"):
        solve_baseline(of, "guess", 2)


def test_auroc_under_weights_is_that_of_repeated_problems() -> None:
    random = np.random.default_rng(3)
    scores = random.random(60).round(1)
    outcome = random.random(60) < scores
    problem = np.repeat(np.arange(12), 5)
    ranking = Ranking(scores, outcome, problem)
    for _ in range(5):
        counts = np.bincount(random.integers(0, 12, 12), minlength=12)
        expected = roc_auc_score(outcome, scores, sample_weight=counts[problem])
        assert ranking.auroc(counts) == pytest.approx(expected)
    assert Ranking(scores, np.ones(60), problem).auroc(np.ones(12, int)) is None


def test_scores_agree_with_the_plain_metrics() -> None:
    found = outcomes(small())
    one, every = found.series["same-k2-mc"], np.arange(40)
    finished = found.pool.finished
    passed = found.pool.passed[finished].astype(float)
    losses = [nll(own[finished], passed) for own in one.scores]
    assert finished_nll(one, found)(every) == pytest.approx(np.mean(losses))
    errors = [measure_reliability(own[finished], passed).error for own in one.scores]
    assert finished_error(one, found)(every) == pytest.approx(np.mean(errors))
    shares = [prefix.k / prefix.n for prefix in found.reference]
    areas = [soft_auroc(own, shares) for own in one.prefixes]
    assert prefix_auroc(one, found)(np.arange(20)) == pytest.approx(np.mean(areas))
    losses = [nll(own, shares) for own in one.prefixes]
    assert prefix_nll(one, found)(np.arange(20)) == pytest.approx(np.mean(losses))
    errors = [measure_reliability(own, shares).error for own in one.prefixes]
    assert prefix_error(one, found)(np.arange(20)) == pytest.approx(np.mean(errors))


def test_the_report_holds_every_comparison() -> None:
    config = small()
    report = measure(outcomes(config), config)
    assert set(report["series"]) == set(list_series(config))
    for own in report["series"].values():
        for n, regret in own["regret"].items():
            oracle = report["baselines"]["oracle"]["best_of"][n]["value"]
            assert regret["value"] == pytest.approx(oracle - own["best_of"][n]["value"])
    asked = {(row["completer"], row["k"], row["first"], row["second"]) for row in report["pairs"]}
    for completer in ("same", "weak"):
        for k in (2, 4, "all"):
            for pair in (("correct", "joint"), ("correct", "mc"), ("joint", "mc")):
                assert (completer, k, *pair) in asked
    assert set(report["against"]["weak-k4-correct"]) == {"first", "likelihood", "majority", "orm"}
    assert "prefix" not in report["series"]["orm"]
    moved = report["labels"]["same-k2-correct"]
    assert moved["counted"]["value"] == pytest.approx((0.35**2 + 0.25**2) / 2)
    assert moved["label"]["value"] == pytest.approx(0.25**2 / 2)
    report |= {
        "searches": [],
        "tuning": {},
        "trainings": {"done": 3, "planned": 51, "devices": {"CPU": 3}},
    }
    page = render(report, config, "make", ["labels.png"])
    assert "Unfinished: 3 of 51" in page
    assert "![Labels against the truth](miniature/labels.png)" in page
    assert "best-of-n.png" not in page


def test_words_follow_the_interval() -> None:
    above, below = {"low": 0.1, "high": 0.2}, {"low": -0.2, "high": -0.1}
    assert judge_difference(above) == "better than"
    assert judge_difference(below) == "worse than"
    assert judge_difference(above, lower=True) == "worse than"
    assert judge_difference(below, lower=True) == "better than"
    assert judge_difference({"low": -0.1, "high": 0.2}) == "not distinguishable from"


def chain(
    problem: str, sample: int, steps: int, *, passed: bool, tokens: int = 100
) -> SampledChain:
    return SampledChain(
        problem, sample, tuple(f"s{i}\n" for i in range(steps)), True, passed, -0.1, tokens
    )


def test_reference_prefixes_are_of_distinct_problems_and_never_whole_programs() -> None:
    chains = [chain(f"p{i}", j, 1 + (i + j) % 4, passed=True) for i in range(30) for j in range(4)]
    chosen = choose_prefixes(chains, 20, 0)
    assert len({own.problem for own, _ in chosen}) == 20
    assert all(1 <= step < len(own.steps) for own, step in chosen)
    assert chosen == choose_prefixes(list(reversed(chains))[::-1], 20, 0)
    assert chosen != choose_prefixes(chains, 20, 1)


def test_the_truth_never_comes_from_rollouts_that_made_the_label() -> None:
    rollouts = [Rollouts("p", "a", "1100", ("x",) * 4, (1,) * 4)]
    assert find_truth(rollouts, used=2) == {("p", "a"): 0.0}
    assert find_truth(rollouts, used=0) == {("p", "a"): 0.5}
    assert find_truth(rollouts, used=4) == {}


def test_best_of_m_takes_at_least_as_many_tokens() -> None:
    chains = [chain("p", i, 2, passed=i == 2) for i in range(4)]
    rewards = [0.1, 0.2, 0.9, 0.95]
    assert match_tokens(chains, rewards, 201) == (3, 300, True)
    assert match_tokens(chains, rewards, 200) == (2, 200, False)
    assert match_tokens(chains, rewards, 5000) == (4, 400, False)
    assert match_tokens(chains, [None, 0.5, 0.5, 0.5], 300) == (3, 300, False)
    assert match_tokens(chains, [None] * 4, 100) == (1, 100, False)


async def test_candidates_are_grouped_by_outputs_and_never_meet_hidden_tests(
    tmp_path: Path,
) -> None:
    exam = generate_exam("test", 0)
    name = exam.problem.id
    echo = "def main():\n    print(input())\n\n\nif __name__ == '__main__':\n    main()\n"
    same = echo.replace("input()", "''.join(input())")
    shout = echo.replace("print(input())", "print(input() + '!')")
    broken = echo.replace("print(input())", "raise ValueError")
    table = {test.input: test.output for test in exam.problem.public_tests}  # type: ignore[union-attr]
    knows = f"def main():\n    print({table!r}.get(input() + chr(10), ''), end='')\n\n\nmain()\n"
    programs = [echo, shout, same, broken, knows]
    chains = [
        SampledChain(name, i, (text,), True, False, None, 9) for i, text in enumerate(programs)
    ]
    chains.append(SampledChain(name, 5, ("def main(",), False, False, None, 9))
    journal = Journal(tmp_path / "journal.jsonl")
    meter = Meter("candidates", 1, ignore)
    async with open_sandbox("local", 1) as sandbox:
        found = await examine([exam], chains, sandbox, journal, 4, meter)
        length = len(journal)
        assert await examine([exam], chains, sandbox, journal, 4, meter) == found
    assert len(journal) == length == 5
    journal.close()
    groups = [one.group for one in found]
    assert groups[0] == groups[2] != groups[1]
    assert groups[3] == groups[5] == -1
    assert [one.public for one in found] == [False, False, False, False, True, False]
    expected = {test.output for test in exam.hidden.open()}  # type: ignore[union-attr]
    assert expected
    assert len(extra_inputs(name, 4)) == 4
    assert extra_inputs(name, 4) == extra_inputs(name, 4)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment's folder with labels, and candidates of the validation problems."""
    out = tmp_path_factory.mktemp("experiment")
    labels = write_labels(out / "labels-same" / "k2")
    (out / "data").mkdir()
    (out / "data" / "problems.jsonl").write_bytes((labels / "problems.jsonl").read_bytes())
    problems = read_problems(labels / "problems.jsonl")
    labelled = read_chains(labels / "labels.jsonl", problems)
    chains = [
        SampledChain(one.problem, one.sample, one.steps, True, one.passed, -0.5, 50)
        for one in labelled
        if problems[one.problem].split == "validation"
    ]
    first = chains[0]
    chains.insert(1, SampledChain(first.problem, 1, first.steps[:1], False, False, None, 9))
    write_lines(out / "data" / "chains.jsonl", chains)
    reference = out / FILES["validation"]
    reference.parent.mkdir()
    write_lines(reference, [ReferencePrefix(first.problem, first.sample, 1, 3, 4)])
    write_base(out / "base")
    return out


def training_of(out: Path, name: str, **changes: Any) -> Training:
    found = settings(out / "base", **changes)
    return Training(name, "runs", "labels-same/k2", found, 0, "validation", keep=False)


def test_a_training_leaves_scores_and_no_weights_and_is_not_repeated(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "TRAININGS_A_PROCESS", 1)  # each has a process of its own
    one = training_of(world, "correct-s0")
    orm = training_of(world, "orm-s0", method="orm")
    said: list[str] = []
    train_all(world, [one, orm], 1, said.append)
    assert is_done(world, one)
    folder = one.folder(world)
    assert not (folder / "model").exists()
    assert not (folder / "checkpoint.pt").exists()
    result, clean = read_result(folder), read_result(orm.folder(world))
    assert result is not None
    assert clean is not None
    _, candidates = read_candidates(world, "validation")
    for own in (result, clean):
        assert set(own["rewards"]) == set(candidates)
        for problem, chains in candidates.items():
            for chain, reward in zip(chains, own["rewards"][problem], strict=True):
                assert (reward is None) == (not chain.finished)
                assert reward is None or 0 < reward < 1
    assert any(counted != label for _, counted, label, _, _ in result["corrections"])
    assert len(result["prefixes"]) == 1
    assert clean["prefixes"] == []  # an ORM judges programs alone
    written = (folder / "result.json").stat().st_mtime_ns
    train_all(world, [one, orm], 1, said.append)
    assert said[-1] == "trainings: 2 of 2 are done"
    assert (folder / "result.json").stat().st_mtime_ns == written


def test_other_settings_or_labels_are_trained_anew(world: Path) -> None:
    one = training_of(world, "mc-s0", method="mc")
    train(world, one)
    other = training_of(world, "mc-s0", method="mc", learning_rate=0.02)
    assert not is_done(world, other)
    before = read_result(one.folder(world))
    train(world, other)
    after = read_result(one.folder(world))
    assert before is not None
    assert after is not None
    assert before["rewards"] != after["rewards"]
    assert is_done(world, other)


def test_a_stopped_training_comes_to_the_same_result(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = (training_of(world, name) for name in ("whole-s0", "stopped-s0"))
    train(world, whole)
    save = TrainingRun.save

    def save_and_die(self: TrainingRun) -> None:
        save(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            train(world, stopped)
    assert not is_done(world, stopped)
    train(world, stopped)
    one, other = read_result(whole.folder(world)), read_result(stopped.folder(world))
    assert one is not None
    assert other is not None
    assert one["rewards"] == other["rewards"]
    assert one["corrections"] == other["corrections"]


def test_pictures_are_drawn_of_what_is_there(tmp_path: Path) -> None:
    config = small()
    found = outcomes(config)
    drawn = draw_pictures(tmp_path, measure(found, config), found, config)
    assert {path.name for path in drawn} == {"best-of-n.png", "rollouts.png", "labels.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)


@pytest.mark.slow
def test_all_of_the_experiment_tiny(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    tiny = smoke_test(out, read_experiment(SHIPPED), jobs=2)
    page = (out / "docs" / "miniature.md").read_text()
    assert "Unfinished" not in page
    for name in ("best-of-n", "rollouts", "labels"):
        assert (out / "docs" / "miniature" / f"{name}.png").exists()

    for name in (DATA, RESULTS):
        with tarfile.open(out / "docs" / "miniature" / name) as archive:
            archive.extractall(other, filter="data")
    assert is_made(other, tiny)
    assert all(is_done(other, training) for training in list_trainings(tiny))
    write_report(other, other / "docs", tiny, "python -m experiments.label_correction run --smoke")
    assert (other / "docs" / "miniature.md").read_text() == page


def test_commands_say_what_is_missing(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "out"), "--config", str(SHIPPED)]
    for command, complaint in (
        (["run", "--only", "all", *out], "data, trainings, searches"),
        (["report", "--docs", str(tmp_path), *out], "use `run` first"),
    ):
        said = CliRunner().invoke(app, command)
        assert said.exit_code == 2
        assert complaint in said.output
        assert len(said.output.splitlines()) <= 3
