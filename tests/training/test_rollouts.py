"""Rollouts: forced to continue their prefix, run once, the same after any interruption."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.chain.parse import parse
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.grading.judge import Judge
from dreamcode.miniature import generate_exam
from dreamcode.policies.hf import load_embedded
from dreamcode.policies.policy import Answer, Request
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import SampledChain, run_chains
from dreamcode_training.config import ChainsConfig, LabelsConfig
from dreamcode_training.progress import Progress
from dreamcode_training.records import Count, Rollouts, read_chains, read_lines, read_problems
from dreamcode_training.rollouts import (
    Completer,
    check_sharing,
    roll_out,
    run_labels,
)
from tests.policies.copyist import Copyist
from tests.search.programs import MAIN, READ, RIGHT, RIGHT_RENAMED, WRONG
from tests.training.world import BAD_START, LATE, PROGRAMS, Notes, exam, exams

CHAINS = ChainsConfig(policy="copyist", per_problem=4, candidates=2)
LABELS = LabelsConfig(policy="copyist", rollouts=5)


def chain(program: str, *, passed: bool, problem: str = "double", sample: int = 0) -> SampledChain:
    steps = tuple(step.source for step in parse(program).steps)
    return SampledChain(problem, sample, steps, True, passed, None, 1)


async def run_both(
    folder: Path,
    notes: Notes,
    policy: Copyist,
    labels: LabelsConfig = LABELS,
    reports: list[Progress] | None = None,
) -> bytes:
    """Both stages in `folder`; the text of what came out."""
    journal = Journal(folder / "journal.jsonl")
    judge = Judge(notes, journal)
    tell = reports.append if reports is not None else lambda _: None
    try:
        await run_chains(folder, exams(), policy, judge, journal, CHAINS, 7)
        completer = Completer(policy, judge, journal, labels, 7)
        await run_labels(folder, exams(), completer, CHAINS, tell)
    finally:
        journal.close()
    names = ("problems", "chains", "rollouts", "labels")
    return b"".join((folder / f"{name}.jsonl").read_bytes() for name in names)


async def test_every_prefix_of_train_and_validation_is_measured(
    notes: Notes, tmp_path: Path
) -> None:
    reports: list[Progress] = []
    await run_both(tmp_path, notes, Copyist(PROGRAMS), reports=reports)
    problems = read_problems(tmp_path / "problems.jsonl")
    labels = read_chains(tmp_path / "labels.jsonl", problems)
    records = [r for _, r in read_lines(tmp_path / "rollouts.jsonl", Rollouts)]
    rollouts = {(r.problem, r.prefix): r for r in records}
    assert {problems[label.problem].split for label in labels} == {"train", "meta", "validation"}
    wanted = set()
    for label in labels:
        program = "".join(label.steps)
        assert label.passed == (program in (RIGHT, RIGHT_RENAMED))
        for place, count in enumerate(label.counts, start=1):
            prefix = "".join(label.steps[:place])
            if problems[label.problem].split == "meta":
                assert count == Count(0, 0)
                continue
            wanted.add((label.problem, prefix))
            measured = rollouts[label.problem, prefix]
            assert count == Count(measured.outcomes.count("1"), 5)
    assert set(rollouts) == wanted
    assert reports[-1].samples == 5 * len(wanted)
    assert (reports[-1].done, reports[-1].total) == (3, 3)  # 2 of train, 1 of validation
    assert set(notes.programs) <= set(PROGRAMS)
    # Once a problem; one of the programs is another by other names.
    assert len(notes.ran) <= 5 * (len(PROGRAMS) - 1) < reports[-1].samples


async def test_a_policy_completes_the_prefix_it_is_given_and_no_other(
    notes: Notes, journal: Journal
) -> None:
    """The real model, behind a first function that it would never write."""
    problem = generate_exam("train", 0)
    prefix = "def main():\n    print(odd_helper(input())[::-1])\n\n\n"
    config = LabelsConfig(policy="embedded", rollouts=6, max_step_tokens=300)
    completer = Completer(load_embedded(), Judge(notes, journal), journal, config, 0)
    measured = await completer.measure(problem, prefix)
    assert len(measured.outcomes) == 6
    assert notes.programs
    assert all(program.startswith(prefix) for program in notes.programs)
    assert len(notes.programs) == len(set(measured.programs) - {""})
    assert all(count > 0 for count in measured.tokens)


async def test_the_outcomes_are_those_of_the_programs(notes: Notes, journal: Journal) -> None:
    completer = Completer(
        Copyist([RIGHT, WRONG, BAD_START, LATE, RIGHT_RENAMED]),
        Judge(notes, journal),
        journal,
        LABELS.model_copy(update={"rollouts": 40}),
        0,
    )
    good = await completer.measure(exam(), MAIN + READ)
    assert set(good.outcomes) == {"0", "1"}
    assert len(set(good.programs)) == 3
    assert len(notes.ran) == 3
    bad = await completer.measure(exam(), chain(BAD_START, passed=False).prefixes()[0])
    assert bad.outcomes == "0" * 40
    passing = {p for p, o in zip(good.programs, good.outcomes, strict=True) if o == "1"}
    assert len(passing) == 1


def first(many: Rollouts, count: int) -> Rollouts:
    return replace(
        many,
        outcomes=many.outcomes[:count],
        programs=many.programs[:count],
        tokens=many.tokens[:count],
    )


async def test_fewer_rollouts_are_the_first_of_many(notes: Notes, tmp_path: Path) -> None:
    policy = Copyist(PROGRAMS)

    async def measure(count: int, journal: Journal) -> Rollouts:
        config = LABELS.model_copy(update={"rollouts": count})
        return await Completer(policy, Judge(notes, journal), journal, config, 1).measure(
            exam(), MAIN
        )

    many = await measure(16, Journal(tmp_path / "a.jsonl"))
    for count in (2, 4):
        journal = Journal(tmp_path / f"{count}.jsonl")
        assert await measure(count, journal) == first(many, count)
        assert await measure(16, journal) == many  # goes on where it was
        before = len(policy.requests)
        assert await measure(3, journal) == first(many, 3)
        assert len(policy.requests) == before
    assert "0" in many.outcomes
    assert "1" in many.outcomes


async def test_killed_anywhere_the_labels_come_out_the_same(notes: Notes, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = await run_both(tmp_path / "whole", notes, Copyist(PROGRAMS))
    journal = (tmp_path / "whole" / "journal.jsonl").read_bytes()
    chance = random.Random(0)
    for trial in range(8):
        folder = tmp_path / f"cut-{trial}"
        folder.mkdir()
        kept = journal[: chance.randrange(len(journal))]
        (folder / "journal.jsonl").write_bytes(kept)
        policy = Copyist(PROGRAMS)
        assert await run_both(folder, notes, policy) == whole
    policy, ran = Copyist(PROGRAMS), len(notes.ran)
    assert await run_both(tmp_path / "whole", notes, policy) == whole
    assert not policy.requests
    assert len(notes.ran) == ran


async def test_an_error_in_the_middle_loses_nothing_that_was_done(
    notes: Notes, tmp_path: Path
) -> None:
    class Dying(Copyist):
        finished = 0

        async def write(self, request: Request) -> Answer:
            self.finished += bool(request.prefix) and request.until == "program"
            if self.finished > 6:
                raise InfrastructureError("the server went away")
            return await super().write(request)

    (tmp_path / "broken").mkdir()
    (tmp_path / "fresh").mkdir()
    with pytest.raises(InfrastructureError, match="went away"):
        await run_both(tmp_path / "broken", notes, Dying(PROGRAMS))
    assert not (tmp_path / "broken" / "labels.jsonl").exists()
    resumed, fresh = Copyist(PROGRAMS), Copyist(PROGRAMS)
    result = await run_both(tmp_path / "broken", notes, resumed)
    assert result == await run_both(tmp_path / "fresh", notes, fresh)
    assert len(resumed.requests) < len(fresh.requests)


FIVE = [f"def {name}():\n    pass\n\n\n" for name in "abcde"]


@pytest.mark.parametrize("first_bad", [1, 2, 3, 4, 5, 6])
async def test_halving_finds_the_first_bad_step(
    notes: Notes, journal: Journal, first_bad: int
) -> None:
    """A program passes unless it has the bad step; the completer then can do nothing."""
    steps = ["def main():\n    print(2 * int(input()))\n\n\n", *FIVE]
    steps[first_bad - 1] = "raise SystemExit(1)\n\n\n" + steps[first_bad - 1]
    failed = SampledChain("double", 0, tuple(steps), True, False, None, 1)
    end = '\nif __name__ == "__main__":\n    main()\n'
    good = ["def main():\n    print(2 * int(input()))\n\n\n", *FIVE]
    ways = ["".join(steps[:count] + good[count:]) + end for count in range(first_bad, 7)]
    ways += ["".join(good) + end] * 10
    config = LABELS.model_copy(update={"search": "binary", "rollouts": 2})
    completer = Completer(Copyist(ways), Judge(notes, journal), journal, config, 0)
    [*measured] = await roll_out([("train", exam())], [failed], completer)
    assert 0 < len(measured) <= 3  # of 5
    lengths = {len(parse(one.prefix).steps): one.passed for one in measured}
    assert all((passed > 0) == (length < first_bad) for length, passed in lengths.items())
    # Its neighbours show which step it is, as far as they are no ends of the chain.
    assert first_bad == 6 or first_bad in lengths
    assert first_bad == 1 or first_bad - 1 in lengths


async def test_halving_leaves_passed_and_unfinished_chains_alone(
    notes: Notes, journal: Journal
) -> None:
    config = LABELS.model_copy(update={"search": "binary"})
    completer = Completer(Copyist(PROGRAMS), Judge(notes, journal), journal, config, 0)
    chains = [
        chain(RIGHT, passed=True),
        replace(chain(WRONG, passed=False, sample=1), finished=False),
    ]
    assert await roll_out([("train", exam())], chains, completer) == []
    chains.append(chain(BAD_START, passed=False, sample=2))
    assert len(await roll_out([("train", exam())], chains, completer)) == 1


async def test_validation_is_measured_only_if_wanted(notes: Notes, journal: Journal) -> None:
    chains = [chain(WRONG, passed=False, problem="validation")]
    for wanted in (False, True):
        config = LABELS.model_copy(update={"validation": wanted})
        completer = Completer(Copyist(PROGRAMS), Judge(notes, journal), journal, config, 0)
        found = await roll_out([("validation", exam("validation"))], chains, completer)
        assert bool(found) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [("policy", "hf/weak"), ("temperature", 0.3), ("top_p", 0.9), ("max_steps", 3)],
)
def test_only_the_same_writer_shares_evidence(name: str, value: object) -> None:
    check_sharing(CHAINS, LABELS)
    with pytest.raises(InputError, match=rf"labels\.share .* labels\.{name} is"):
        check_sharing(CHAINS, LABELS.model_copy(update={name: value}))


async def test_sharing_uses_what_is_there(notes: Notes, tmp_path: Path) -> None:
    config = LABELS.model_copy(update={"share": True})
    await run_both(tmp_path, notes, Copyist(PROGRAMS), config)
    problems = read_problems(tmp_path / "problems.jsonl")
    labels = read_chains(tmp_path / "labels.jsonl", problems)
    train = [label for label in labels if problems[label.problem].split == "train"]
    assert all(count.n > 5 for label in train for count in label.counts)
