"""How often the function that a fall of the reward names is the first wrong one.

    python -m benchmarks.locating OUT [--world miniature-long] [--start 2000] [--problems 400]

Eight programs of the embedded policy for every validation problem of a miniature world, scored
by the embedded reward model; `dreamcode.miniature.faults` says which function is the first wrong
one. The threshold is chosen on the problems with even places and reported on the others: the one
with which most wrong programs have the right function named, and most right programs none. What
is in OUT already is not done again.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing
from dreamcode.grading.judge import Judge
from dreamcode.grading.statistics import Estimate, bootstrap_interval
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.faults import find_faults
from dreamcode.miniature.worlds import MINIATURE, WORLDS
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.task import Task
from dreamcode.results import Result
from dreamcode.rewards.falls import find_fall
from dreamcode.rewards.reward import StepRewards
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import Journal
from dreamcode.search.search import SearchOptions
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.opening import open_sandbox
from dreamcode_training.evaluation.faults import Rule, find_largest_fall, find_lowest

N = 8
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5)


@dataclass(frozen=True)
class Known:
    """A program of which it is known what is wrong with it.

    Attributes:
        problem: place of its problem.
        rewards: one per step.
        first: place of the first wrong step; None where the program is right.
    """

    problem: int
    rewards: StepRewards
    first: int | None


async def write(out: Path, tasks: Sequence[Task]) -> list[Result]:
    """The programs of every problem, scored and graded."""
    attempt = Attempt(options=SearchOptions(n=N), choosing=Choosing("reward", "never"))
    async with (
        open_policy("embedded") as policy,
        open_reward("embedded") as reward,
        open_sandbox("local") as sandbox,
    ):
        return await run_tasks(out, tasks, Services(policy, reward, sandbox), attempt, 8)


async def locate(out: Path, tasks: Sequence[Task], results: Sequence[Result]) -> list[Known]:
    """Every sample with its first wrong function."""
    known: list[Known] = []
    journal = Journal(out / "beginnings.jsonl")
    async with open_sandbox("local") as sandbox:
        judge = Judge(sandbox, journal)
        for place, (task, result) in enumerate(zip(tasks, results, strict=True)):
            wrong = [program for program in result.programs if not program.right]
            steps = [program.steps for program in wrong]
            faults = iter(await find_faults(task.exam, steps, judge.passes))
            for program in result.programs:
                first = None if program.right else next(faults)
                known += [Known(place, program.rewards, first)] * program.copies
    journal.close()
    return known


def measure(known: Sequence[Known], rule: Rule) -> dict[str, Estimate]:
    """Shares of programs, with 95 % bootstrap intervals over problems."""
    wrong = [(one.problem, rule(one.rewards), one.first) for one in known if one.first is not None]
    named = [one for one in wrong if one[1] is not None]
    right = [(one.problem, rule(one.rewards)) for one in known if one.first is None]
    return {
        "exactly": _share([(problem, place == first) for problem, place, first in wrong]),
        "none": _share([(problem, place is None) for problem, place, _ in wrong]),
        "of named": _share([(problem, place == first) for problem, place, first in named]),
        "before is right": _share(
            [(problem, place is not None and place <= first) for problem, place, first in named]
        ),
        "right, none": _share([(problem, place is None) for problem, place in right]),
    }


def _share(outcomes: Sequence[tuple[int, bool]]) -> Estimate:
    problems: dict[int, list[bool]] = {}
    for problem, outcome in outcomes:
        problems.setdefault(problem, []).append(outcome)
    means = [sum(own) / len(own) for own in problems.values()]
    return bootstrap_interval(means, 10_000, 0, weights=[len(own) for own in problems.values()])


def print_line(name: str, measured: Mapping[str, Estimate]) -> None:
    """One rule's shares in percent."""
    cells = [
        f"{100 * one.value:5.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})"
        for one in measured.values()
    ]
    print(f"{name:10} | {' | '.join(cells)}")


def main() -> None:
    """Prints the shares by threshold on one half, and those of the best one on the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--world", choices=WORLDS, default=MINIATURE.name)
    parser.add_argument("--start", type=int, default=2000)
    parser.add_argument("--problems", type=int, default=400)
    asked = parser.parse_args()
    places = range(asked.start, asked.start + asked.problems)
    world = WORLDS[asked.world]
    tasks = [Task(generate_exam("validation", place, world)) for place in places]
    results = asyncio.run(write(asked.out, tasks))
    known = asyncio.run(locate(asked.out, tasks, results))
    halves = [[one for one in known if one.problem % 2 == half] for half in (0, 1)]
    for half in halves:
        wrong = sum(one.first is not None for one in half)
        first = sum(one.first == 0 for one in half)
        print(f"{len(half)} programs, {wrong} wrong, {first} of these in the first function")
    rules: dict[float, Rule] = {t: partial(find_fall, threshold=t) for t in THRESHOLDS}
    by_threshold = {threshold: measure(halves[0], rule) for threshold, rule in rules.items()}
    print(f"{'threshold':10} | {' | '.join(next(iter(by_threshold.values())))}")
    for threshold, measured in by_threshold.items():
        print_line(str(threshold), measured)
    best = max(
        by_threshold,
        key=lambda t: by_threshold[t]["exactly"].value + by_threshold[t]["right, none"].value,
    )
    print(f"on the other half, threshold {best}:")
    print_line(str(best), measure(halves[1], rules[best]))
    print_line("largest", measure(halves[1], find_largest_fall))
    print_line("lowest", measure(halves[1], find_lowest))


if __name__ == "__main__":
    main()
