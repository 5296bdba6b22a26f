"""What a data set is, and how a part of it is chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from dreamcode.errors import InputError
from dreamcode.problems.task import Task


class Dataset(Protocol):
    """A source of problems with hidden tests."""

    @property
    def name(self) -> str:
        """What to type after `dreamcode bench`, and what `problems.data` of a training names."""
        ...

    @property
    def summary(self) -> str:
        """One line for people: what it is, and where its files come from."""
        ...

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems, in a fixed order; hidden tests stay packed.

        Args:
            data: a file or folder of the user's; None takes what the data set has itself.
            release: which release, where there are several; None takes the newest.

        Raises:
            InputError: there is no such release, or the data is missing or damaged; says where
                and what to do.
            InfrastructureError: the data cannot be downloaded.
        """
        ...

    def describe(self, data: Path | None, release: str | None) -> str:
        """What `read` would give, in a few words: the release with its meaning, or the file."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """Which of a data set's problems are wanted; the default is all of them.

    Attributes:
        since: first day of the contests, included.
        before: first day that is too late.
        difficulties: the only difficulties to take; empty for all.
        platforms: the only platforms to take; empty for all.
        problems: the only ids to take; empty for all.
        limit: how many to keep at most, the first ones; None keeps all.
        shard: (i, n): only the i-th of n equal parts of what is kept, i from 1.
    """

    since: date | None = None
    before: date | None = None
    difficulties: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    limit: int | None = None
    shard: tuple[int, int] | None = None

    def describe(self) -> str:
        """In words; "" for all."""
        words = []
        if self.since:
            words.append(f"from {self.since}")
        if self.before:
            words.append(f"before {self.before}")
        words += [", ".join(names) for names in (self.difficulties, self.platforms) if names]
        if self.problems:
            words.append(f"{len(self.problems)} named problems")
        if self.limit:
            words.append(f"the first {self.limit}")
        if self.shard:
            words.append(f"part {self.shard[0]} of {self.shard[1]}")
        return ", ".join(words)


def select(tasks: Iterable[Task], part: Part) -> list[Task]:
    """The wanted problems, in their order.

    Raises:
        InputError: no problem is left, a named one is missing, or a date is needed and unknown.
    """
    found: list[Task] = []
    seen: list[Task] = []
    for task in tasks:
        seen.append(task)
        if _is_wanted(task, part):
            found.append(task)
        if part.limit is not None and len(found) == part.limit and not part.problems:
            break  # what follows need not be read
    missing = set(part.problems) - {task.id for task in found}
    if missing:
        name = sorted(missing)[0]
        there = any(task.id == name for task in seen)
        raise InputError(
            f"problem {name!r} does not fit the other filters"
            if there
            else f"there is no problem {name!r} among the {len(seen)} of the data set"
        )
    found = found[: part.limit]
    if part.shard:
        number, shards = part.shard
        found = found[number - 1 :: shards]
    if not found:
        raise InputError(
            f"none of the {len(seen)} problems is left ({part.describe() or 'no data'}); "
            f"widen the window or the filters{_hint(seen, part)}"
        )
    return found


def _hint(tasks: Sequence[Task], part: Part) -> str:
    """What filters by name could have been."""
    words = []
    for name, wanted, values in (
        ("difficulties", part.difficulties, {task.difficulty for task in tasks}),
        ("platforms", part.platforms, {task.platform for task in tasks}),
    ):
        if wanted and values - {""}:
            words.append(f"; its {name} are {', '.join(sorted(values - {''}))}")
    return "".join(words)


def parse_shard(text: str) -> tuple[int, int]:
    """`i/n` as numbers.

    Raises:
        InputError: the text is something else, or i is not in 1..n.
    """
    first, _, second = text.partition("/")
    if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise InputError(f"--shard {text!r}: give i/n with 1 <= i <= n, such as 2/8")


def _is_wanted(task: Task, part: Part) -> bool:
    def listed(value: str, names: Sequence[str]) -> bool:
        return not names or value in names

    return (
        (part.since is None or task.day() >= part.since)
        and (part.before is None or task.day() < part.before)
        and listed(task.difficulty, part.difficulties)
        and listed(task.platform, part.platforms)
        and listed(task.id, part.problems)
    )
