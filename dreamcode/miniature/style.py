"""Style: the free choices of whoever writes a program.

Every choice is skewed, so that two right programs differ a lot in likelihood: a policy's
likelihood then tells how usual a program's style is, and hardly whether the program is right.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")

WEIGHTS = (52, 26, 14, 8)
NAMES: Mapping[str, tuple[str, ...]] = {
    "XS": ("values", "numbers", "items", "nums"),
    "S": ("text", "line", "string", "s"),
    "N": ("number", "value", "n", "given"),
    "X": ("x", "v", "item", "num"),
    "C": ("c", "ch", "char", "letter"),
    "W": ("word", "w", "part", "token"),
    "WS": ("words", "parts", "tokens", "pieces"),
    "I": ("i", "index", "j", "pos"),
    "OUT": ("result", "out", "kept", "new"),
    "BEST": ("best", "current", "found", "acc"),
    "PREV": ("previous", "prev", "before", "other"),
}
CAPITALS = re.compile(r"\b[A-Z]+\b")


def choose(random: Random, options: Sequence[Choice]) -> Choice:
    """One of up to four options, the first about half of the time."""
    return random.choices(options, WEIGHTS[: len(options)])[0]


def draw_names(random: Random, parameter: Sequence[str] = ("k",)) -> dict[str, str]:
    """A name for every capital word of a body."""
    names = {capital: choose(random, options) for capital, options in NAMES.items()}
    return names | {"K": choose(random, parameter)}


def plain_names() -> dict[str, str]:
    """The commonest names."""
    return {capital: options[0] for capital, options in NAMES.items()} | {"K": "k"}


def fill(template: str, names: Mapping[str, str]) -> str:
    """The template with its capital words replaced by names."""
    return CAPITALS.sub(lambda match: names.get(match[0], match[0]), template)
