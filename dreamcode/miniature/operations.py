"""What an operation is, and all of them, read from `operations.yaml`.

A body is a template of Python statements. Capital words stand for names chosen when a
program is written: `XS` the list, `S` the text, `N` the number the function is given, `K` its
parameter; `X`, `C`, `W`, `I`, `WS`, `OUT`, `BEST`, `PREV` are locals. `«right|wrong|wrong»`
marks the place of a natural mistake: the first alternative is right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

SITE = re.compile("«(.*?)»", re.DOTALL)
PARAMETERS = {
    "limit": ("limit", "bound", "threshold", "k"),  # a bound on values
    "count": ("count", "k", "size", "amount"),  # how many, or how far
    "factor": ("k", "factor", "step", "amount"),  # what to add, multiply or divide by
}
"""What a program may call a parameter, by what it means."""


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


def read_operations() -> tuple[Operation, ...]:
    """The table: of each entry its key, kinds, wordings, bodies and parameter."""
    text = resources.files(__package__).joinpath("operations.yaml").read_text("utf-8")
    return tuple(
        Operation(
            entry["key"],
            Kind(entry["takes"]),
            Kind(entry["gives"]),
            tuple(entry["wordings"]),
            tuple(entry["bodies"]),
            _read_parameter(entry["parameter"]) if "parameter" in entry else None,
        )
        for entry in yaml.safe_load(text)
    )


def _read_parameter(entry: Mapping[str, Any]) -> Parameter:
    return Parameter(PARAMETERS[entry["means"]], tuple(range(entry["from"], entry["to"] + 1)))


def phrase(wording: str, argument: int | str | None) -> str:
    """The wording with the parameter's value, or its name, filled in."""
    return wording if argument is None else wording.format(k=argument)


OPERATIONS = read_operations()
