"""The test problems of the miniature worlds as data sets of `dreamcode bench`."""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.miniature.exams import exams
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import LONG, MINIATURE, WEAK, World
from dreamcode.problems.task import Task

PROBLEMS = 500
"""As many as the embedded reward model is measured on."""


class Miniature:
    """Problems of a world of the embedded policy that neither embedded model has seen."""

    def __init__(self, world: World = MINIATURE) -> None:
        self._world = world
        self.name = world.name
        self.summary = f"the first {PROBLEMS} test problems: {world.words}; generated"

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The first test problems; their difficulty is the number of operations.

        Raises:
            InputError: data or a release is named: there is neither.
        """
        if data is not None or release is not None:
            raise InputError(f"{self.name} generates its problems: leave --data and --release out")
        return (
            Task(exam, difficulty=f"{exam.problem.title.count(',') + 1} operations")
            for exam in islice(exams(Split.TEST, world=self._world), PROBLEMS)
        )

    def describe(self, data: Path | None, release: str | None) -> str:
        """Its split."""
        return "test problems"


MiniatureWeak = partial(Miniature, WEAK)
MiniatureLong = partial(Miniature, LONG)
