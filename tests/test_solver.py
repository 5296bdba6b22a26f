"""From problem to solution with a small policy and a real sandbox."""

import gc
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dreamcode.choosing import Choosing
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.results import Result
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.journal import Journal, Record
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import Limits as SearchLimits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import Limits, Report, Sandbox, StdinTest, Test
from dreamcode_sandbox.verdicts import Verdict
from tests.policies.copyist import Copyist
from tests.search.planted import Spread, Table, chain
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, READ, RIGHT, RIGHT_RENAMED, WRONG


async def run(
    sandbox: Sandbox,
    programs: list[str],
    problem: Problem = DOUBLE,
    limits: SearchLimits = SearchLimits(),
) -> Result:
    options = SearchOptions(n=12)
    return await solve(
        problem, Copyist(programs), Likelihood(), sandbox, best_of_n, options, limits,
        choosing=Choosing(stop="never"),
    )  # fmt: skip


async def test_the_program_that_passes_wins(sandbox: Sandbox) -> None:
    solution = await run(sandbox, [WRONG, RIGHT, RIGHT_RENAMED])
    assert solution.accepted
    assert solution.best is not None
    assert solution.best.text in (RIGHT, RIGHT_RENAMED)
    assert len(solution.programs) == 2  # the renamed one is no program of its own
    assert sum(program.copies for program in solution.programs) == 12
    worst = solution.programs[-1]
    assert worst.public is not None
    assert (worst.public.verdict, worst.public.passed) == (Verdict.WRONG_ANSWER, 1)


async def test_programs_are_asked_for_in_the_sandboxs_python(sandbox: Sandbox) -> None:
    policy = Copyist([RIGHT])
    await solve(DOUBLE, policy, Likelihood(), sandbox, best_of_n, SearchOptions(n=2))
    assert {request.python for request in policy.requests} == {sandbox.python}


async def test_nothing_right_is_said_to_be_so(sandbox: Sandbox) -> None:
    solution = await run(sandbox, [WRONG])
    assert solution.best is not None
    assert not solution.accepted


async def test_without_tests_the_likeliest_program_is_handed_back_unchecked(
    sandbox: Sandbox,
) -> None:
    solution = await run(sandbox, [RIGHT, ONE_STEP], replace(DOUBLE, public_tests=()))
    assert solution.accepted
    assert solution.best is not None
    assert solution.best.public is None


async def test_no_budget_no_program(sandbox: Sandbox) -> None:
    solution = await run(sandbox, [RIGHT], limits=SearchLimits(tokens=0))
    assert solution.best is None
    assert not solution.accepted
    assert solution.exhausted == "tokens"


async def test_the_reward_decides_where_no_test_does(sandbox: Sandbox) -> None:
    rewards = {(0, 0): 0.2, (0, 1): 0.6, (1, 0): 0.3, (1, 1): 0.4}
    problem = replace(DOUBLE, public_tests=())

    async def best(reward: Table) -> tuple[str, float | None]:
        options = SearchOptions(n=8)
        solution = await solve(problem, Spread(2, 2), reward, sandbox, SEARCHES["beam"], options)
        assert solution.best is not None
        assert (solution.reward_model, solution.aggregation) == ("table", reward.aggregation)
        return solution.best.text, solution.best.reward

    rewards |= {(0,): 0.1, (1,): 0.5}
    assert await best(Table(rewards)) == (chain(0, 1), 0.6)
    assert await best(Table(rewards, aggregation="min")) == (chain(1, 1), 0.4)


async def test_public_tests_come_before_the_reward(sandbox: Sandbox) -> None:
    policy, search = Copyist([WRONG, RIGHT]), SEARCHES["diverse-beam"]
    solution = await solve(DOUBLE, policy, Table({}), sandbox, search, SearchOptions(n=12))
    assert solution.best is not None
    assert solution.best.text == RIGHT


async def test_what_the_search_drops_is_on_record(sandbox: Sandbox, journal: Journal) -> None:
    told: list[tuple[str, str]] = []

    def listen(record: Record) -> None:
        if record.kind == "prune":
            told.append(("".join(record.asked["steps"]), record.asked["reason"]))

    journal.listen(listen)
    search, options = SEARCHES["beam"], SearchOptions(n=4)
    await solve(DOUBLE, Copyist([RIGHT]), Likelihood(), sandbox, search, options, journal=journal)
    assert told == [(MAIN, "duplicate")] * 3 + [(MAIN + READ, "duplicate")] * 3


class Watch:
    """Passes everything on, and keeps all it was ever given."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.policy = Copyist([RIGHT, WRONG])
        self._sandbox = sandbox
        self.python = sandbox.python
        self._likelihood = Likelihood()
        self.seen: list[object] = [self.policy.requests]

    name = "watch"
    fingerprint = ""
    aggregation: Aggregation = "last"
    judges = "prefixes"

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        self.seen.append((program, tests, limits))
        return await self._sandbox.run(
            program, tests, limits, stop_at_first_failure=stop_at_first_failure
        )

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        self.seen.append((problem, drafts))
        return await self._likelihood.score(problem, drafts)

    async def close(self) -> None:
        pass


def reachable(roots: list[object]) -> list[object]:
    """Everything that can be reached from `roots` without passing through code or modules."""
    found: dict[int, object] = {}
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, type) or type(thing).__name__ == "module":
            continue
        if callable(thing) and not isinstance(thing, HiddenTests):
            continue
        found[id(thing)] = thing
        waiting.extend(gc.get_referents(thing))
    return list(found.values())


@pytest.mark.parametrize("name", SEARCHES)
async def test_hidden_tests_cannot_be_reached_by_whoever_searches_and_selects(
    sandbox: Sandbox, name: str
) -> None:
    secret = StdinTest("a hidden input", "a hidden output")
    opened = []

    def unpack() -> tuple[Test, ...]:
        opened.append(True)
        return (secret,)

    exam = Exam(DOUBLE, HiddenTests(unpack))
    watch = Watch(sandbox)
    solution = await solve(
        exam.problem, watch.policy, watch, watch, SEARCHES[name], SearchOptions(n=8)
    )
    assert solution.accepted
    assert not opened
    everything = reachable([*watch.seen, solution])
    assert any(thing is DOUBLE for thing in everything)  # the walk does find what is there
    assert not any(isinstance(thing, HiddenTests | Exam) for thing in everything)
    assert not any(thing is secret or thing == secret.input for thing in everything)
    assert exam.hidden.open() == (secret,)


async def test_without_tests_what_does_not_compile_comes_last_and_is_never_accepted(
    sandbox: Sandbox,
) -> None:
    broken = "def main():\n    print(int(input()) * 2\n\n\nif __name__ == '__main__':\n    main()\n"
    untested = replace(DOUBLE, public_tests=())
    mixed = await run(sandbox, [broken, RIGHT], untested)
    assert mixed.accepted
    assert mixed.best is not None
    assert mixed.best.text == RIGHT
    assert mixed.programs[-1].public is not None
    assert mixed.programs[-1].public.verdict is Verdict.COMPILE_ERROR
    assert not (await run(sandbox, [broken], untested)).accepted
