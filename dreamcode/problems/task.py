"""A problem of a benchmark: its exam, and what the benchmark says about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from dreamcode.errors import InputError
from dreamcode.problems.exam import Exam


@dataclass(frozen=True, slots=True)
class Task:
    """A problem of a benchmark.

    Attributes:
        exam: the problem and its hidden tests.
        where: file and line it comes from, for messages.
        platform: "leetcode", "atcoder", ...; "" if unknown.
        difficulty: "easy", "medium" or "hard"; "" if unknown.
        contest_id: the contest's id; "" if unknown.
        contest_date: when the contest took place; None if unknown.
        digest: of all that its file says of it, hidden tests included; "" where the exam
            holds everything.
    """

    exam: Exam
    where: str = ""
    platform: str = ""
    difficulty: str = ""
    contest_id: str = ""
    contest_date: datetime | None = None
    digest: str = ""

    @property
    def id(self) -> str:
        """The problem's id."""
        return self.exam.problem.id

    def day(self) -> date:
        """The day of the contest.

        Raises:
            InputError: the day is unknown.
        """
        if self.contest_date is None:
            raise InputError(
                f"{self.where or self.id}: contest_date is missing; add it, or choose and "
                "split without dates"
            )
        return self.contest_date.date()


def refuse_twins(tasks: Iterable[Task]) -> Iterator[Task]:
    """The tasks as they come.

    Raises:
        InputError: a problem stands twice; names both places.
    """
    seen: dict[str, str] = {}
    for task in tasks:
        if task.id in seen:
            raise InputError(
                f"{task.where}: problem {task.id!r} stands twice, first in {seen[task.id]}; keep "
                "one of the rows"
            )
        seen[task.id] = task.where
        yield task
