"""The worlds there are: the same operations and mistakes, other lengths and public tests."""

from collections.abc import Mapping
from dataclasses import dataclass

from dreamcode.errors import InputError


@dataclass(frozen=True, slots=True)
class World:
    """What problems of a world are like.

    Attributes:
        name: its name, also as a data set and in the ids of its problems.
        words: what it is, for lists.
        lengths: numbers of operations in a problem, with their weights.
        weak_tests: whether the public tests are those that tell the least.
    """

    name: str
    words: str
    lengths: Mapping[int, float]
    weak_tests: bool = False


MINIATURE = World(
    "miniature",
    "the embedded models' own world, chains of 4 to 8 functions",
    {2: 10, 3: 28, 4: 32, 5: 20, 6: 10},
)
WEAK = World(
    "miniature-weak",
    "those of miniature with one public test, which tells little",
    MINIATURE.lengths,
    weak_tests=True,
)
LONG = World(
    "miniature-long",
    "chains of 7 to 10 functions, with one public test, which tells little",
    {5: 20, 6: 25, 7: 30, 8: 25},
    weak_tests=True,
)
WORLDS = {world.name: world for world in (MINIATURE, WEAK, LONG)}


def find_world(name: str) -> World:
    """The world of that name.

    Raises:
        InputError: there is none.
    """
    if name not in WORLDS:
        raise InputError(f"there is no world {name!r}; choose one of {', '.join(WORLDS)}")
    return WORLDS[name]
