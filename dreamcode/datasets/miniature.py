"""The test problems of the miniature worlds as data sets of `dreamcode bench`."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.miniature.exams import exams
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import LONG, MINIATURE, WEAK, World
from dreamcode.problems.task import Task

PROBLEMS = 500
"""As many as the embedded reward model is measured on."""


def summarise(world: World) -> str:
    """What of a world is read, in a line."""
    return f"the first {PROBLEMS} test problems: {world.words}; generated"


class Miniature:
    """Problems of a world of the embedded policy that neither embedded model has seen."""

    world = MINIATURE
    name = MINIATURE.name
    summary = summarise(MINIATURE)

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The first test problems; their difficulty is the number of operations.

        Raises:
            InputError: data or a release is named: there is neither.
        """
        if data is not None or release is not None:
            raise InputError(f"{self.name} generates its problems: leave --data and --release out")
        return (
            Task(exam, difficulty=f"{exam.problem.title.count(',') + 1} operations")
            for exam in islice(exams(Split.TEST, world=self.world), PROBLEMS)
        )

    def describe(self, data: Path | None, release: str | None) -> str:
        """Its split."""
        return "test problems"


class MiniatureWeak(Miniature):
    """The same problems with public tests that tell little."""

    world = WEAK
    name = WEAK.name
    summary = summarise(WEAK)


class MiniatureLong(Miniature):
    """Longer chains, with such tests too."""

    world = LONG
    name = LONG.name
    summary = summarise(LONG)
