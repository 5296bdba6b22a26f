"""Searches that are stopped and resumed come to what they would have come to."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy import Policy
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems import Problem
from dreamcode.results import Result
from dreamcode.rewards.reward import RewardModel
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import Journal, read_records
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import Sandbox
from tests.policies.copyist import Copyist
from tests.search.programs import DOUBLE, ONE_STEP, RIGHT, WRONG
from tests.search.test_repair import Judge

NAMES = ["repair", "tree", "particles"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def embedded() -> AsyncIterator[tuple[Policy, RewardModel]]:
    async with open_policy("embedded") as policy, open_reward("embedded") as reward:
        yield policy, reward


def texts(result: Result) -> list[tuple[str, int, float | None]]:
    return [(one.text, one.copies, one.reward) for one in result.programs]


async def attempt(
    name: str,
    path: Path,
    problem: Problem,
    services: tuple[Policy, RewardModel, Sandbox],
    options: SearchOptions,
    limits: Limits = Limits(),
) -> Result:
    journal = Journal(path)
    try:
        return await solve(problem, *services, SEARCHES[name], options, limits, journal)
    finally:
        journal.close()


@pytest.mark.parametrize("limits", [Limits(), Limits(calls=9), Limits(tokens=120)])
@pytest.mark.parametrize("wave", [1, 3])
@pytest.mark.parametrize("name", NAMES)
async def test_resumed_at_any_record_it_writes_only_what_is_missing(
    sandbox: Sandbox, tmp_path: Path, name: str, wave: int, limits: Limits
) -> None:
    reward = Judge({ONE_STEP: 0.3, WRONG: 0.2, RIGHT: 0.25}, other=0.4)
    options = SearchOptions(n=8, wave=wave)

    async def run(path: Path) -> tuple[Result, Copyist]:
        policy = Copyist([WRONG, WRONG.replace("** 2", "+ 2"), ONE_STEP, RIGHT])
        services = policy, reward, sandbox
        return await attempt(name, path, DOUBLE, services, options, limits), policy

    whole, _ = await run(tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    for number in range(0, len(lines) + 1, 3):
        path = tmp_path / f"cut-{number}.jsonl"
        path.write_bytes(b"".join(lines[:number]))
        again, policy = await run(path)
        assert texts(again) == texts(whole)
        assert (again.stopped, again.samples) == (whole.stopped, whole.samples)
        if limits == Limits():
            keys = [record.key for record in read_records(path)[0]]
            assert len(set(keys)) == len(keys) == len(lines)
    assert not policy.requests


@pytest.mark.parametrize("name", NAMES)
async def test_cancelled_at_random_moments_it_comes_to_the_same_programs(
    sandbox: Sandbox,
    tmp_path: Path,
    embedded: tuple[Policy, RewardModel],
    name: str,
) -> None:
    problem = generate_exam("validation", 5).problem
    options = SearchOptions(n=6, seed=1)
    services = *embedded, sandbox
    started = time.monotonic()
    expected = await attempt(name, tmp_path / "whole.jsonl", problem, services, options)
    took = time.monotonic() - started
    records = len(read_records(tmp_path / "whole.jsonl")[0])

    path, random, sessions = tmp_path / "journal.jsonl", Random(7), 0
    result = None
    while result is None:
        sessions += 1
        work = asyncio.create_task(attempt(name, path, problem, services, options))
        patience = random.uniform(0, took / 3) if sessions < 20 else None
        await asyncio.wait([work], timeout=patience)
        work.cancel()
        [result] = [
            None if isinstance(one, asyncio.CancelledError) else one
            for one in await asyncio.gather(work, return_exceptions=True)
        ]
    assert isinstance(result, Result)
    assert texts(result) == texts(expected)
    assert replace(result.spent, cached_tokens=0) == replace(expected.spent, cached_tokens=0)
    assert len(read_records(path)[0]) == records
    assert sessions > 1
