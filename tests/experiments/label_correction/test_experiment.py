"""All of the experiment, tiny: data, choice, trainings, measures, page."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
from typer.testing import CliRunner

from dreamcode_training.records import LabelledChain, read_chains, read_problems
from experiments.command import run as run_command
from experiments.label_correction.__main__ import app
from experiments.label_correction.arms import list_trainings, list_trials
from experiments.label_correction.config import correction_file
from experiments.label_correction.data import read_candidates, read_faults
from experiments.label_correction.results import read_results
from experiments.label_correction.training import read_result, train
from experiments.label_correction.tune import rank_trials
from tests.experiments.label_correction.tiny import Tiny


def read_labels(tiny: Tiny, name: str) -> dict[str, list[LabelledChain]]:
    """By split."""
    problems = read_problems(tiny.out / name / "problems.jsonl")
    found: dict[str, list[LabelledChain]] = {one.split: [] for one in problems.values()}
    for chain in read_chains(tiny.out / name / "labels.jsonl", problems):
        found[problems[chain.problem].split].append(chain)
    return found


def test_data_are_what_was_asked_for(tiny: Tiny) -> None:
    _, candidates = read_candidates(tiny.out, "test")
    assert [len(own) for own in candidates.values()] == [3, 3, 3]
    failed = {
        (one.problem, one.sample): len(one.steps)
        for own in candidates.values()
        for one in own
        if one.finished and not one.passed
    }
    faults = {(one.problem, one.sample): one.first for one in read_faults(tiny.out)}
    assert faults.keys() == failed.keys()
    assert all(0 <= first < failed[key] for key, first in faults.items())
    middle, writer = (read_labels(tiny, f"labels-{name}/k1-set0") for name in ("middle", "writer"))
    for own in (*middle["train"], *writer["train"]):
        assert {count.n for count in own.counts} <= {1}
        assert own.truth is not None
    # Of the writer's two rollouts its own labels use the first, the truth the other; that of
    # other labels is the mean of both.
    for one, other in zip(middle["train"], writer["train"], strict=True):
        halves = zip(other.counts, other.truth or (), strict=True)
        assert one.truth == tuple((count.k + rest) / 2 for count, rest in halves)
    assert {count.n for own in middle["meta"] for count in own.counts} == {0}
    base = read_labels(tiny, "labels-outcomes")
    names = {one.problem for one in base["train"]}
    assert names.isdisjoint(one.problem for own in middle.values() for one in own if own)


def test_cut_chains_have_no_verdict(tiny: Tiny) -> None:
    whole, cut = (read_labels(tiny, f"labels-middle/k1-set0{kind}") for kind in ("", "-cut"))
    before = {(one.problem, one.sample): one for one in whole["train"]}
    assert cut["train"]
    for one in cut["train"]:
        own = before[one.problem, one.sample]
        assert one.passed is None
        assert one.steps == own.steps[:-1]
        assert (one.counts, one.truth) == (own.counts, own.truth)
    kept = {key for key, own in before.items() if len(own.steps) > 1}
    assert {(one.problem, one.sample) for one in cut["train"]} == kept
    assert (cut["meta"], cut["validation"]) == (whole["meta"], whole["validation"])


def test_the_best_settings_on_validation_are_used(tiny: Tiny) -> None:
    # The trials are changes to what the file says, not to what was chosen.
    ranked = rank_trials(tiny.out, tiny.plain)
    assert {one.name for one in ranked} == {"default", "far"}
    assert ranked[0].pairs >= ranked[1].pairs
    chosen = tiny.config.tuning.settings[ranked[0].name]
    assert correction_file(tiny.folder / "tiny.yaml").exists()
    correction = tiny.find("correct-k1").settings.correction
    assert correction.reach == chosen.get("reach", tiny.config.prm.correction.reach)
    assert f"{ranked[0].name}: {ranked[0].pairs:.4f} of same-depth pairs" in tiny.said["tune"]
    # The base of the trials is that of the runs: the choice does not make it anew.
    assert "trainings: 1 of 1 are done" in tiny.said["run"]


def test_a_training_leaves_rewards_and_no_weights(tiny: Tiny) -> None:
    _, candidates = read_candidates(tiny.out, "test")
    for training in list_trainings(tiny.config):
        assert (tiny.out / training.model).exists() == (training.series == "base")
        result = read_result(tiny.out, training)
        assert result is not None
        assert {name: [len(one) for one in own] for name, own in result.rewards.items()} == {
            name: [len(one.steps) for one in own] for name, own in candidates.items()
        }
        moved = any(one["counted"] != one["label"] for one in result.corrections)
        assert moved == (training.settings.method == "correct")


def test_what_is_done_is_not_repeated(tiny: Tiny) -> None:
    journal = (tiny.out / "data" / "journal.jsonl").read_bytes()
    assert "trainings: 6 of 6 are done" in tiny.call("run").stderr
    assert (tiny.out / "data" / "journal.jsonl").read_bytes() == journal


def test_a_stopped_training_comes_to_the_same_result(tiny: Tiny) -> None:
    training = tiny.find("correct-k1")
    file = tiny.out / training.name / "result.json"
    whole = read_result(tiny.out, training)
    file.unlink()
    steps = 0

    def stop(*_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt

    hook = register_optimizer_step_pre_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        train(tiny.out, training)
    hook.remove()
    assert (file.parent / "checkpoint.pt").exists()
    assert read_result(tiny.out, training) is None
    train(tiny.out, training)
    assert read_result(tiny.out, training) == whole
    assert not (file.parent / "checkpoint.pt").exists()
    assert torch.get_num_threads() == 1  # with more, sums may differ


def test_from_files_to_the_page(tiny: Tiny, tmp_path: Path) -> None:
    docs = str(tmp_path)
    tiny.call("measure", "--docs", docs)
    results = read_results(tmp_path / "miniature" / "results.json")
    assert (results.trainings, results.planned) == (6, 6)
    assert set(results.series) == {
        "constant", "base", "mc-k1", "mc-uncalibrated-k1", "correct-k1", "placebo-k1",
        "cut-correct-k1", "writer-k1",
    }  # fmt: skip
    for name, share in results.completers.items():
        own = read_labels(tiny, f"labels-{name}/k1-set0")["train"]
        assert share == np.mean([count.k for one in own for count in one.counts])
    assert results.completers.keys() == {"middle", "writer"}
    assert {one.rival for one in results.comparisons} == {"placebo", "mc"}
    CliRunner().invoke(app, ["report", "--docs", docs], catch_exceptions=False)
    page = (tmp_path / "miniature.md").read_text()
    assert "Did labels move" in page
    assert f"`writer` {results.completers['writer']:.3f} |" in page


def test_trials_and_runs_have_folders_of_their_own(tiny: Tiny) -> None:
    names = [one.name for one in list_trainings(tiny.config)]
    names += [one.name for one in list_trials(tiny.config).values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["measure", "--out", "{}/nothing"], "use `run` first"),
        (["report", "--docs", "{}"], "use `measure` first"),
        (["run", "--out", "{}", "--config", "{}/none.yaml"], "cannot read"),
    ],
)
def test_a_complaint_is_one_line(
    arguments: list[str],
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word.format(tmp_path) for word in arguments]
    monkeypatch.setattr(sys, "argv", ["label_correction", *words])
    with pytest.raises(SystemExit) as ended:
        run_command(app)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert remedy in said
    assert len(said.splitlines()) == 1
