"""Samples of standard input as lines of tokens, and what counts what in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dreamcode.inputs.draw import is_integer

Grid = Sequence[Sequence[str]]
Place = tuple[int, int]
"""Line and token."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a number says of what comes behind it.

    Attributes:
        kind: "line": how many tokens `lines` have; "block": how many `lines` there are; "fixed":
            something else, or more than one of these: it and what it may count must stay.
        lines: what it counts.
    """

    kind: Literal["line", "block", "fixed"]
    lines: tuple[int, ...] = ()


def cut(text: str) -> Grid:
    """The lines' tokens; a line that is spaced in an odd way is one token as a whole."""
    lines = text.removesuffix("\n").split("\n")
    return [line.split() if " ".join(line.split()) == line else [line] for line in lines]


def join(grid: Grid) -> str:
    """The text of a grid."""
    return "".join(" ".join(line) + "\n" for line in grid)


def has_shape(text: str, samples: Sequence[str]) -> bool:
    """Whether a text could be an input like `samples`: what they share, it has too.

    That is the number of lines, the number of tokens in each of the first lines, and whether
    these are numbers, as far as several samples agree; of a single one only the numbers count.
    """
    grid, grids = cut(text), [cut(sample) for sample in samples]
    if not text.strip() or not grids:
        return bool(text.strip())
    several = len(grids) > 1
    heights = {len(known) for known in grids}
    if (several and len(heights) == 1 and len(grid) not in heights) or (
        len(grid) < min(2, *heights)
    ):
        return False
    for place, tokens in enumerate(grid[: min(heights)]):
        lines = [known[place] for known in grids]
        widths = {len(line) for line in lines}
        if several and len(widths) == 1 and len(tokens) not in widths:
            return False
        numbers = all(is_integer(token) for line in lines for token in line)
        if numbers and not all(map(is_integer, tokens)):
            return False
    return True


def find_counts(grid: Grid) -> dict[Place, Count]:
    """Places of numbers that count something behind them, or are a bound of what is there."""
    counts: dict[Place, Count] = {}
    data: set[int] = set()  # lines that something counts; they count none but themselves
    for line, tokens in enumerate(grid):
        if len(tokens) > 2 and tokens[0] == str(len(tokens) - 1):
            counts[line, 0] = Count("fixed")
        for column, token in enumerate(tokens):
            count = _count(grid, line, int(token)) if is_integer(token) else None
            if is_integer(token) and _is_length_of_next(grid, line, int(token)):
                counts.setdefault((line, column), Count("fixed"))
            elif count is not None and line not in data and (line, column) not in counts:
                counts[line, column] = count
                data |= set(count.lines)
    return counts


def _count(grid: Grid, line: int, number: int) -> Count | None:
    if number < 1:
        return None
    below = range(line + 1, len(grid))
    words = [one for one in below if not all(map(is_integer, grid[one]))]
    wide = tuple(one for one in below if len(grid[one]) == number > 1)
    long = any(len(grid[one][0]) == number > 1 for one in words if grid[one])
    block = number > 1 and number in (len(below), _height(grid, line + 1))
    if wide and not (long or block):
        return Count("line", wide)
    if block and not (long or wide):
        return Count("block", tuple(below[:number]))
    values = [int(token) for one in below for token in grid[one] if is_integer(token)]
    bound = len(values) > 2 and number >= max(values)
    cases = line == 0 and len(below) > 0 and len(below) % number == 0
    return Count("fixed", wide) if wide or long or block or bound or cases else None


def _is_length_of_next(grid: Grid, line: int, number: int) -> bool:
    """Whether the next line is a single word of so many letters."""
    words = grid[line + 1] if line + 1 < len(grid) else ()
    return len(words) == 1 and len(words[0]) == number > 1 and not is_integer(words[0])


def _height(grid: Grid, first: int) -> int:
    """How many lines from `first` on have as many tokens as that one."""
    last = first
    while last < len(grid) and len(grid[last]) == len(grid[first]):
        last += 1
    return last - first
