"""How fast vLLM writes in this process: by itself, in a search, and beside `hf/`.

    python -m benchmarks.engines [MODEL] [--n 32] [--rounds 3] [--tokens 200]

Three ways take turns, so that a busy machine is busy for all alike; tokens per second, and their
ratios in the same round. "engine": the engine's own pace, n samples of one prompt without any
stop. "search": the whole of `solve` (best-of-n without tests, reward or stop), whose samples end
where their program does. "hf": the same search by transformers. MODEL is a folder or hub id;
without it, the folder that `make real-model` builds.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from dreamcode.choosing import Choosing
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.hf import load_hf
from dreamcode.policies.policy import Policy, Request, Sampling
from dreamcode.policies.vllm import VllmPolicy, open_vllm
from dreamcode.problems.read import read_problem
from dreamcode.rewards.none import NoReward
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.search import SearchOptions
from dreamcode.solver import solve
from dreamcode_sandbox.opening import open_sandbox
from tests.real_model import FOLDER

Pace = tuple[int, float]
"""Tokens written, and seconds."""


def read_arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default=str(FOLDER))
    parser.add_argument("--n", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--window", type=int, default=2048)
    parser.add_argument("--problem", default="examples/mini-2.md")
    return parser.parse_args()


async def pace_of_engine(policy: VllmPolicy, request: Request, n: int) -> Pace:
    """What the engine writes of itself: nobody looks at its tokens."""
    asking = policy.asker.ask(request)

    async def write(seed: int) -> int:
        params: Any = policy.make_params(asking, replace(request, seed=seed))
        params.stop_token_ids, params.ignore_eos, params.logprobs = [], True, None
        written = 0
        async for output in policy.engine.generate(asking.prompt, params):
            written += len(output.outputs[0].token_ids)
        return written

    started = time.perf_counter()
    written = await asyncio.gather(*map(write, range(n)))
    return sum(written), time.perf_counter() - started


async def pace_of_search(policy: Policy, sandbox: Any, request: Request, n: int) -> Pace:
    """What a search has written, from its question to its result."""
    options = SearchOptions(n=n, sampling=request.sampling, grain="program")
    started = time.perf_counter()
    result = await solve(
        request.problem,
        policy,
        NoReward(),
        sandbox,
        best_of_n,
        options,
        choosing=Choosing(stop="never", inputs=0),
    )
    return result.spent.completion_tokens, time.perf_counter() - started


async def measure(asked: argparse.Namespace) -> None:
    """Measures and prints."""
    problem = replace(read_problem(asked.problem), public_tests=())
    sampling = Sampling(0.8, max_step_tokens=asked.tokens)
    request = Request(problem, "", sampling, 0, "program")
    fast = await open_vllm(asked.model, EngineOptions(window=asked.window))
    slow = load_hf(asked.model)
    async with open_sandbox("local") as sandbox:
        ways: dict[str, Callable[[], Awaitable[Pace]]] = {
            "engine": lambda: pace_of_engine(fast, request, asked.n),
            "search": lambda: pace_of_search(fast, sandbox, request, asked.n),
            "hf": lambda: pace_of_search(slow, sandbox, request, asked.n),
        }
        paces: dict[str, list[float]] = {name: [] for name in ways}
        for round_ in range(asked.rounds + 1):
            for name, work in ways.items():
                tokens, seconds = await work()
                if round_:  # the first one warms up
                    paces[name].append(tokens / seconds)
    await fast.close()
    await slow.close()
    table = Table("way", "tokens per second", "share of the engine's", title=f"{asked.n} at once")
    for name, own in paces.items():
        shares = [one / engine for one, engine in zip(own, paces["engine"], strict=True)]
        table.add_row(name, show(own, 0), show(shares, 2))
    Console().print(table)


def show(values: list[float], digits: int) -> str:
    """Median, least and most."""
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


if __name__ == "__main__":
    asyncio.run(measure(read_arguments()))
