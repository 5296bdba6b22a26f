"""Which compositions of operations belong to which split."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

WORLD_SEED = 2024
SHARES = {"train": 70, "meta": 10, "validation": 10, "test": 10}


class Split(StrEnum):
    """The four parts of the world. Their compositions are disjoint."""

    TRAIN = "train"
    META = "meta"
    VALIDATION = "validation"
    TEST = "test"


def fixed_number(*parts: object) -> int:
    """A number that depends on nothing but the parts: the same on every machine."""
    text = "\x1f".join(map(str, (WORLD_SEED, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def split_of(composition: Sequence[str]) -> Split:
    """The split that owns a sequence of operation keys."""
    place = fixed_number("split", *composition) % 100
    for name, share in SHARES.items():
        if place < share:
            return Split(name)
        place -= share
    raise AssertionError("the shares add up to 100")
