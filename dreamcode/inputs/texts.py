"""Inputs for programs that read standard input, made from the samples: their shape, other values.

A number that counts what comes behind it changes together with that, or both stay.
"""

from collections.abc import Callable, Sequence
from random import Random

from dreamcode.inputs.draw import (
    draw_token,
    draw_word,
    is_integer,
    is_numbering,
    is_sorted,
    reorder,
)
from dreamcode.inputs.grids import Grid, cut, find_counts, join

MOST_MOVES = 4


def mutate_text(samples: Sequence[str], random: Random) -> str:
    """An input of the shape of one of `samples`, of which there is one at least."""
    grids = [cut(sample) for sample in samples]
    grid = [list(line) for line in random.choice(grids)]
    for _ in range(random.randint(1, MOST_MOVES)):
        random.choice(_MOVES)(grid, grids, random)
    return join(grid)


def _known(grid: Grid, grids: Sequence[Grid], line: int, column: int) -> list[str]:
    """The tokens that stand for the same thing as one of them, as far as can be told."""
    tokens = grid[line]
    if len(tokens) > 2:
        return tokens
    block = [own[column] for own in grid if len(own) == len(tokens)]
    if len(block) > 2:
        return block
    others = [own[line] for own in grids if line < len(own)]
    return [tokens[column], *(own[column] for own in others if len(own) == len(tokens))]


def _set(grid: Grid, line: int, changed: list[str]) -> None:
    """Puts new tokens into a line, in ascending order where the old ones were."""
    old = grid[line]
    if all(map(is_integer, old)) and is_sorted(list(map(int, old))):
        changed = sorted(changed, key=int)
    grid[line] = changed


def _change(grid: Grid, grids: Sequence[Grid], random: Random, *, all_of_line: bool) -> None:
    counts = find_counts(grid)
    free = [
        (line, column)
        for line, tokens in enumerate(grid)
        for column in range(len(tokens))
        if (line, column) not in counts
    ]
    if not free:
        return
    line, chosen = random.choice(free)
    if _is_numbering(grid[line]):
        return
    resize = all(count.kind != "fixed" for count in counts.values())  # words may be counted
    changed = list(grid[line])
    for at, column in free:
        if at == line and (all_of_line or column == chosen):
            known = _known(grid, grids, line, column)
            numbers = all(map(is_integer, known))
            changed[column] = (
                draw_token(known, random)
                if numbers or resize
                else draw_word([changed[column]], random, resize=False)
            )
    if len(changed) == 2 and _ascend(grids) and all(map(is_integer, changed)):
        changed.sort(key=int)
    _set(grid, line, changed)


def change_one(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """Another token."""
    _change(grid, grids, random, all_of_line=False)


def change_line(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """Other tokens in a whole line."""
    _change(grid, grids, random, all_of_line=True)


def level_line(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """A line of three tokens and more gets the same one everywhere."""
    counts = find_counts(grid)
    for line in random.sample(range(len(grid)), len(grid)):
        counted = any((line, column) in counts for column in range(len(grid[line])))
        if len(grid[line]) > 2 and not counted and not _is_numbering(grid[line]):
            grid[line] = [random.choice(grid[line])] * len(grid[line])
            return


def reorder_line(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """The tokens of a line, in another order."""
    counts = find_counts(grid)
    for line in random.sample(range(len(grid)), len(grid)):
        counted = any((line, column) in counts for column in range(len(grid[line])))
        if len(grid[line]) > 2 and not counted:
            changed = list(grid[line])
            reorder(changed, random)
            _set(grid, line, changed)
            return


def resize_line(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """A token more or less in a line, and in all that are counted by the same number.

    Lines that nothing counts are resized where the samples' own differ in length.
    """
    counts = find_counts(grid)
    if any(count.kind == "fixed" for count in counts.values()):
        return
    counted = [count.lines for count in counts.values() if count.kind == "line"]
    held = {line for lines in counted for line in lines} | {line for line, _ in counts}
    loose = [
        (line,)
        for line in range(len(grid))
        if line not in held and len({len(own[line]) for own in grids if line < len(own)}) > 1
    ]
    if not (loose or counted):
        return
    lines = random.choice([*loose, *counted])
    if any(not grid[line] or _is_numbering(grid[line]) for line in lines):
        return
    width = len(grid[lines[0]])
    column, shrinks = random.randrange(width), width > 1 and random.random() < 0.5
    for line in lines:
        grid[line][column : column + 1] = [] if shrinks else [grid[line][column]] * 2
    for (line, at), count in counts.items():
        if count.lines == lines:
            grid[line][at] = str(width - 1 if shrinks else width + 1)


def resize_block(grid: Grid, grids: Sequence[Grid], random: Random) -> None:
    """A line more or less among those that one number counts."""
    blocks = [place for place, count in find_counts(grid).items() if count.kind == "block"]
    if not blocks:
        return
    line, at = random.choice(blocks)
    number, shrinks = int(grid[line][at]), random.random() < 0.5
    chosen = line + 1 + random.randrange(number)
    if not shrinks or number > 1:
        grid[chosen : chosen + 1] = [] if shrinks else [grid[chosen], [*grid[chosen]]]
        grid[line][at] = str(number - 1 if shrinks else number + 1)


def _is_numbering(tokens: Sequence[str]) -> bool:
    return all(map(is_integer, tokens)) and is_numbering(list(map(int, tokens)))


def _ascend(grids: Sequence[Grid]) -> bool:
    """Whether pairs of numbers always ascend, as the ends of an interval do."""
    lines = [line for grid in grids for line in grid if len(line) == 2]
    pairs = [line for line in lines if all(map(is_integer, line))]
    return all(int(low) <= int(high) for low, high in pairs)


_MOVES: tuple[Callable[[Grid, Sequence[Grid], Random], None], ...] = (
    change_one, change_line, level_line, reorder_line, resize_line, resize_block,
)  # fmt: skip
