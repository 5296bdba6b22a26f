"""Problems of the world with their tests, the same on every machine."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from random import Random

from dreamcode.miniature.splits import Split, fixed_number
from dreamcode.miniature.statements import write_statement
from dreamcode.miniature.tasks import Task, draw_task
from dreamcode.miniature.testset import hidden_tests, public_tests, weak_tests
from dreamcode.miniature.worlds import MINIATURE, WORLDS, World
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import Limits, Test

LIMITS = Limits(seconds=2.0, memory_mb=256, output_mb=1)


def generate_task(split: Split | str, index: int, world: World = MINIATURE) -> Task:
    """What problem `index` of a split asks for."""
    return draw_task(_random("task", world, split, index), Split(split), world.lengths)


def generate_exam(split: Split | str, index: int, world: World = MINIATURE) -> Exam:
    """Problem `index` of a split; its hidden tests are made when they are opened."""
    task = generate_task(split, index, world)
    random = _random("samples", world, split, index)
    samples = weak_tests(task, random) if world.weak_tests else public_tests(task, random)
    problem = Problem(
        id=f"{world.name}-{Split(split)}-{index:05d}",
        title=", ".join(key.replace("_", " ") for key in task.composition),
        statement=write_statement(task, samples, random),
        public_tests=samples,
        limits=LIMITS,
    )
    return Exam(problem, HiddenTests(partial(_hidden, task, world, str(split), index)))


def read_id(problem: str) -> tuple[World, Split, int] | None:
    """World, split and index of the problem with this id; None if no world has such ids."""
    name, split, index = ("", "", *problem.rsplit("-", 2))[-3:]
    if name not in WORLDS or split not in tuple(Split) or not (index.isascii() and index.isdigit()):
        return None
    return WORLDS[name], Split(split), int(index)


def exams(split: Split | str, start: int = 0, world: World = MINIATURE) -> Iterator[Exam]:
    """The problems of a split from `start` on, without end."""
    return (generate_exam(split, index, world) for index in count(start))


def _hidden(task: Task, world: World, split: str, index: int) -> tuple[Test, ...]:
    return hidden_tests(task, _random("hidden", world, split, index))


def _random(purpose: str, world: World, split: Split | str, index: int) -> Random:
    """A stream for a purpose. Worlds of the same lengths ask for the same tasks."""
    length = () if world.lengths is MINIATURE.lengths else (world.name,)
    return Random(fixed_number(purpose, *length, Split(split), index))
