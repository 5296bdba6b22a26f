"""How often the function that a fall of the reward names is the first wrong one.

    python -m benchmarks.locating OUT [--start 2000] [--problems 300]

Eight programs of the embedded policy for every validation problem of the miniature world, scored
by the embedded reward model. A beginning of a program is right if it passes all tests once the
functions that it lacks are filled in as the world has them; the first wrong function is the one
with which it no longer does. The threshold is chosen on the problems with even places and
reported on the others. What is in OUT already is not done again.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamcode.bench.run import run_tasks
from dreamcode.chain.names import missing_helpers
from dreamcode.choosing import Choosing
from dreamcode.grading.judge import Judge
from dreamcode.grading.statistics import Estimate, bootstrap_interval
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.operations import OPERATIONS, Kind, Operation, right_form
from dreamcode.miniature.style import fill, plain_names
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.task import Task
from dreamcode.results import Program, Result
from dreamcode.rewards.reward import StepRewards
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import Journal
from dreamcode.search.search import SearchOptions
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox.opening import open_sandbox

N = 8
PREFIXES = ("do_", "apply_", "then_")
"""What the world's programmers put before an operation's name."""

ARGUMENTS = {Kind.NUMBERS: "XS", Kind.TEXT: "S", Kind.NUMBER: "N"}
READERS = {
    Kind.NUMBERS: "return [int(word) for word in input().split()]",
    Kind.TEXT: "return input()",
    Kind.NUMBER: "return int(input())",
}
GUARD = '\n\nif __name__ == "__main__":\n    main()\n'
BY_KEY: Mapping[str, Operation] = {operation.key: operation for operation in OPERATIONS}


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


def write_helper(name: str, takes: Kind) -> str | None:
    """The function of that name as the world has it; None where it is none of the world's.

    Args:
        name: what the program calls.
        takes: kind of the problem's input.
    """
    key = next((name.removeprefix(one) for one in PREFIXES if name.startswith(one)), name)
    operation = BY_KEY.get(key)
    if operation is not None:
        head = ARGUMENTS[operation.takes] + (", K" if operation.parameter else "")
        body = right_form(operation.bodies[0]).replace("\n", "\n    ")
        return fill(f"def {name}({head}):\n    {body}\n\n\n", plain_names())
    if name.startswith(("read", "get")):
        return f"def {name}():\n    {READERS[takes]}\n\n\n"
    return None


def complete(beginning: str, takes: Kind) -> str | None:
    """The beginning of a program with right functions behind it; None where it wants others."""
    helpers = [write_helper(name, takes) for name in missing_helpers(beginning)]
    found = [helper for helper in helpers if helper is not None]
    return "".join([beginning, *found, GUARD]) if len(found) == len(helpers) else None


async def write(out: Path, tasks: Sequence[Task]) -> list[Result]:
    """The programs of every problem, scored and graded."""
    attempt = Attempt(options=SearchOptions(n=N), choosing=Choosing("reward", "never"))
    async with open_policy("embedded") as policy, open_reward("embedded") as reward:
        async with open_sandbox("local") as sandbox:
            return await run_tasks(out, tasks, Services(policy, reward, sandbox), attempt, 8)


async def locate(out: Path, tasks: Sequence[Task], results: Sequence[Result]) -> list[Known]:
    """Every sample with its first wrong function."""
    known: list[Known] = []
    journal = Journal(out / "beginnings.jsonl")
    async with open_sandbox("local") as sandbox:
        judge = Judge(sandbox, journal)
        for place, (task, result) in enumerate(zip(tasks, results, strict=True)):
            takes = generate_task("validation", int(task.id.rpartition("-")[2])).takes
            for program in result.programs:
                first = None if program.right else await _first_wrong(judge, task, program, takes)
                known += [Known(place, program.rewards, first)] * program.copies
    journal.close()
    return known


async def _first_wrong(judge: Judge, task: Task, program: Program, takes: Kind) -> int:
    """Place of the first step behind which no right functions make the program right."""
    lengths = range(1, len(program.steps))
    texts = [complete("".join(program.steps[:length]), takes) for length in lengths]
    passes = await judge.passes(task.exam, [text for text in texts if text is not None])
    verdicts = iter(passes)
    for place, text in enumerate(texts):
        if text is None or not next(verdicts):
            return place
    return len(program.steps) - 1
