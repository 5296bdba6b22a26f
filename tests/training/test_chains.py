"""Chains: as many as wanted, honest about failures, the same after any interruption."""

from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.chain.parse import parse
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.policies.policy import Ending
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import read_sampled_chains, run_chains, sample_chains
from dreamcode_training.config import ChainsConfig
from dreamcode_training.progress import Progress
from dreamcode_training.records import Split, read_problems
from tests.policies.copyist import Copyist
from tests.search.programs import MAIN, READ, RIGHT, RIGHT_RENAMED, WRONG
from tests.training.world import LATE, PROGRAMS, Notes, exam, exams

CONFIG = ChainsConfig(policy="copyist", per_problem=6, candidates=9)


async def test_every_problem_gets_its_chains_and_they_are_judged(
    notes: Notes, journal: Journal, tmp_path: Path
) -> None:
    reports: list[Progress] = []
    judge = Judge(notes, journal)
    chains = await run_chains(
        tmp_path, exams(), Copyist(PROGRAMS), judge, journal, CONFIG, 0, reports.append
    )
    problems = read_problems(tmp_path / "problems.jsonl")
    assert read_sampled_chains(tmp_path / "chains.jsonl", problems) == chains
    assert "140" not in (tmp_path / "problems.jsonl").read_text()  # hidden tests stay hidden
    assert {id: record.split for id, record in problems.items()} == {
        owned.problem.id: split for split, owned in exams()
    }
    for split, owned in exams():
        mine = [chain for chain in chains if chain.problem == owned.problem.id]
        assert [chain.sample for chain in mine] == list(range(9 if split == "test" else 6))
    assert len({chain.steps for chain in chains}) > 3
    for chain in chains:
        program = "".join(chain.steps)
        assert program in PROGRAMS
        assert chain.steps == tuple(step.source for step in parse(program).steps)
        assert chain.passed == (program in (RIGHT, RIGHT_RENAMED))
        assert chain.finished
        assert chain.tokens == len(program.split())
        assert chain.mean_logprob == pytest.approx(-0.1)
        assert chain.prefixes() == [
            "".join(chain.steps[:count]) for count in range(1, len(chain.steps))
        ]
    assert (reports[-1].done, reports[-1].total) == (5, 5)
    assert reports[-1].samples == len(chains) == 33
    assert reports[-1].seconds_left == 0


async def test_what_is_not_finished_is_a_failed_candidate_and_does_not_run(
    notes: Notes, journal: Journal
) -> None:
    words = len((MAIN + READ).split()) + 2
    short = CONFIG.model_copy(update={"max_step_tokens": words})
    long = CONFIG.model_copy(update={"max_steps": 2})
    empty = Copyist([RIGHT])
    for config in (short, long):
        chains = await sample_chains(
            [("train", exam())], empty, Judge(notes, journal), journal, config, 0
        )
        assert len(chains) == 6
        assert not any(chain.finished or chain.passed for chain in chains)
        assert all(chain.steps[:2] == (MAIN, READ) for chain in chains)
    assert not notes.ran


async def test_a_policy_that_says_nothing_gives_failed_chains(
    notes: Notes, journal: Journal
) -> None:
    class Silent(Copyist):
        async def write(self, request):  # type: ignore[no-untyped-def]
            answer = await super().write(request)
            nothing = replace(answer.proposal, text="", ending=Ending.PROGRAM)
            return replace(answer, proposal=nothing)

    chains = await sample_chains(
        [("test", exam())], Silent([RIGHT]), Judge(notes, journal), journal, CONFIG, 0
    )
    assert [(chain.steps, chain.finished, chain.passed) for chain in chains] == [
        (("",), False, False)
    ] * 9
    assert chains[0].prefixes() == []


@pytest.mark.parametrize(
    ("split", "validation", "count"),
    [("train", 2, 6), ("validation", 2, 2), ("validation", None, 6), ("test", 2, 9)],
)
async def test_every_split_has_its_own_number_of_chains(
    notes: Notes, journal: Journal, split: Split, validation: int | None, count: int
) -> None:
    config = CONFIG.model_copy(update={"validation": validation})
    judge = Judge(notes, journal)
    chains = await sample_chains([(split, exam())], Copyist([RIGHT]), judge, journal, config, 0)
    assert len(chains) == count


async def test_sample_numbers_mean_the_same_however_many_there_are(
    notes: Notes, tmp_path: Path
) -> None:
    async def sample(count: int, journal: Journal) -> list[tuple[str, ...]]:
        config = CONFIG.model_copy(update={"per_problem": count})
        policy = Copyist(PROGRAMS)
        judge = Judge(notes, journal)
        chains = await sample_chains([("train", exam())], policy, judge, journal, config, 3)
        assert [chain.sample for chain in chains] == list(range(count))
        asked.append(len(policy.requests))
        return [chain.steps for chain in chains]

    asked: list[int] = []
    whole = await sample(12, Journal(tmp_path / "a.jsonl"))
    grown = Journal(tmp_path / "b.jsonl")
    assert [await sample(count, grown) for count in (4, 12, 6)] == [whole[:4], whole, whole[:6]]
    assert asked == [12, 4, 8, 0]
    other = Journal(tmp_path / "c.jsonl")
    assert (
        await sample_chains(
            [("train", exam())], Copyist(PROGRAMS), Judge(notes, other), other, CONFIG, 4
        )
        != whole[:6]
    )


@pytest.mark.parametrize("policy", [Copyist([RIGHT, WRONG]), Copyist([LATE])])
async def test_an_error_of_a_service_ends_the_stage(
    notes: Notes, journal: Journal, policy: Copyist
) -> None:
    class Failing(Copyist):
        async def write(self, request):  # type: ignore[no-untyped-def]
            if request.problem.id == "meta":
                raise InputError("no room for problem meta")
            return await policy.write(request)

    with pytest.raises(InputError, match="no room"):
        await sample_chains(exams(), Failing([RIGHT]), Judge(notes, journal), journal, CONFIG, 0)


def test_a_file_of_chains_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "chains.jsonl"
    line = (
        '{"problem": "p", "sample": 0, "steps": %s, "finished": true, "passed": true, '
        '"mean_logprob": null, "tokens": 3}\n'
    )
    path.write_text(line % '["x"]')
    with pytest.raises(InputError, match=r"chains\.jsonl:1: problem 'p' is not"):
        read_sampled_chains(path, {})
    path.write_text((line % '["x"]')[:-20])
    with pytest.raises(InputError, match="torn"):
        read_sampled_chains(path, {})
