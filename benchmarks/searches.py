"""Searches side by side on problems of a miniature world: share solved, tokens, differences.

    python -m benchmarks.searches OUT best-of-n@16 repair@16 beam@16 [--world miniature-long]

A search is a name that `--search` knows, and how many programs or steps `--n` is. Each attempts
the same problems with the same seeds and is graded on the hidden tests, as `dreamcode bench`
does. The first is the base: differences from it are paired by problem, with 95 % bootstrap
intervals. Tokens are those of the mean problem: written, read, and of these the ones that no
cache held ("anew"); "full" is the share of problems in which a limit ended the search. What is
in OUT already is not done again, so a further search costs itself alone.
"""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from dreamcode.bench.measures import solved
from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing, Stop
from dreamcode.grading.statistics import Estimate, bootstrap_interval, paired_difference
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import MINIATURE, WORLDS
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.task import Task
from dreamcode.prompting import Grain
from dreamcode.results import Result
from dreamcode.rewards.reward_names import open_reward
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import find_search
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.opening import open_sandbox

RESAMPLES, AT_ONCE = 10_000, 8
Tries = Sequence[Sequence[Result]]
"""The results of a search, by seed."""


def read_arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("searches", nargs="+", help="name@n; the first is the base")
    parser.add_argument("--world", choices=WORLDS, default=MINIATURE.name)
    parser.add_argument("--split", choices=[*Split], default=Split.VALIDATION)
    parser.add_argument("--start", type=int, default=3000)
    parser.add_argument("--problems", type=int, default=150)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--reward", default="embedded")
    parser.add_argument("--grain", choices=get_args(Grain), default="auto")
    parser.add_argument("--stop", choices=get_args(Stop), default="auto")
    parser.add_argument("--max-tokens", type=int)
    parser.add_argument("--no-public-tests", action="store_true")
    return parser.parse_args()


async def attempt_all(asked: argparse.Namespace) -> dict[str, Tries]:
    """What every search came to, the first one's first."""
    places = range(asked.start, asked.start + asked.problems)
    tasks = [Task(generate_exam(asked.split, place, WORLDS[asked.world])) for place in places]
    found: dict[str, Tries] = {}
    async with (
        open_policy(asked.model) as policy,
        open_reward(asked.reward) as reward,
        open_sandbox("local") as sandbox,
    ):
        services = Services(policy, reward, sandbox)
        for search in asked.searches:
            tries = [
                await run_tasks(
                    choose_folder(asked, search, seed),
                    tasks,
                    services,
                    make_attempt(asked, search, seed),
                    AT_ONCE,
                )
                for seed in asked.seeds
            ]
            found[search] = tries
    return found


def make_attempt(asked: argparse.Namespace, search: str, seed: int) -> Attempt:
    """How a search attempts each problem."""
    name, _, n = search.partition("@")
    return Attempt(
        find_search(name),
        SearchOptions(n=int(n or SearchOptions().n), grain=asked.grain, seed=seed),
        Limits(asked.max_tokens),
        public_tests=not asked.no_public_tests,
        choosing=Choosing(stop=asked.stop),
    )


def choose_folder(asked: argparse.Namespace, search: str, seed: int) -> Path:
    """Where the results of these settings are."""
    tests = "untested" if asked.no_public_tests else "tested"
    services = f"{asked.model}-{asked.reward}".replace("/", "_")
    settings = f"{services}-{asked.grain}-{asked.stop}-{asked.max_tokens}-{tests}-{seed}"
    return Path(asked.out / settings / search.replace("/", "_"))


def average(tries: Tries, value: Callable[[Result], float]) -> list[float]:
    """By problem, the mean over the seeds."""
    return [sum(map(value, own)) / len(own) for own in zip(*tries, strict=True)]


def show(estimate: Estimate, scale: float = 1, digits: int = 0) -> str:
    """A number with its interval."""
    value, low, high = (scale * one for one in (estimate.value, estimate.low, estimate.high))
    return f"{value:+,.{digits}f} [{low:+,.{digits}f}, {high:+,.{digits}f}]"


def print_table(found: dict[str, Tries]) -> None:
    """One line for each search."""
    heads = "search, solved %, difference, written, difference, read, anew, programs, full %"
    print("|", heads.replace(",", " |"), "|")
    print("|---" * 9 + "|")
    base = next(iter(found.values()))
    for name, tries in found.items():
        cells = [name]
        for value, scale, digits in ((solved, 100, 1), (written, 1, 0)):
            own, theirs = average(tries, value), average(base, value)
            mean = bootstrap_interval(own, RESAMPLES, 0).value
            difference = paired_difference(own, theirs, RESAMPLES, 0)
            cells += [
                f"{scale * mean:,.{digits}f}",
                "" if tries is base else show(difference, scale, digits),
            ]
        for value, scale, digits in ((read, 1, 0), (read_anew, 1, 0), (samples, 1, 1),
                                     (exhausted, 100, 0)):  # fmt: skip
            own = average(tries, value)
            cells.append(f"{scale * sum(own) / len(own):,.{digits}f}")
        print("|", " | ".join(cells), "|")


def written(result: Result) -> float:
    """Tokens that were written."""
    return result.spent.completion_tokens


def read(result: Result) -> float:
    """Tokens that were read."""
    return result.spent.prompt_tokens


def read_anew(result: Result) -> float:
    """Those that had not been read before."""
    return result.spent.prompt_tokens - result.spent.cached_tokens


def samples(result: Result) -> float:
    """Programs that were written."""
    return result.samples


def exhausted(result: Result) -> float:
    """Whether a limit ended the search."""
    return result.exhausted is not None


def main() -> None:
    """Prints the table."""
    print_table(asyncio.run(attempt_all(read_arguments())))


if __name__ == "__main__":
    main()
