"""A run over real services: what is solved, graded, kept and never done twice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.bench.grading import grade_programs, pick_tasks
from dreamcode.bench.reranking import rerank
from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing
from dreamcode.errors import InputError, TooLongError
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.policies.draft import Draft
from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Answer, Policy, Request, Sampling
from dreamcode.policies.server_options import ServerOptions
from dreamcode.problems import Problem
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.task import Task
from dreamcode.prompting import Grain
from dreamcode.results import Result
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.folder import problem_folder
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import BEST_OF_N, find_search
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.verdicts import Verdict
from tests.policies.server import ModelServer
from tests.search.programs import RIGHT, RIGHT_RENAMED, WRONG
from tests.training.world import LATE, PROGRAMS, Notes, exam

OPTIONS = SearchOptions(8, Sampling(max_step_tokens=300), grain="step", seed=3)
ATTEMPT = Attempt(BEST_OF_N, OPTIONS, choosing=Choosing("reward", "never"))


def tasks(count: int) -> list[Task]:
    return [Task(exam(f"double-{number}"), difficulty="easy") for number in range(count)]


async def run(folder: Path, notes: Notes, attempt: Attempt, count: int = 3) -> list[Result]:
    with ModelServer({exam().problem.statement: PROGRAMS}) as server:
        policy = open_openai("tiny", ServerOptions((server.url,)))
        services = Services(policy, Likelihood(), notes)
        try:
            return await run_tasks(folder, tasks(count), services, attempt, 2)
        finally:
            await policy.close()


async def test_problems_are_solved_and_graded_by_tests_nobody_saw(
    notes: Notes, tmp_path: Path
) -> None:
    results = await run(tmp_path, notes, ATTEMPT)
    assert [one.problem for one in results] == ["double-0", "double-1", "double-2"]
    for one in results:
        assert one.samples == 8
        assert sum(answer.copies for answer in one.programs) == 8
        assert one.spent.completion_tokens > 0
        grades = {answer.text: answer.grade for answer in one.programs}
        for program, grade in grades.items():
            right = "2 * " in program and "< 50" not in program and "1 + " not in program
            assert grade.accepted == right, program
            if "< 50" in program:
                assert (grade.passed, grade.tests) == (3, 4)
                assert grade.verdict is Verdict.WRONG_ANSWER
        passed = [answer.passed for answer in one.programs]
        assert passed == sorted(passed, reverse=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda attempt: replace(attempt, public_tests=False),
        lambda attempt: replace(attempt, search=find_search("best-of-n", "plain")),
    ],
)
async def test_a_choice_without_public_tests_and_plain_prompts_are_graded_alike(
    notes: Notes, tmp_path: Path, change: Callable[[Attempt], Attempt]
) -> None:
    attempt = change(ATTEMPT)
    results = await run(tmp_path, notes, attempt, 1)
    answers = results[0].programs
    assert any(answer.grade.accepted for answer in answers)
    assert {answer.public is None for answer in answers} == {not attempt.public_tests}
    assert all("".join(answer.steps) for answer in answers)


async def test_what_is_on_record_is_not_done_again(notes: Notes, tmp_path: Path) -> None:
    first = await run(tmp_path, notes, ATTEMPT, 2)
    before = len(notes.ran)
    heard: list[tuple[str, bool]] = []
    services = Services(NoPolicy(), Likelihood(), notes)
    again = await run_tasks(
        tmp_path,
        tasks(2),
        services,
        ATTEMPT,
        2,
        lambda one, known: heard.append((one.problem, known)),
    )
    assert again == first
    assert len(notes.ran) == before
    assert sorted(heard) == [("double-0", True), ("double-1", True)]


async def test_a_problem_without_a_result_is_graded_from_its_journal(
    notes: Notes, tmp_path: Path
) -> None:
    first = await run(tmp_path, notes, ATTEMPT, 1)
    before = len(notes.ran)
    (problem_folder(tmp_path, "double-0") / "result.json").unlink()
    again = await run(tmp_path, notes, ATTEMPT, 1)
    assert len(notes.ran) == before
    assert replace(again[0], seconds=0) == replace(first[0], seconds=0)


async def test_a_problem_that_does_not_fit_the_model_stops_no_other(
    notes: Notes, tmp_path: Path
) -> None:
    with ModelServer({exam().problem.statement: PROGRAMS}) as server:
        policy = open_openai("tiny", ServerOptions((server.url,)))
        services = Services(Narrow(policy, {"double-1": 0, "double-2": 40}), Likelihood(), notes)
        results = await run_tasks(tmp_path, tasks(4), services, ATTEMPT, 2)
        await policy.close()
    assert [one.exhausted for one in results] == [None, "window", None, None]
    assert [len(one.graded) for one in results] == [8] * 4
    # Programs that outgrow the model are dead ends like those that outgrow their tokens.
    assert [bool(one.programs) for one in results] == [True, False, False, True]


async def test_a_damaged_result_is_named(notes: Notes, tmp_path: Path) -> None:
    await run(tmp_path, notes, ATTEMPT, 1)
    file = problem_folder(tmp_path, "double-0") / "result.json"
    file.write_text(file.read_text()[:50])
    with pytest.raises(InputError, match="is no result"):
        await run(tmp_path, notes, ATTEMPT, 1)


def test_problems_whose_names_differ_have_folders_of_their_own(tmp_path: Path) -> None:
    names = ["HumanEval/0", "HumanEval-0", "HumanEval?0", "ä", "ö", "..", "abc300_a", "a" * 300]
    folders = [problem_folder(tmp_path, name) for name in names]
    assert len(set(folders)) == len(names)
    assert {folder.parent for folder in folders} == {tmp_path / "problems"}
    assert folders[6].name == "abc300_a"
    for folder in folders:
        folder.mkdir(parents=True)


async def test_programs_from_elsewhere_are_graded_once(notes: Notes, tmp_path: Path) -> None:
    programs = {"double-0": [RIGHT, WRONG, RIGHT, ""], "double-1": [LATE, RIGHT_RENAMED]}
    picked = pick_tasks(tasks(3), programs)
    results = await grade_programs(tmp_path, picked, programs, notes, 2)
    assert [one.graded for one in results] == [(True, False, True, False), (False, True)]
    assert [one.samples for one in results] == [4, 2]
    assert not results[0].ranked
    before = len(notes.ran)
    assert await grade_programs(tmp_path, picked, programs, notes, 2) == results
    assert len(notes.ran) == before
    with pytest.raises(InputError, match="not in the benchmark, such as 'other'"):
        pick_tasks(tasks(3), {"other": [RIGHT]})


async def test_hidden_tests_that_cannot_be_read_stop_the_run(notes: Notes, tmp_path: Path) -> None:
    def broken() -> tuple[()]:
        raise InputError("question double: private_test_cases: nothing in it was executed.")

    task = Task(Exam(exam().problem, HiddenTests(broken)))
    with pytest.raises(InputError, match="question double"):
        await grade_programs(tmp_path, [task], {"double": [RIGHT]}, notes, 1)


async def test_reranking_follows_the_reward_and_scores_once(notes: Notes, tmp_path: Path) -> None:
    programs = {"double-0": [WRONG, LATE, RIGHT]}
    graded = await grade_programs(tmp_path / "a", tasks(1), programs, notes, 1)
    reward = ByLength()
    ranked = await rerank(tmp_path / "b", graded, reward, 2)
    lengths = [len(answer.text) for answer in ranked[0].programs]
    assert lengths == sorted(lengths, reverse=True)
    assert ranked[0].ranked
    assert len(ranked[0].programs[0].rewards) == 3
    assert await rerank(tmp_path / "b", graded, reward, 2) == ranked
    assert reward.asked == 3


async def test_the_gate_lets_in_what_fits_and_giants_alone() -> None:
    import asyncio

    gate = MemoryGate(10)
    inside: list[int] = []
    most: list[int] = []

    async def work(size: int) -> None:
        async with gate.hold(lambda: size):
            inside.append(size)
            most.append(sum(inside))
            await asyncio.sleep(0.001)
            inside.remove(size)

    await asyncio.gather(*(work(size) for size in [3, 4, 5, 100, 2, 10, 1, 0, 9]))
    assert max(total for total in most if total < 100) <= 10
    assert [total for total in most if total >= 100] == [100]


class Narrow:
    """A policy that reads only so many characters of some problems' programs."""

    def __init__(self, policy: Policy, windows: dict[str, int]) -> None:
        self._policy = policy
        self._windows = windows

    @property
    def name(self) -> str:
        return self._policy.name

    @property
    def grain(self) -> Grain:
        return self._policy.grain

    async def write(self, request: Request) -> Answer:
        window = self._windows.get(request.problem.id, 10**6)
        if window == 0 or len(request.prefix) > window:
            raise TooLongError("too long")
        return await self._policy.write(request)

    async def close(self) -> None:
        await self._policy.close()


class NoPolicy:
    """Must not be asked."""

    name = "openai/tiny"
    grain: Grain = "step"

    async def write(self, request: object) -> object:
        raise AssertionError("asked again")

    async def close(self) -> None:
        """Nothing."""


class ByLength:
    """Longer programs are better."""

    name = "length"
    fingerprint = "1"
    aggregation = "last"
    judges = "prefixes"

    def __init__(self) -> None:
        self.asked = 0

    async def score(self, problem: Problem, drafts: list[Draft]) -> list[StepRewards]:
        self.asked += len(drafts)
        return [
            tuple(len("".join(draft.steps[: step + 1])) / 1000 for step in range(len(draft.steps)))
            for draft in drafts
        ]

    async def close(self) -> None:
        """Nothing."""
