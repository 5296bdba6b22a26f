"""What an operation is, and how its table entries are read.

A body is a template of Python statements. Capital words stand for names chosen when a
program is written: `XS` the list, `S` the text, `N` the number the function is given, `K` its
parameter; `X`, `C`, `W`, `I`, `WS`, `OUT`, `BEST`, `PREV` are locals. `«right|wrong|wrong»`
marks the place of a natural mistake: the first alternative is right.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

SITE = re.compile("«(.*?)»", re.DOTALL)


class Kind(StrEnum):
    """What travels between operations."""

    NUMBERS = "numbers"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """The whole number some operations take besides their input.

    Attributes:
        names: what a program may call it.
        values: what a problem may set it to.
    """

    names: tuple[str, ...]
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One thing a problem may ask for; every operation is itself alone, which hashes fast.

    Attributes:
        key: its name, here and, with a prefix of the writer's taste, in programs.
        takes: kind of its input.
        gives: kind of its result.
        wordings: imperative phrases without a full stop, `{k}` the parameter's value.
        bodies: templates of right bodies with their mistakes, commonest first.
        parameter: None when there is none.
    """

    key: str
    takes: Kind
    gives: Kind
    wordings: tuple[str, ...]
    bodies: tuple[str, ...]
    parameter: Parameter | None = None


def operation(
    kinds: tuple[Kind, Kind],
    key: str,
    wordings: str,
    *bodies: str,
    parameter: Parameter | None = None,
) -> Operation:
    """One entry of the tables: wordings are parted by ` / `."""
    return Operation(
        key=key,
        takes=kinds[0],
        gives=kinds[1],
        wordings=tuple(wordings.split(" / ")),
        bodies=bodies,
        parameter=parameter,
    )


@cache
def right_form(body: str) -> str:
    """The body without a mistake."""
    return SITE.sub(lambda match: match[1].split("|")[0], body)


def wrong_forms(body: str) -> Iterator[str]:
    """The body with one mistake, in the order in which they are written."""
    for site in SITE.finditer(body):
        for wrong in site[1].split("|")[1:]:
            before, after = body[: site.start()], body[site.end() :]
            yield right_form(before) + wrong + right_form(after)


def phrase(wording: str, argument: int | str | None) -> str:
    """The wording with the parameter's value, or its name, filled in."""
    return wording if argument is None else wording.format(k=argument)


L_L = (Kind.NUMBERS, Kind.NUMBERS)
L_I = (Kind.NUMBERS, Kind.NUMBER)
I_I = (Kind.NUMBER, Kind.NUMBER)
T_T = (Kind.TEXT, Kind.TEXT)
T_I = (Kind.TEXT, Kind.NUMBER)
T_L = (Kind.TEXT, Kind.NUMBERS)


def limit(low: int, high: int) -> Parameter:
    """A bound on values."""
    return Parameter(("limit", "bound", "threshold", "k"), tuple(range(low, high + 1)))


def count(low: int, high: int) -> Parameter:
    """How many, or how far."""
    return Parameter(("count", "k", "size", "amount"), tuple(range(low, high + 1)))


def factor(low: int, high: int) -> Parameter:
    """What to add, multiply or divide by."""
    return Parameter(("k", "factor", "step", "amount"), tuple(range(low, high + 1)))
