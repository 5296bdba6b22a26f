"""Kattis's default validator, re-stated: it reads both texts byte by byte, side by side.

Source: Kattis/problemtools, support/default_validator/default_validator.cc, as read in 2026; the
code is our own.
"""

import math
import re
from dataclasses import dataclass

SPACE = b" \t\n\r\f\v"


@dataclass
class Reader:
    """Bytes that are read from the front."""

    data: bytes
    at: int = 0

    def peek(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def get(self) -> bytes:
        self.at += 1
        return self.data[self.at - 1 : self.at]

    def at_space(self) -> bool:
        return self.peek() != b"" and self.peek() in SPACE

    def token(self) -> bytes:
        word = b""
        while self.peek() and not self.at_space():
            word += self.get()
        return word


def accepts(
    team: bytes,
    judge: bytes,
    absolute: float = -1,
    relative: float = -1,
    case_sensitive: bool = False,
    space_change_sensitive: bool = False,
) -> bool:
    """Whether the validator leaves with 42."""
    ours, theirs = Reader(team), Reader(judge)
    while True:
        while theirs.at_space():
            space = theirs.get()
            if space_change_sensitive and ours.get() != space:
                return False
        while ours.at_space():
            if space_change_sensitive:
                return False
            ours.get()
        wanted = theirs.token()
        if not wanted:
            return not ours.token()
        word = ours.token()
        if not word:
            return False
        expected = _float(wanted) if absolute >= 0 or relative >= 0 else None
        if expected is not None:
            number = _float(word)
            if number is None:
                return False
            distance = abs(expected - number)
            if not (distance <= absolute or distance <= relative * abs(expected)):
                return False
        elif case_sensitive:
            if word != wanted:
                return False
        elif _lowered(word) != _lowered(wanted):
            return False


def _float(word: bytes) -> float | None:
    """What `sscanf("%lf")` reads of a whole token, as far as it is finite and decimal."""
    if not re.fullmatch(rb"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?", word):
        return None
    number = float(word.decode())
    return None if math.isinf(number) else number


def _lowered(word: bytes) -> bytes:
    return bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in word)
