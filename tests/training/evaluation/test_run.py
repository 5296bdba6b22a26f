"""The stage: one scoring pass that is kept, faults that a sandbox locates, and the report."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch

from dreamcode.chain.parse import parse
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.worlds import LONG, WEAK, World
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.rewards.checkpoint import PrmConfig, fingerprint_model
from dreamcode.rewards.hf import load_hf
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_training.chains import SampledChain
from dreamcode_training.config import EvalConfig
from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.evaluation.run import run_eval
from dreamcode_training.evaluation.scored import group, read_scores
from dreamcode_training.evaluation.scoring import share_tokens
from dreamcode_training.progress import Progress
from dreamcode_training.records import (
    Count,
    LabelledChain,
    ProblemRecord,
    Split,
    read_lines,
    write_lines,
)
from experiments.pretraining.programs import Written, reference_program, write_program
from tests.rewards.checkpoints import save, tiny_model
from tests.search.programs import DOUBLE, RIGHT, WRONG
from tests.training.world import LATE

torch.set_num_threads(1)
SMALL = EvalConfig(n=[2, 4], resamples=100)


@asynccontextmanager
async def nobody_judges() -> AsyncIterator[tuple[Judge, Journal]]:
    raise AssertionError("nothing is to be judged")
    yield


def write_run(folder: Path, aggregation: str = "last") -> list[SampledChain]:
    """Two test problems and one of validation, and a reward model that knows nothing."""
    model = folder / "prm" / "model"
    model.mkdir(parents=True)
    save(model, tiny_model(), PrmConfig(aggregation=aggregation))  # type: ignore[arg-type]
    (folder / "prm" / "corrected.jsonl").write_text("")
    data = folder / "data"
    data.mkdir()

    def steps(program: str) -> tuple[str, ...]:
        return tuple(step.source for step in parse(program).steps)

    problems = [
        ProblemRecord(split, replace(DOUBLE, id=name))  # type: ignore[arg-type]
        for name, split in (("a", "test"), ("b", "test"), ("v", "validation"))
    ]
    programs = [(RIGHT, True), (WRONG, False), (LATE, False)]
    chains = [
        SampledChain(name, sample, steps(text), True, passed, -0.1 * sample, 9)
        for name in ("a", "b")
        for sample, (text, passed) in enumerate(programs)
    ]
    chains.append(SampledChain("b", 3, steps(RIGHT)[:2], False, False, None, 9))
    chains.append(SampledChain("a", 3, ("",), False, False, None, 0))
    labels = [
        LabelledChain("v", sample, steps(text), passed, (Count(1.0, 4.0), Count(0.0, 0.0)))
        for sample, (text, passed) in enumerate(programs[:2])
    ]
    write_lines(data / "problems.jsonl", problems)
    write_lines(data / "chains.jsonl", chains)
    write_lines(data / "labels.jsonl", labels)
    return chains


def test_a_checkpoint_is_measured_as_the_reward_model_scores(tmp_path: Path) -> None:
    chains = write_run(tmp_path, aggregation="min")
    report = run_eval(tmp_path, SMALL, 0, nobody_judges)
    written = json.loads((tmp_path / "eval" / "report.json").read_text())
    assert written == json.loads(json.dumps(encode(report)))
    assert (report.problems, report.scores["programs"].count) == (2, 6)
    # Both chains of validation begin alike: one measured prefix, which counts once.
    assert report.scores["rollouts"].count == 1

    model = load_hf(str(tmp_path / "prm" / "model"))
    own = [chain for chain in chains if chain.problem == "a" and chain.finished]
    drafts = [
        Draft(
            tuple(
                Proposal(t, Ending.PROGRAM if t is chain.steps[-1] else Ending.STEP, 0)
                for t in chain.steps
            )
        )
        for chain in own
    ]
    scores = asyncio.run(model.score(DOUBLE, drafts))
    best = max(range(3), key=lambda place: min(s for s in scores[place] if s is not None))
    assert report.best_of[4].rates["reward"].value == float(own[best].passed)
    assert report.best_of[4].rates["oracle"].value == 1.0
    assert report.best_of[2].rates["first"].value == 1.0
    assert "| 2 |" in (tmp_path / "eval" / "report.md").read_text()


def test_without_test_problems_there_is_nothing_to_say(tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / "data" / "chains.jsonl").write_text("")
    with pytest.raises(InputError, match=r"raise problems\.test above 0"):
        run_eval(tmp_path, SMALL, 0, nobody_judges)


def test_every_prefix_is_kept_with_what_measures_need(tmp_path: Path) -> None:
    sampled = {(one.problem, one.sample): one for one in write_run(tmp_path)}
    run_eval(tmp_path, SMALL, 0, nobody_judges)
    scores = read_scores(tmp_path / "eval" / "scores.jsonl")
    assert [len(own) for own in group(scores, "test")] == [4, 4]
    assert [len(own) for own in group(scores, "validation")] == [2]
    for one in group(scores, "test")[0] + group(scores, "test")[1]:
        chain = sampled[one.problem, one.sample]
        assert (one.passed, one.finished, one.mean_logprob) == (
            chain.passed, chain.finished, chain.mean_logprob,
        )  # fmt: skip
        assert len(one.rewards) == len(one.tokens) == len(one.prefixes) == len(chain.steps)
        assert sum(one.tokens) == chain.tokens
    right, wrong = group(scores, "test")[0][:2]
    assert right.prefixes[0] == wrong.prefixes[0]  # they begin alike
    assert right.prefixes[-1] != wrong.prefixes[-1]
    assert group(scores, "validation")[0][0].counts == (Count(1.0, 4.0), Count(0.0, 0.0))


def test_tokens_are_shared_out_by_length_and_none_is_lost() -> None:
    assert share_tokens(("aaaa", "bb", "bb"), 8) == (4, 2, 2)
    assert share_tokens(("a", "b", "c"), 10) == (3, 3, 4)
    assert share_tokens(("",), 3) == (3,)
    assert sum(share_tokens(("x" * 7, "", "y" * 11), 1001)) == 1001


def test_what_was_scored_is_not_scored_again(tmp_path: Path) -> None:
    """A stop in the middle loses nothing, other measures need no model, other weights do."""
    write_run(tmp_path)
    events: list[str] = []
    reports: list[Progress] = []

    def stop(progress: Progress) -> None:
        reports.append(progress)
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_eval(tmp_path, SMALL, 0, nobody_judges, stop)
    assert (reports[0].done, reports[0].total) == (0, 3)  # told before anything was done
    journal = tmp_path / "eval" / "journal.jsonl"
    kept = journal.read_bytes()
    assert kept.count(b"\n") >= 3
    journal.write_bytes(kept + b'{"torn')
    first = run_eval(tmp_path, SMALL, 0, nobody_judges, say=events.append)
    assert journal.read_bytes().startswith(kept)
    assert any(line.startswith("scoring with") for line in events)
    whole, scores = journal.read_bytes(), (tmp_path / "eval" / "scores.jsonl").read_bytes()

    weights = tmp_path / "prm" / "model" / "model.safetensors"
    moved = weights.rename(tmp_path / "elsewhere")
    shutil.copy(moved, weights)
    events.clear()
    again = run_eval(tmp_path, SMALL, 0, nobody_judges, say=events.append)
    assert (events, again) == (["measuring"], first)
    more = run_eval(tmp_path, EvalConfig(n=[1, 3], resamples=100), 1, nobody_judges)
    assert list(more.best_of) == [1, 3]
    assert (tmp_path / "eval" / "scores.jsonl").read_bytes() == scores
    assert journal.read_bytes() == whole

    save(tmp_path / "prm" / "model", tiny_model(hidden_size=16), PrmConfig())
    other = run_eval(tmp_path, SMALL, 0, nobody_judges, say=events.append)
    assert other.fingerprint == fingerprint_model(tmp_path / "prm" / "model") != first.fingerprint
    assert (
        read_scores(tmp_path / "eval" / "scores.jsonl")[0].rewards
        != (json.loads(scores.split(b"\n")[0])["rewards"])
    )


def write_miniature_run(folder: Path, world: World) -> dict[tuple[str, int], Written]:
    """Two test problems of a world with programs of its writer, some of them wrong."""
    write_run(folder)
    problems = list(dict(read_lines(folder / "data" / "problems.jsonl", ProblemRecord)).values())
    chains, programs = [], {}
    for index in range(2):
        exam, task = generate_exam("test", index, world), generate_task("test", index, world)
        split: Split = "test"
        problems.append(ProblemRecord(split, exam.problem))
        random, keys = Random(index), set(task.composition)
        drawn = [write_program(task, random) for _ in range(60)]
        wrong = [one for one in drawn if len(one.mistakes) == 1 and set(one.mistakes) <= keys]
        for sample, one in enumerate([reference_program(task, random), *wrong[:2]]):
            programs[exam.problem.id, sample] = one
            passed = not one.mistakes
            chains.append(SampledChain(exam.problem.id, sample, one.steps, True, passed, -1.0, 90))
        # What was cut off has no faulty function; a foreign problem with a world's id has none.
        cut = chains[-1].steps[:2]
        chains.append(SampledChain(exam.problem.id, 3, cut, False, False, None, 30))
    problems.append(ProblemRecord("test", replace(DOUBLE, id=f"{world.name}-test-00007")))
    chains += [replace(chains[0], problem=problems[-1].problem.id, sample=s) for s in range(4)]
    old = [one for _, one in read_lines(folder / "data" / "chains.jsonl", SampledChain)]
    write_lines(folder / "data" / "problems.jsonl", problems)
    write_lines(folder / "data" / "chains.jsonl", [*old, *chains])
    return programs


@pytest.mark.parametrize("world", [WEAK, LONG], ids=lambda world: world.name)
def test_faults_are_located_once_where_the_world_is_known(tmp_path: Path, world: World) -> None:
    programs = write_miniature_run(tmp_path, world)
    opened = 0

    @asynccontextmanager
    async def judging() -> AsyncIterator[tuple[Judge, Journal]]:
        nonlocal opened
        opened += 1
        journal = Journal(tmp_path / "data" / "journal.jsonl")
        async with open_sandbox("local") as sandbox:
            yield Judge(sandbox, journal), journal
        journal.close()

    assert run_eval(tmp_path, EvalConfig(n=[2], faults=0), 0, nobody_judges).faults is None
    report = run_eval(tmp_path, EvalConfig(n=[2], resamples=100), 0, judging)
    faults = {
        (one.problem, one.sample): one.first
        for _, one in read_lines(tmp_path / "eval" / "faults.jsonl", Fault)
    }
    assert set(faults) == {place for place, one in programs.items() if one.mistakes}
    for (problem, sample), first in faults.items():
        task = generate_task("test", int(problem[-5:]), world)
        (mistake,) = programs[problem, sample].mistakes
        assert first == 2 + task.composition.index(mistake)
    assert report.faults is not None
    assert (report.faults.problems, report.faults.programs) == (2, 4)
    chance = [1 / len(programs[place].steps) for place in faults]
    assert report.faults.chance.value == pytest.approx(sum(chance) / 4)
    page = (tmp_path / "eval" / "report.md").read_text()
    assert "| largest fall |" in page
    assert "sound against faulty" in page
    for name in ("best_of", "reliability", "depths"):
        assert (tmp_path / "eval" / f"{name}.png").read_bytes().startswith(b"\x89PNG")

    assert run_eval(tmp_path, EvalConfig(n=[2], resamples=100), 0, nobody_judges) == report
    one = run_eval(tmp_path, EvalConfig(n=[2], resamples=100, faults=1), 0, nobody_judges)
    assert one.faults is not None
    assert (one.faults.problems, opened) == (1, 1)
