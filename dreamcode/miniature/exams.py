"""Problems of the world with their tests, the same on every machine."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from random import Random

from dreamcode.miniature.splits import Split, fixed_number
from dreamcode.miniature.statements import write_statement
from dreamcode.miniature.tasks import Task, draw_task
from dreamcode.miniature.testset import hidden_tests, public_tests
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import Limits, Test

LIMITS = Limits(seconds=2.0, memory_mb=256, output_mb=1)


def generate_task(split: Split | str, index: int) -> Task:
    """What problem `index` of a split asks for."""
    return draw_task(_random("task", split, index), Split(split))


def generate_exam(split: Split | str, index: int) -> Exam:
    """Problem `index` of a split; its hidden tests are made when they are opened."""
    task = generate_task(split, index)
    random = _random("samples", split, index)
    samples = public_tests(task, random)
    problem = Problem(
        id=f"miniature-{Split(split)}-{index:05d}",
        title=", ".join(key.replace("_", " ") for key in task.composition),
        statement=write_statement(task, samples, random),
        public_tests=samples,
        limits=LIMITS,
    )
    return Exam(problem, HiddenTests(partial(_hidden, task, str(split), index)))


def exams(split: Split | str, start: int = 0) -> Iterator[Exam]:
    """The problems of a split from `start` on, without end."""
    return (generate_exam(split, index) for index in count(start))


def _hidden(task: Task, split: str, index: int) -> tuple[Test, ...]:
    return hidden_tests(task, _random("hidden", split, index))


def _random(purpose: str, split: Split | str, index: int) -> Random:
    return Random(fixed_number(purpose, Split(split), index))
