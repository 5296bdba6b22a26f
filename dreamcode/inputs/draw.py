"""New numbers, words and orders that look like those that are known."""

import re
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?\d+\.\d+")

_CELLS = "#.*@_"
"""Of what maps are drawn with."""


def draw_number(known: Sequence[int], random: Random) -> int:
    """A number from the range of those that are known; where all are the same, one near to it.

    It does not leave the range: limits of a problem are seldom known, but its samples keep to them.
    """
    low, high = min(known), max(known)
    if low == high:
        low, high = low - 2, high + 2
        if known[0] >= 0:
            low = max(low, min(known[0], 1))
    inside = random.randint(low, high)
    return random.choice((inside, inside, random.choice(known), random.choice((low, high))))


def draw_decimal(known: Sequence[float], random: Random) -> float:
    """A number between those that are known, with as many decimals as Python shows of them."""
    places = max(len(repr(value).partition(".")[2]) for value in known)
    low, high = min(known), max(known)
    return round(random.uniform(low, high) if low < high else low + random.random(), places)


def draw_token(known: Sequence[str], random: Random) -> str:
    """A piece of text without spaces, of the kind that all known ones are."""
    if all(map(_INTEGER.fullmatch, known)):
        return str(draw_number(list(map(int, known)), random))
    if all(_INTEGER.fullmatch(one) or _DECIMAL.fullmatch(one) for one in known):
        places = max(len(one.partition(".")[2]) for one in known)
        return f"{draw_decimal(list(map(float, known)), random):.{places}f}"
    return draw_word(known, random)


def is_integer(token: str) -> bool:
    """Whether it is a whole number, and no text of digits."""
    return _INTEGER.fullmatch(token) is not None


def draw_word(known: Sequence[str], random: Random, *, resize: bool = True) -> str:
    """One of the known words, as it is or changed in a character or two.

    Characters become others of their kind that are known; other signs stay where they are.

    Args:
        known: words like it, one at least.
        random: what decides.
        resize: whether it may get longer or shorter.
    """
    word = random.choice(known)
    letters = sorted({letter for one in known for letter in one})
    lengths = {len(one) for one in known}
    for _ in range(random.randint(0, 2)):
        if not word:
            break
        place = random.randrange(len(word))
        alike = [one for one in letters if kind_of(one) == kind_of(word[place])]
        put = word[place] if kind_of(word[place]) == "sign" else random.choice(alike)
        word = word[:place] + put + word[place + 1 :]
        if resize and len(lengths) > 1 and word.isalnum() and len(word) > 1:
            longer = word[:place] + word[place] + word[place:]
            word = random.choice((word, longer, word[:place] + word[place + 1 :]))
    return word


def kind_of(letter: str) -> str:
    """The kind of a character: others of its kind may stand in its place."""
    if letter in _CELLS:
        return "cell"
    if letter.isdigit():
        return "digit"
    return "letter" if letter.isalpha() else "sign"


def is_numbering(numbers: Sequence[int]) -> bool:
    """Whether these are the numbers from 0 or 1 on, each once, in any order."""
    first = min(numbers, default=0)
    return (
        len(numbers) > 2
        and first in (0, 1)
        and sorted(numbers) == list(range(first, first + len(numbers)))
    )


def is_sorted(numbers: Sequence[float]) -> bool:
    """Whether three numbers or more ascend, which is hardly chance."""
    return len(numbers) > 2 and list(numbers) == sorted(numbers)


def reorder(items: list[Item], random: Random) -> None:
    """Shuffles, turns around, or swaps two neighbours."""
    match random.randrange(3):
        case 0:
            random.shuffle(items)
        case 1:
            items.reverse()
        case _ if len(items) > 1:
            place = random.randrange(len(items) - 1)
            items[place], items[place + 1] = items[place + 1], items[place]
