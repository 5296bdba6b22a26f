"""What the samples of a problem have in common beyond their shape; inputs of our own keep to it.

A fact is a name for something that holds of an input, such as that its first number is no larger
than the length of its second list. Limits of a problem are seldom known, but where all of several
samples agree on a fact, it is more likely a rule of the problem than chance.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from dreamcode.inputs.draw import is_integer
from dreamcode.inputs.grids import Grid, cut
from dreamcode.problems import Problem
from dreamcode_sandbox.cases import StdinTest, Test

Fact = tuple[Hashable, ...]
Sizes = Mapping[tuple[str, *tuple[int, ...]], int | float]
"""Numbers that are in an input, and how long and how large its lists are."""

NARROW = 4
"""Tokens of a line, or of a row of a table, that may each stand for something else."""
HEAD = 6
"""Lines that may each stand for something else."""

_DISTINCT = re.compile(
    r"distinct|unique|permutation|pairwise|different|duplicate|at most once|\\neq?\b|!=|≠", re.I
)
_INNER = ("least", "most")


def find_common(problem: Problem, samples: Sequence[Test]) -> set[Fact]:
    """The facts that an input of `problem` must share, as far as its samples tell.

    One sample says nothing. That lists hold nothing twice is only believed where the statement
    has a word for it.
    """
    if len(samples) < 2:
        return set()
    common = set.intersection(*map(find_facts, samples))
    if not _DISTINCT.search(problem.statement):
        common = {fact for fact in common if fact[0] != "distinct"}
    return common


def find_facts(test: Test) -> set[Fact]:
    """What holds of a test's input."""
    if isinstance(test, StdinTest):
        grid = cut(test.input)
        facts, sizes = set(_tell_rows(grid)), dict(_measure_lines(grid))
    else:
        facts, sizes = set(_tell_values(test.arguments)), dict(_measure_values(test.arguments))
    return facts | set(_compare(sizes))


def _compare(sizes: Sizes) -> Iterator[Fact]:
    for one, other in combinations(sizes, 2):
        if one[0] in _INNER and other[0] in _INNER:
            continue  # what two lists hold is seldom compared
        low, high = (one, other) if sizes[one] <= sizes[other] else (other, one)
        yield "<=", low, high
        if sizes[low] < sizes[high]:
            yield "<", low, high
        else:
            yield "<=", high, low
    yield from (("length", name, size) for name, size in sizes.items() if name[0] == "length")


def _measure_values(arguments: Sequence[Any]) -> Iterator[tuple[tuple[str, int], int | float]]:
    for place, value in enumerate(arguments):
        if type(value) in (int, float):
            yield ("value", place), value
        elif isinstance(value, list | str):
            yield ("length", place), len(value)
            rows = value if all(isinstance(row, list) for row in value) else [value]
            numbers = [item for row in rows for item in row if type(item) in (int, float)]
            if numbers:
                yield ("least", place), min(numbers)
                yield ("most", place), max(numbers)


def _tell_values(arguments: Sequence[Any]) -> Iterator[Fact]:
    for place, value in enumerate(arguments):
        if isinstance(value, list) and value:
            yield from ((*fact, place) for fact in _tell_list(value))
        if isinstance(value, str | list) and (words := _words(value)):
            yield from _tell_signs(words)


def _tell_list(items: Sequence[Any]) -> Iterator[Fact]:
    if len({str(item) for item in items}) == len(items):
        yield ("distinct",)
    rows = [row for row in items if isinstance(row, list)]
    if len(rows) == len(items) and {len(row) for row in rows} == {len(rows)}:
        yield ("square",)
    if len(rows) == len(items) and len(widths := {len(row) for row in rows}) == 1:
        if max(widths) <= NARROW and all(type(item) is int for row in rows for item in row):
            yield from _order_columns(rows)


def _order_columns(rows: Sequence[Sequence[int]]) -> Iterator[Fact]:
    for one, other in combinations(range(len(rows[0])), 2):
        if all(row[one] <= row[other] for row in rows):
            yield "columns", "<=", one, other
        if all(row[one] != row[other] for row in rows):
            yield "columns", "!=", one, other


def _words(value: str | list[Any]) -> list[str]:
    parts = [value] if isinstance(value, str) else value
    return [part for part in parts if isinstance(part, str)]


def _tell_signs(words: Iterable[str]) -> Iterator[Fact]:
    """Letters and signs that are there just once, as the start in a map is."""
    found = Counter(letter for word in words for letter in word if not letter.isdigit())
    yield from (("once", letter) for letter, number in found.items() if number == 1)


def _measure_lines(grid: Grid) -> Iterator[tuple[tuple[str, int, int], int]]:
    yield ("length", -1, 0), len(grid)
    for line, tokens in enumerate(grid[:HEAD]):
        numbers = [int(token) for token in tokens if is_integer(token)]
        if len(numbers) < len(tokens):
            if len(tokens) == 1:
                yield ("length", line, 0), len(tokens[0])
            continue
        if len(numbers) <= NARROW:
            yield from ((("value", line, at), number) for at, number in enumerate(numbers))
        if numbers:
            yield ("length", line, 1), len(numbers)
            yield ("least", line, 0), min(numbers)
            yield ("most", line, 0), max(numbers)
    below = [int(token) for line in grid[1:] for token in line if is_integer(token)]
    if below:
        yield ("least", -1, 0), min(below)
        yield ("most", -1, 0), max(below)


def _tell_rows(grid: Grid) -> Iterator[Fact]:
    below = [line for line in grid[1:] if line]
    for line, tokens in enumerate(grid[:HEAD]):
        if len(tokens) > 1 and len(set(tokens)) == len(tokens):
            yield "distinct", line
    if len({tuple(line) for line in below}) == len(below):
        yield "distinct", "rows"
    rows = [line for line in below if len(line) == len(below[-1]) and all(map(is_integer, line))]
    if rows and len(rows[0]) <= NARROW:
        yield from _order_columns([list(map(int, row)) for row in rows])
    if any(not all(map(is_integer, line)) for line in below):
        yield from _tell_signs(token for line in below for token in line)
