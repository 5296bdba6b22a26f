"""Measures how many mistakes the hidden tests find: `python -m experiments.pretraining.kill_rate`.

Every program with one mistake is run on the hidden tests of its problem. Survivors are run on
thousands of other inputs: those that never differ there count as equivalent to a right program.
"""

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.inputs import candidate_inputs
from dreamcode.miniature.mistakes import Mutant, mutants
from dreamcode.miniature.operations import Kind
from dreamcode.miniature.splits import Split
from dreamcode.miniature.tasks import Task, Value
from dreamcode.miniature.testset import expect, kills
from dreamcode_sandbox.cases import StdinTest


@dataclass(frozen=True, slots=True)
class Kills:
    """Counts over mistaken programs.

    Attributes:
        killed: fail a hidden test.
        alive: pass all hidden tests, yet differ from a right program on some input.
        equivalent: no input found that tells them from a right program.
        seen: fail a public test.
    """

    killed: int
    alive: int
    equivalent: int
    seen: int

    @property
    def rate(self) -> float:
        """Share of the programs that are really wrong which the hidden tests find."""
        return self.killed / max(1, self.killed + self.alive)


def read_input(task: Task, test: StdinTest) -> Value:
    """A test's input as programs see it."""
    line = test.input.removesuffix("\n")
    return [int(part) for part in line.split()] if task.takes is Kind.NUMBERS else line


def measure(split: Split, index: int, inputs: int) -> tuple[Kills, list[str]]:
    """Counts for one problem, and the names of the mistakes that stay alive."""
    task, exam = generate_task(split, index), generate_exam(split, index)
    hidden = [read_input(task, t) for t in exam.hidden.open() if isinstance(t, StdinTest)]
    public = [read_input(task, t) for t in exam.problem.public_tests if isinstance(t, StdinTest)]

    def killed(mutant: Mutant, values: list[Value]) -> bool:
        return any(kills(expect(task, value), mutant, value) for value in values)

    fates: Counter[str] = Counter()
    alive = []
    others: list[Value] = list(candidate_inputs(task.takes, Random(f"others {index}"), inputs))
    for mutant in mutants(task):
        fates["seen"] += killed(mutant, public)
        if killed(mutant, hidden):
            fates["killed"] += 1
        elif killed(mutant, others):
            fates["alive"] += 1
            alive.append(mutant.name)
        else:
            fates["equivalent"] += 1
    counts = Kills(fates["killed"], fates["alive"], fates["equivalent"], fates["seen"])
    return counts, alive


def measure_split(split: Split, problems: int, inputs: int = 3000) -> Kills:
    """Counts over the first problems of a split."""
    found = [measure(split, index, inputs)[0] for index in track(range(problems), "running")]
    return Kills(
        killed=sum(one.killed for one in found),
        alive=sum(one.alive for one in found),
        equivalent=sum(one.equivalent for one in found),
        seen=sum(one.seen for one in found),
    )


def main(
    split: Annotated[Split, typer.Option(help="Whose problems.")] = Split.TEST,
    problems: Annotated[int, typer.Option(min=1, help="How many problems.")] = 200,
    inputs: Annotated[int, typer.Option(min=1, help="Inputs that survivors are run on.")] = 3000,
) -> None:
    """Measures how many single mistakes the hidden tests find."""
    found = measure_split(split, problems, inputs)
    wrong = found.killed + found.alive
    Console().print(
        f"{wrong} wrong programs: hidden tests find {found.killed} ({found.rate:.2%}), "
        f"public tests {found.seen} ({found.seen / wrong:.1%}); "
        f"{found.equivalent} others agree with a right program on {inputs} inputs"
    )


if __name__ == "__main__":
    typer.run(main)
