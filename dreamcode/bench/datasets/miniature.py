"""The miniature world's test problems as a data set of `dreamcode bench`."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.miniature.exams import exams
from dreamcode.miniature.splits import Split
from dreamcode.problems.task import Task

PROBLEMS = 500
"""As many as the embedded reward model is measured on."""


class Miniature:
    """Problems of the embedded policy's world that neither model has seen."""

    name = "miniature"
    summary = f"the first {PROBLEMS} test problems of the embedded models' own world; generated"

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The first test problems; their difficulty is the number of operations.

        Raises:
            InputError: data or a release is named: there is neither.
        """
        if data is not None or release is not None:
            raise InputError("miniature generates its problems: leave --data and --release out")
        return (
            Task(exam, difficulty=f"{exam.problem.title.count(',') + 1} operations")
            for exam in islice(exams(Split.TEST), PROBLEMS)
        )

    def describe(self, data: Path | None, release: str | None) -> str:
        """Its split."""
        return "test problems"
