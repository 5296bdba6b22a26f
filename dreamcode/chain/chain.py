"""A program as the ordered functions it was written in."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One top-level function, or one method of `class Solution`, and what stands above it.

    Attributes:
        name: the function's name; "" where the text holds no function yet.
        source: the exact text, blank lines up to the next step included.
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The ordered steps of a partial or finished program."""

    steps: tuple[Step, ...] = ()

    @property
    def source(self) -> str:
        """The program's text: the steps joined, byte for byte."""
        return "".join(step.source for step in self.steps)

    def prefixes(self) -> Iterator["Chain"]:
        """Steps 1..t for every t from 1 to the whole chain."""
        for length in range(1, len(self.steps) + 1):
            yield Chain(self.steps[:length])
