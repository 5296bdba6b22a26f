"""Recombined functions, in a real sandbox."""

import asyncio
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.choosing import Choosing
from dreamcode.miniature import generate_exam
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.results import Result, describe_result
from dreamcode.rewards.none import NoReward
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import Journal
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import CallTest, Sandbox, StdinTest
from tests.policies.copyist import Copyist
from tests.search.planted import Table
from tests.search.programs import GUARD

MAIN = '''def main():
    """Double, then add one."""
    print(bump(double(read_number())))


'''
READ = "def read_number():\n    return int(input())\n\n\n"
DOUBLE, SQUARE = (f"def double(n):\n    return {term}\n\n\n" for term in ("2 * n", "n * n"))
BUMP, DROP = (f"def bump(n):\n    return {term}\n" for term in ("n + 1", "n - 1"))
LEFT, RIGHT = MAIN + READ + DOUBLE + DROP + GUARD, MAIN + READ + SQUARE + BUMP + GUARD
"""Each has one function right that the other has wrong."""

PROBLEM = Problem(
    id="double-bump",
    title="Double and add one",
    statement="Print one more than twice the number.",
    public_tests=(StdinTest("3\n", "7\n"), StdinTest("5\n", "11\n")),
)


class Rises(Table):
    """Log-odds rise with each right function and fall with each wrong one."""

    calibrated = True

    def __init__(self) -> None:
        super().__init__({})

    async def score(self, problem, drafts):  # type: ignore[no-untyped-def]
        return [self._rate(draft.steps) for draft in drafts]

    def _rate(self, steps: tuple[str, ...]) -> StepRewards:
        wrong = [any(bad in step for bad in ("n * n", "n - 1", "len(")) for step in steps]
        return tuple(0.5 * 0.2 ** sum(wrong[: place + 1]) for place in range(len(steps)))


async def run(
    sandbox: Sandbox,
    programs: list[str],
    reward: RewardModel | None = None,
    problem: Problem = PROBLEM,
    *,
    n: int = 4,
    grain: Grain = "step",
    limits: Limits = Limits(),
    choosing: Choosing = Choosing(),
    journal: Journal | None = None,
) -> tuple[Result, Copyist]:
    policy = Copyist(programs)
    result = await solve(
        problem, policy, reward or Rises(), sandbox, SEARCHES["compose"],
        SearchOptions(n=n, grain=grain, wave=2), limits, journal, choosing=choosing,
    )  # fmt: skip
    return result, policy


@pytest.mark.parametrize("grain", ["step", "program"])
async def test_functions_of_two_wrong_programs_make_a_right_one(
    sandbox: Sandbox, grain: Grain
) -> None:
    result, _ = await run(sandbox, [LEFT, RIGHT], grain=grain, n=16)
    best = result.best
    assert best is not None
    assert result.accepted
    assert "2 * n" in best.text
    assert "n + 1" in best.text
    assert len({*best.origins}) > 1
    assert result.stopped == "reward"
    assert result.spent.completion_tokens < 6 * len(LEFT.split())


async def test_without_rewards_the_number_of_samples_is_what_counts(sandbox: Sandbox) -> None:
    result, _ = await run(sandbox, [LEFT, RIGHT], NoReward(), n=6)
    assert result.best is not None
    assert result.accepted
    # Two that were put together from the same samples are no two witnesses.
    assert result.stopped != "agreement" or any(
        not one.origins and one.public is not None and one.public.accepted
        for one in result.programs
    )


async def test_helpers_that_disagree_on_types_are_not_mixed(sandbox: Sandbox) -> None:
    texts = MAIN.replace("bump(double(read_number()))", "double(read_number())")
    of_text = "def read_number():\n    return input()\n\n\n"
    wrong_text = "def double(n):\n    return len(n)\n" + GUARD
    right_text = "def double(n):\n    return 2 * int(n) + 1\n" + GUARD
    number = "def double(n):\n    return n * n\n" + GUARD
    programs = [texts + of_text + wrong_text, texts + of_text + right_text, texts + READ + number]
    result, _ = await run(sandbox, programs, n=12)
    best = result.best
    assert best is not None
    assert result.accepted
    assert "int(n)" in best.text
    assert "return input()" in best.text


async def test_methods_are_recombined_too(sandbox: Sandbox) -> None:
    head = "class Solution:\n    def f(self, n):\n        return self.bump(self.double(n))\n\n"
    double, square = (
        f"    def double(self, n):\n        return {t}\n\n" for t in ("2 * n", "n * n")
    )
    bump, drop = (f"    def bump(self, n):\n        return {t}\n" for t in ("n + 1", "n - 1"))
    problem = Problem(
        id="method",
        title="",
        statement="One more than twice n.",
        starter_code="class Solution:\n    def f(self, n: int) -> int:\n        ",
        function="f",
        public_tests=(CallTest("f", (3,), 7), CallTest("f", (5,), 11)),
    )
    programs = [head + double + drop, head + square + bump]
    result, _ = await run(sandbox, programs, problem=problem, n=12)
    assert result.best is not None
    assert result.accepted
    assert len({*result.best.origins}) > 1


async def test_one_step_programs_and_odd_ones_end_it_as_any_others(sandbox: Sandbox) -> None:
    odd = [
        "print(1)\n",
        "def main():\n    print(1)\n" + GUARD,
        "def main(:\n",
        MAIN + READ + READ + DOUBLE + BUMP + GUARD,  # twice the same name
        "x = 1\n\n\ndef main():\n    f()\n\n\ndef f():\n    f()\n" + GUARD,
    ]
    result, _ = await run(sandbox, odd, n=6)
    assert result.best is not None
    assert result.allowed == 6


@pytest.mark.parametrize("limits", [Limits(tokens=60), Limits(calls=4), Limits(seconds=0.0)])
async def test_a_limit_ends_it_with_the_best_so_far(sandbox: Sandbox, limits: Limits) -> None:
    result, _ = await run(sandbox, [LEFT, RIGHT], n=12, limits=limits)
    assert result.exhausted
    assert (result.best is None) == (limits.seconds == 0.0)
    assert limits.tokens is None or result.spent.completion_tokens <= limits.tokens


async def test_resumed_at_any_record_it_comes_to_the_same_program(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async def attempt(path: Path) -> tuple[dict, Copyist]:  # type: ignore[type-arg]
        journal = Journal(path)
        try:
            never = Choosing(stop="never")
            result, policy = await run(
                sandbox, [LEFT, RIGHT, LEFT.replace("2 * n", "n << 1")],
                journal=journal, choosing=never,
            )  # fmt: skip
        finally:
            journal.close()
        shown = describe_result(replace(result, seconds=0.0))
        shown["spent"] = shown["spent"]["completion_tokens"]
        for one in shown["programs"]:
            one["outcomes"] = [outcome["verdict"] for outcome in one["outcomes"]]
        return shown, policy

    expected, first = await attempt(tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    for number in random.Random(0).sample(range(len(lines) + 1), 20):
        path = tmp_path / f"cut-{number}.jsonl"
        path.write_bytes(b"".join(lines[:number]))
        shown, policy = await attempt(path)
        assert shown == expected
        written = sum(b'"kind": "write"' in line for line in lines[:number])
        assert len(policy.requests) == len(first.requests) - written


async def test_with_the_embedded_models_a_cancelled_search_goes_on_as_if_nothing_was(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    problem = generate_exam("validation", 2404).problem  # several waves
    moments = random.Random(1)
    async with open_policy("embedded") as policy, open_reward("embedded") as reward:

        async def attempt(path: Path, seconds: float | None) -> Result | None:
            journal = Journal(path)
            try:
                work = solve(
                    problem, policy, reward, sandbox, SEARCHES["compose"],
                    SearchOptions(n=6), journal=journal,
                )  # fmt: skip
                return await asyncio.wait_for(work, seconds)
            except TimeoutError:
                return None
            finally:
                journal.close()

        started = time.monotonic()
        whole = await attempt(tmp_path / "whole.jsonl", None)
        took = time.monotonic() - started
        assert whole is not None
        path = tmp_path / "killed.jsonl"
        for _ in range(20):
            await attempt(path, moments.uniform(0.0, took / 3))
        again = await attempt(path, None)
    assert again is not None
    assert [one.text for one in again.programs] == [one.text for one in whole.programs]
    assert again.spent.completion_tokens == whole.spent.completion_tokens
