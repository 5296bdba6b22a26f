"""`vllm/` against `hf/`: the same greedy text, seeds that repeat, prefixes that are read once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.splits import Split
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.hf import load_hf
from dreamcode.policies.policy import Answer, Policy, Request, Sampling
from dreamcode.policies.policy_names import open_policy
from dreamcode.policies.vllm import open_vllm
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.rewards.reward_names import open_reward
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import find_search
from dreamcode.solver import solve
from dreamcode_sandbox.opening import open_sandbox
from tests.engines.places import EMBEDDED, SMOL

pytestmark = pytest.mark.engines

PROBLEMS = [generate_exam(Split.TEST, place).problem for place in range(4)]
GREEDY = Sampling(0.0, max_step_tokens=60)
LOOSE = Sampling(0.8, 0.95, max_step_tokens=60)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all tests that share an engine."""
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module", params=[EMBEDDED, SMOL], ids=["embedded", "smollm2"])
def pair(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[tuple[Policy, Policy]]:
    folder: Path = request.param
    if not folder.is_dir():
        pytest.skip("make real-model builds it")
    options = EngineOptions(window=2048 if folder == SMOL else None)
    policy = runner.run(open_vllm(str(folder), options))
    other = load_hf(str(folder))
    yield policy, other
    runner.run(policy.close())
    runner.run(other.close())


async def write(policy: Policy, asked: list[Request]) -> list[Answer]:
    return await asyncio.gather(*map(policy.write, asked))


def ask(
    problem: Problem, sampling: Sampling, seed: int = 0, prefix: str = "", until: Grain = "step"
) -> Request:
    return Request(problem, prefix, sampling, seed, until)


@pytest.mark.parametrize("until", ["step", "program"])
def test_greedy_text_is_that_of_transformers(
    pair: tuple[Policy, Policy], runner: asyncio.Runner, until: Grain
) -> None:
    policy, other = pair
    prefixes = [""] * len(PROBLEMS)
    for _ in range(2):
        asked = [
            ask(problem, GREEDY, prefix=prefix, until=until)
            for problem, prefix in zip(PROBLEMS, prefixes, strict=True)
        ]
        ours, theirs = runner.run(write(policy, asked)), runner.run(write(other, asked))
        for one, two in zip(ours, theirs, strict=True):
            assert one.proposal.text == two.proposal.text
            assert one.proposal.ending == two.proposal.ending
            assert one.proposal.tokens == two.proposal.tokens
            assert one.proposal.logprob == pytest.approx(two.proposal.logprob, abs=0.01)
        prefixes = [
            prefix + one.proposal.text if one.proposal.ending == "step" else prefix
            for prefix, one in zip(prefixes, ours, strict=True)
        ]


def test_seeds_repeat_and_differ(pair: tuple[Policy, Policy], runner: asyncio.Runner) -> None:
    policy, _ = pair
    asked = [ask(PROBLEMS[0], LOOSE, seed) for seed in range(6)]
    first, again = (runner.run(write(policy, order)) for order in (asked, asked[::-1]))
    assert [one.proposal for one in first] == [one.proposal for one in again[::-1]]
    assert len({one.proposal.text for one in first}) > 1


def test_samples_of_one_moment_read_their_prompt_once(
    pair: tuple[Policy, Policy], runner: asyncio.Runner
) -> None:
    policy, _ = pair
    found = runner.run(write(policy, [ask(PROBLEMS[3], LOOSE, seed) for seed in range(6)]))
    read, cached = found[0].usage.prompt_tokens, [one.usage.cached_tokens for one in found]
    assert all(one.usage.prompt_tokens == read for one in found)
    # Whole blocks of 32 tokens are kept.
    assert sum(cached) >= 5 * (read // 32) * 32


def test_a_request_that_is_given_up_ends_in_the_engine(
    pair: tuple[Policy, Policy], runner: asyncio.Runner
) -> None:
    policy, _ = pair
    free = Sampling(0.8, max_step_tokens=400)

    async def give_up() -> None:
        asked = [ask(PROBLEMS[0], free, seed, until="program") for seed in range(8)]
        tasks = [asyncio.create_task(policy.write(one)) for one in asked]
        await asyncio.sleep(0.3)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        engine = policy.engine._engine  # type: ignore[attr-defined]
        async with asyncio.timeout(5):
            while engine.output_processor.has_unfinished_requests():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    runner.run(give_up())


async def test_compose_finds_its_prefixes_in_the_cache() -> None:
    options = SearchOptions(n=8)
    async with (
        open_policy(f"vllm/{EMBEDDED}") as policy,
        open_reward("embedded") as reward,
        open_sandbox("local") as sandbox,
    ):
        results = [
            await solve(problem, policy, reward, sandbox, find_search("compose"), options)
            for problem in PROBLEMS
        ]
    assert (
        sum(result.spent.cached_tokens for result in results)
        > sum(result.spent.prompt_tokens for result in results) / 2
    )
