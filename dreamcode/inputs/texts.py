"""Inputs for programs that read standard input, made from the samples: their shape, other values.

A number that counts what comes behind it changes together with that, or both stay.
"""

from collections.abc import Callable, Sequence
from random import Random

from dreamcode.inputs.bounds import Bounds, find_bounds, name_columns, widen
from dreamcode.inputs.draw import (
    draw_token,
    draw_word,
    is_integer,
    is_numbering,
    is_sorted,
    reorder,
)
from dreamcode.inputs.grids import Grid, Place, cut, find_counts, join

Line = list["Token"]

MOST_MOVES = 4


class Token(str):
    """A piece of text without spaces, wherever it stands by now.

    Attributes:
        known: those of the samples that stand for the same thing, as far as can be told: all of
            a list, else those in the same column of a table, else those of other samples.
    """

    __slots__ = ("known",)
    known: tuple[str, ...]

    def __new__(cls, text: str, known: Sequence[str]) -> "Token":
        """The text as a token."""
        token = super().__new__(cls, text)
        token.known = tuple(known)
        return token


def mutate_text(samples: Sequence[str], random: Random, statement: str = "") -> str:
    """An input of the shape of one of `samples`, of which there is one at least.

    Args:
        samples: known inputs.
        random: what decides.
        statement: says what numbers may be; "" if unknown.
    """
    grids = [cut(sample) for sample in samples]
    chosen = random.choice(grids)
    bounds = _place_bounds(chosen, statement)
    lines = [
        [
            Token(text, _find_known(chosen, grids, line, column, bounds.get((line, column))))
            for column, text in enumerate(own)
        ]
        for line, own in enumerate(chosen)
    ]
    resizable = _find_resizable(lines)
    for _ in range(random.randint(1, MOST_MOVES)):
        before = [list(line) for line in lines]
        random.choice(_MOVES)(lines, grids, random)
        if _find_resizable(lines) != resizable:  # a number happens to count something else now
            lines = before
    return join(lines)


def _find_resizable(grid: Grid) -> set[Place]:
    return {place for place, count in find_counts(grid).items() if count.kind != "fixed"}


def _place_bounds(grid: Grid, statement: str) -> dict[Place, Bounds]:
    bounds = find_bounds(statement)
    names = name_columns(statement, [len(line) for line in grid])
    return {
        (line, column): bounds[name]
        for line, own in enumerate(names)
        for column, name in enumerate(own)
        if name in bounds
    }


def _find_known(
    grid: Grid, grids: Sequence[Grid], line: int, column: int, bounds: Bounds | None
) -> Sequence[str]:
    known = _find_alike(grid, grids, line, column)
    if bounds is None or not all(map(is_integer, known)):
        return known
    low, high = widen([int(one) for one in known], bounds)
    return [str(low), *known, str(high)]  # what is sorted stays so


def _find_alike(grid: Grid, grids: Sequence[Grid], line: int, column: int) -> Sequence[str]:
    tokens = grid[line]
    if len(tokens) > 2:
        return tokens
    block = [own[column] for own in grid if len(own) == len(tokens)]
    if len(block) > 2:
        return block
    others = [own[line] for own in grids if line < len(own)]
    return [tokens[column], *(own[column] for own in others if len(own) == len(tokens))]


def _change(lines: list[Line], grids: Sequence[Grid], random: Random, *, all_of_line: bool) -> None:
    counts = find_counts(lines)
    free = [
        (line, column)
        for line, tokens in enumerate(lines)
        for column in range(len(tokens))
        if (line, column) not in counts
    ]
    if not free:
        return
    line, chosen = random.choice(free)
    if _is_numbering(lines[line]):
        return
    resize = all(count.kind != "fixed" for count in counts.values())  # words may be counted
    changed = list(lines[line])
    for at, column in free:
        if at == line and (all_of_line or column == chosen):
            changed[column] = _redraw(changed[column], random, resize=resize)
    if len(changed) == 2 and _ascend(grids) and all(map(is_integer, changed)):
        changed.sort(key=int)
    _set(lines, line, changed)


def _redraw(token: Token, random: Random, *, resize: bool) -> Token:
    if resize or all(map(is_integer, token.known)):
        return Token(draw_token(token.known, random), token.known)
    return Token(draw_word([token], random, resize=False), token.known)


def _set(lines: list[Line], line: int, changed: Line) -> None:
    """Puts new tokens into a line, in ascending order where the sample's were."""
    known = changed[0].known
    if all(map(is_integer, (*known, *changed))) and is_sorted(list(map(int, known))):
        changed.sort(key=int)
    lines[line] = changed


def change_one(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """Another token."""
    _change(lines, grids, random, all_of_line=False)


def change_line(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """Other tokens in a whole line."""
    _change(lines, grids, random, all_of_line=True)


def level_line(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """A line of three tokens and more gets the same one everywhere."""
    counts = find_counts(lines)
    for line in random.sample(range(len(lines)), len(lines)):
        counted = any((line, column) in counts for column in range(len(lines[line])))
        if len(lines[line]) > 2 and not counted and not _is_numbering(lines[line]):
            lines[line] = [random.choice(lines[line])] * len(lines[line])
            return


def reorder_line(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """The tokens of a line, in another order."""
    counts = find_counts(lines)
    for line in random.sample(range(len(lines)), len(lines)):
        counted = any((line, column) in counts for column in range(len(lines[line])))
        if len(lines[line]) > 2 and not counted:
            changed = list(lines[line])
            reorder(changed, random)
            _set(lines, line, changed)
            return


def resize_line(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """More or fewer tokens in a line, and in all that are counted by the same number.

    Lines that nothing counts are resized where the samples' own differ in length.
    """
    counts = find_counts(lines)
    if any(count.kind == "fixed" for count in counts.values()):
        return
    counted = [count.lines for count in counts.values() if count.kind == "line"]
    held = {line for count in counts.values() for line in count.lines}
    held |= {line for line, _ in counts}
    loose = [
        (line,)
        for line in range(len(lines))
        if line not in held and len({len(own[line]) for own in grids if line < len(own)}) > 1
    ]
    if not (loose or counted):
        return
    group = random.choice([*loose, *counted])
    if any(not lines[line] or _is_numbering(lines[line]) for line in group):
        return
    width = len(lines[group[0]])
    column, shrinks = random.randrange(width), random.random() < 0.3
    more = random.randint(1, max(3, width))
    for line in group:
        own = lines[line]
        new = [_redraw(random.choice(own), random, resize=True) for _ in range(more)]
        longer = [*own[:column], *new, *own[column:]]
        _set(lines, line, (own[:column] or own) if shrinks else longer)
    for (line, at), count in counts.items():
        if count.lines == group:
            _count_again(lines, line, at, len(lines[group[0]]))


def resize_block(lines: list[Line], grids: Sequence[Grid], random: Random) -> None:
    """More or fewer lines among those that one number counts."""
    counts = find_counts(lines)
    blocks = [place for place, count in counts.items() if count.kind == "block"]
    if not blocks:
        return
    line, at = random.choice(blocks)
    number, shrinks = int(lines[line][at]), random.random() < 0.3
    first = line + 1
    last = first + number
    if shrinks:
        number = random.randint(1, number)
        del lines[first + number : last]
    else:
        more = random.randint(1, max(3, number))
        chosen = [random.randrange(first, last) for _ in range(more)]
        lines[last:last] = [
            [
                token if (row, column) in counts else _redraw(token, random, resize=False)
                for column, token in enumerate(lines[row])
            ]
            for row in chosen
        ]
        number += more
    _count_again(lines, line, at, number)


def _count_again(lines: list[Line], line: int, column: int, number: int) -> None:
    lines[line][column] = Token(str(number), lines[line][column].known)


def _is_numbering(tokens: Sequence[str]) -> bool:
    return all(map(is_integer, tokens)) and is_numbering(list(map(int, tokens)))


def _ascend(grids: Sequence[Grid]) -> bool:
    """Whether pairs of numbers always ascend, as the ends of an interval do."""
    lines = [line for grid in grids for line in grid if len(line) == 2]
    pairs = [line for line in lines if all(map(is_integer, line))]
    return all(int(low) <= int(high) for low, high in pairs)


_MOVES: tuple[Callable[[list[Line], Sequence[Grid], Random], None], ...] = (
    change_one, change_line, level_line, reorder_line, resize_line, resize_block,
)  # fmt: skip
