"""How an answer is compared with the expected one: a property of each test."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "livecodebench", "exact", "tokens", "floats", "unordered", "unordered-deep", "checker"
]


@dataclass(frozen=True, slots=True)
class Checker:
    """A program of the problem's author that says whether an output is right.

    Attributes:
        name: its file, for people.
        source: its text, which is Python.
        modules: name and text of what it imports from beside itself.
        arguments: what its command line gets behind the three usual ones.
    """

    name: str
    source: str
    modules: tuple[tuple[str, str], ...] = ()
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What counts as the right answer. docs/judging.md says what each kind accepts.

    Attributes:
        kind: the rule.
        absolute: for "floats", how far a number may be off.
        relative: for "floats", the same as a share of the expected number; one of the two
            is enough.
        ignore_case: for "tokens" and "floats", whether `No` is `NO`.
        keep_spaces: for "tokens" and "floats", whether white space has to be the same.
        checker: for "checker", the program that decides.
    """

    kind: Kind = "livecodebench"
    absolute: float = 0.0
    relative: float = 0.0
    ignore_case: bool = False
    keep_spaces: bool = False
    checker: Checker | None = None
