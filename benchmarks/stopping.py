"""What stopping early and voting are worth, on problems of a miniature world.

    python -m benchmarks.stopping OUT [--world miniature-long] [--split test] [--start 2000]

Sixteen programs are written for every problem, scored, run on the public tests and on inputs of
our own making, and graded. Then programs are drawn in random orders (`ORDERS` per problem), and
the product's own rules say when they are enough and which one is chosen. What is in OUT already
is not done again.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing, Select, Stop
from dreamcode.grading.statistics import Estimate, paired_difference
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import MINIATURE, WORLDS
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.task import Task
from dreamcode.results import Program, Result
from dreamcode.rewards.reward_names import open_reward
from dreamcode.search.ranking import count_votes, find_leaders, rank
from dreamcode.search.search import SearchOptions
from dreamcode.search.stopping import find_reason
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.opening import open_sandbox

N, ORDERS = 16, 40


@dataclass(frozen=True)
class Way:
    """A way to stop and to choose: programs allowed, what decides, whether there are tests."""

    n: int
    select: Select
    tested: bool
    stop: Stop = "never"
    stop_reward: float = 0.3
    agree: int = 2

    def __str__(self) -> str:
        rule = {
            "reward": f"reward {self.stop_reward}" if self.tested else "votes",
            "agreement": f"{self.agree} that agree" if self.tested else "lead",
        }.get(self.stop, "-")
        tests = "public tests" if self.tested else "none"
        return f"{tests:12} | {self.n:2} | {self.select:8} | {rule:12}"


def spread(result: Result, tested: Result) -> list[Program | None]:
    """The samples of a problem, None for those that were not finished.

    Behaviours are those of all programs; what public tests said is in the other result.
    """
    public = {program.text: program.public for program in tested.programs}
    found: list[Program | None] = [
        replace(program, copies=1, public=public.get(program.text))
        for program in result.programs
        for _ in range(program.copies)
    ]
    return found + [None] * (result.samples - len(found))


def attempt_once(samples: Sequence[Program | None], way: Way) -> tuple[bool, int]:
    """Whether the chosen one of the samples, taken in their order, is right; how many it took."""
    choosing = Choosing(way.select, way.stop, way.stop_reward, way.agree)
    taken: list[Program] = []
    for written, sample in enumerate(samples[: way.n], start=1):
        if sample is not None:
            taken.append(sample if way.tested else replace(sample, public=None))
        leaders = find_leaders(taken)
        stopped = find_reason(leaders, way.stop, choosing, tested=way.tested)
        if stopped or written == way.n:
            break
    voted = count_votes(leaders, way.select)
    votes = {id(one): own.vote for one, own in zip(leaders, voted, strict=True)}
    ranked = rank([replace(one, vote=votes.get(id(one))) for one in taken], way.select)
    return bool(ranked) and ranked[0].right, written


def measure(
    pools: Sequence[tuple[list[Program | None], float]], way: Way
) -> tuple[list[float], float, float]:
    """By problem the share of orders that are solved; tokens and programs of the mean problem."""
    shares, tokens, written = [], 0.0, 0.0
    for place, (samples, cost) in enumerate(pools):
        random = Random(place)  # samples stand best first, so problems need orders of their own
        ends = [attempt_once(random.sample(samples, len(samples)), way) for _ in range(ORDERS)]
        shares.append(sum(right for right, _ in ends) / ORDERS)
        mean = sum(number for _, number in ends) / ORDERS
        written += mean / len(pools)
        tokens += mean * cost / len(pools)
    return shares, tokens, written


async def write(out: Path, tasks: Sequence[Task], model: str) -> tuple[list[Result], list[Result]]:
    """All results, choosing without and with public tests."""
    options = SearchOptions(n=N)
    everything = Attempt(options=options, choosing=Choosing(stop="never"))
    async with open_reward("embedded") as reward, open_sandbox("local") as sandbox:
        async with open_policy(model) as policy:
            services = Services(policy, reward, sandbox)
            tested = await run_tasks(out / "tested", tasks, services, everything, 8)
        async with open_policy(f"recorded/{out / 'tested'}") as policy:
            services = Services(policy, reward, sandbox)
            untested = replace(everything, public_tests=False)
            return await run_tasks(out / "untested", tasks, services, untested, 8), tested


WAYS = [
    (Way(N, "reward", True), [
        Way(N, "vote", True),
        *(Way(N, "vote", True, "reward", reward) for reward in (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)),
    ]),
    (Way(N, "majority", True), [Way(N, "majority", True, "agreement", agree=k) for k in (2, 3, 4)]),
    (Way(4, "reward", False), [Way(4, "vote", False)]),
    (Way(8, "reward", False), [Way(8, "vote", False)]),
    (Way(N, "reward", False), [Way(N, "vote", False)]),
    (Way(N, "vote", False), [Way(N, "vote", False, "reward")]),
    (Way(N, "majority", False), [Way(N, "majority", False, "agreement")]),
]  # fmt: skip


def main() -> None:
    """Prints a line for each way, beside what it is compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--world", choices=WORLDS, default=MINIATURE.name)
    parser.add_argument("--split", type=Split, choices=[*Split], default=Split.VALIDATION)
    parser.add_argument("--start", type=int, default=2000)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--model", default="embedded")
    asked = parser.parse_args()
    places = range(asked.start, asked.start + asked.problems)
    tasks = [Task(generate_exam(asked.split, place, WORLDS[asked.world])) for place in places]
    results, tested = asyncio.run(write(asked.out, tasks, asked.model))
    pools = [
        (spread(result, other), other.spent.completion_tokens / other.samples)
        for result, other in zip(results, tested, strict=True)
    ]
    print(f"{'tests':12} | {'n':2} | {'select':8} | {'stop':12} | solved | difference | tokens")
    for base, others in WAYS:
        theirs, *spent = measure(pools, base)
        print_line(base, theirs, spent, None)
        for way in others:
            shares, *spent = measure(pools, way)
            print_line(way, shares, spent, paired_difference(shares, theirs, 10_000, 0))


def print_line(
    way: Way, shares: Sequence[float], spent: Sequence[float], difference: Estimate | None
) -> None:
    """One way: share solved, difference with its interval in points, tokens and programs."""
    solved = f"{100 * sum(shares) / len(shares):.1f} %"
    points = "" if difference is None else (
        f"{100 * difference.value:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"
    )  # fmt: skip
    tokens, written = spent
    print(f"{way} | {solved} | {points:18} | {tokens:,.0f} in {written:.1f} programs")


if __name__ == "__main__":
    main()
