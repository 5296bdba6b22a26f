"""Repair as a real search with a real sandbox does it."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from dreamcode.choosing import Choosing
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.results import Result
from dreamcode.rewards.none import NoReward
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import CallTest, Sandbox
from tests.policies.copyist import Copyist
from tests.policies.server import ModelServer
from tests.policies.test_openai import open_at
from tests.search.planted import Table
from tests.search.programs import DOUBLE, GUARD, MAIN, READ, RIGHT, WRONG

READ_CRASH = "def read_number():\n    return int(input()[7])\n\n\n"
DOUBLE_STEP = RIGHT.removeprefix(MAIN + READ)


class Judge(Table):
    """Chances by prefix."""

    calibrated = True

    def __init__(self, rewards: dict[str, float], other: float) -> None:
        super().__init__({}, other=other)
        self._rewards |= rewards


async def run(
    sandbox: Sandbox,
    policy: Copyist,
    reward: RewardModel,
    problem: Problem = DOUBLE,
    *,
    n: int = 12,
    wave: int = 1,
    limits: Limits = Limits(),
    seed: int = 0,
    choosing: Choosing = Choosing(),
    public_tests: bool = True,
) -> Result:
    options = SearchOptions(n=n, wave=wave, seed=seed)
    return await solve(
        problem, policy, reward, sandbox, SEARCHES["repair"], options, limits,
        choosing=choosing, public_tests=public_tests,
    )  # fmt: skip


def cuts(policy: Copyist) -> list[str]:
    """What each program from the second on began with, where they are written one by one."""
    prefixes = [request.prefix for request in policy.requests]
    pairs = pairwise(prefixes)
    return [prefix for before, prefix in pairs if len(prefix) <= len(before)]


async def test_a_program_is_cut_before_the_step_whose_reward_falls(sandbox: Sandbox) -> None:
    policy = Copyist([WRONG])
    reward = Judge({MAIN: 0.8, MAIN + READ: 0.8}, other=0.05)
    await run(sandbox, policy, reward)
    first = [kept for kept in cuts(policy) if kept]
    assert first[:2] == [MAIN + READ] * 2


async def test_an_error_names_the_step_where_no_reward_knows_prefixes(sandbox: Sandbox) -> None:
    for nth, broken, kept in (
        (0, MAIN + READ_CRASH + DOUBLE_STEP, MAIN),
        (1, MAIN + READ + "def double(number):\n    return [n for n in number]\n" + GUARD,
         MAIN + READ),
        (2, MAIN + READ.replace("return", "return return") + DOUBLE_STEP, MAIN),
        (3, MAIN + READ + "def double(number):\n    return 2 number\n" + GUARD, MAIN + READ),
    ):  # fmt: skip
        policy = Copyist([broken])
        await run(sandbox, policy, NoReward(), seed=nth)
        assert [one for one in cuts(policy) if one][:2] == [kept] * 2


async def test_methods_are_named_too(sandbox: Sandbox) -> None:
    entry = "class Solution:\n    def twice(self, x):\n        return self.add(x, x)\n\n"
    helper = "    def add(self, x, y):\n        return x + y[0]\n"
    problem = Problem(
        "twice", "Twice", "Return twice x.", "class Solution:\n    def twice(self, x):\n", "twice",
        (CallTest("twice", (2,), 4),),
    )  # fmt: skip
    policy = Copyist([entry + helper])
    await run(sandbox, policy, NoReward(), problem)
    assert [one for one in cuts(policy) if one][:2] == [entry] * 2


async def test_no_place_is_cut_again_and_again(sandbox: Sandbox) -> None:
    policy = Copyist([WRONG])
    reward = Judge({MAIN: 0.8, MAIN + READ: 0.8}, other=0.05)
    await run(sandbox, policy, reward, n=40)
    often = Counter(cuts(policy))
    assert {MAIN, MAIN + READ} <= often.keys()
    assert often[MAIN + READ] - often[MAIN] <= 3


async def test_a_share_is_written_from_the_start(sandbox: Sandbox) -> None:
    fresh = 0
    for seed in range(6):
        policy = Copyist([WRONG])
        await run(sandbox, policy, Judge({MAIN: 0.9, MAIN + READ: 0.9}, 0.05), n=10, seed=seed)
        fresh += sum(request.prefix == "" and not request.feedback for request in policy.requests)
    assert 6 + 5 <= fresh <= 6 + 30  # of 54 behind the first ones


async def test_the_right_end_is_found_without_writing_the_beginning_anew(sandbox: Sandbox) -> None:
    others = [WRONG.replace("** 2", f"+ {number}") for number in range(3, 9)]
    reward = Judge({MAIN: 0.8, MAIN + READ: 0.8, RIGHT: 0.9}, other=0.05)
    tokens = {}
    for name in ("best-of-n", "repair"):
        policy = Copyist([*others, RIGHT])
        options = SearchOptions(n=60, wave=1)
        result = await solve(DOUBLE, policy, reward, sandbox, SEARCHES[name], options)
        assert (result.stopped, result.accepted) == ("reward", True)
        tokens[name] = result.spent.completion_tokens / result.samples
    assert tokens["repair"] < 0.9 * tokens["best-of-n"]


@pytest.mark.parametrize("public_tests", [True, False])
async def test_the_policy_is_told_of_the_public_test_that_failed(
    sandbox: Sandbox, public_tests: bool
) -> None:
    problem = replace(DOUBLE, public_tests=(DOUBLE.public_tests[1],))
    policy = Copyist([WRONG])
    reward = Judge({MAIN: 0.8, MAIN + READ: 0.8}, other=0.05)
    await run(sandbox, policy, reward, problem, public_tests=public_tests)
    told = [request for request in policy.requests if request.feedback]
    if not public_tests:
        assert not told
        return
    assert {request.prefix for request in told} >= {MAIN + READ}
    for part in ("```\n5\n```", "```\n10\n```", "```\n25\n```", "wrong answer"):
        assert all(part in request.feedback for request in told)
    assert not policy.requests[0].feedback


async def test_of_an_error_its_last_line_is_told(sandbox: Sandbox) -> None:
    policy = Copyist([MAIN + READ_CRASH + DOUBLE_STEP])
    await run(sandbox, policy, NoReward(), n=4)
    told = [request.feedback for request in policy.requests if request.feedback]
    assert told
    assert all("```\nIndexError: string index out of range\n```" in one for one in told)


async def test_n_is_the_most_programs_and_the_result_says_so(sandbox: Sandbox) -> None:
    result = await run(sandbox, Copyist([WRONG]), NoReward(), n=5)
    assert (result.samples, result.allowed, result.stopped) == (5, 5, None)
    assert not result.independent
    result = await run(sandbox, Copyist([RIGHT]), NoReward(), n=5)
    assert (result.samples, result.allowed, result.stopped) == (2, 5, "agreement")


async def test_never_goes_on_to_the_end_and_still_looks_at_tests(sandbox: Sandbox) -> None:
    policy = Copyist([RIGHT])
    result = await run(sandbox, policy, NoReward(), choosing=Choosing(stop="never"))
    assert (result.samples, result.stopped) == (12, None)
    broken = Copyist([MAIN + READ_CRASH + DOUBLE_STEP])
    await run(sandbox, broken, NoReward(), choosing=Choosing(stop="never"))
    assert any(request.feedback for request in broken.requests)


@pytest.mark.parametrize("wave", [1, 3, 5])
@pytest.mark.parametrize("limits", [Limits(calls=7), Limits(tokens=90)])
async def test_a_limit_is_a_normal_end_with_what_there_is(
    sandbox: Sandbox, limits: Limits, wave: int
) -> None:
    result = await run(sandbox, Copyist([WRONG]), NoReward(), limits=limits, wave=wave)
    assert result.exhausted in ("calls", "tokens")
    assert result.best is not None
    assert limits.tokens is None or result.spent.completion_tokens <= limits.tokens


async def test_programs_of_one_answer_are_cut_at_functions_too(sandbox: Sandbox) -> None:
    policy = Copyist([WRONG, RIGHT])
    reward = Judge({MAIN: 0.8, MAIN + READ: 0.8, RIGHT: 0.9}, other=0.05)
    options = SearchOptions(n=30, wave=1, grain="program", seed=1)
    result = await solve(DOUBLE, policy, reward, sandbox, SEARCHES["repair"], options)
    assert result.accepted
    assert {request.until for request in policy.requests} == {"program"}
    if len(policy.requests) > 2:
        assert any(request.prefix for request in policy.requests)


@pytest.mark.parametrize("prefill", ["on", "off"])
@pytest.mark.parametrize("grain", ["step", "program"])
async def test_a_model_behind_a_server_reads_what_failed(
    sandbox: Sandbox, prefill: str, grain: Grain
) -> None:
    with ModelServer({DOUBLE.statement: [WRONG]}) as server:
        policy = open_at(server, prefill=prefill)
        options = SearchOptions(n=6, wave=2, grain=grain)
        result = await solve(DOUBLE, policy, NoReward(), sandbox, SEARCHES["repair"], options)
        await policy.close()
        told = ["failed a test of the problem" in str(body["messages"]) for body in server.bodies]
    assert not told[0]
    assert any(told)
    assert result.samples == 6
    assert not result.accepted
