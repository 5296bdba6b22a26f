"""Whether a printed text is the expected one, by each kind of comparison.

Counts come first: however much was printed, no more of it is cut to pieces or converted than
what the expected text has.
"""

import math
import re
from decimal import Decimal, InvalidOperation

from dreamcode_sandbox.comparison import Comparison

# Not what `float` reads: neither `1_000` nor `nan`. Source: IEEE 754-2008, 5.12.3.
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORD = re.compile(rb"[^ \t\n\r\f\v]+")


def same_output(printed: str, expected: str, by: Comparison = Comparison()) -> bool:
    """Whether what was printed is right; a checker is asked elsewhere."""
    match by.kind:
        case "exact":
            return _unix(printed) == _unix(expected)
        case "tokens" | "floats":
            return same_tokens(printed, expected, by)
        case "unordered" | "unordered-deep":
            return _same_in_some_order(printed, expected, deep=by.kind == "unordered-deep")
    return _same_lines(printed, expected)


def same_tokens(printed: str, expected: str, by: Comparison) -> bool:
    """Whether both have the same words, numbers within the tolerance of "floats".

    Source: Kattis problemtools, support/default_validator; bytes, as there.
    """
    ours, theirs = (text.encode("utf-8", "surrogatepass") for text in (printed, expected))
    wanted = theirs.split()
    words = ours.split(None, len(wanted))
    if len(words) != len(wanted):
        return False
    if by.keep_spaces and _WORD.sub(b"x", ours) != _WORD.sub(b"x", theirs):
        return False
    return all(_same_token(*pair, by) for pair in zip(words, wanted, strict=True))


def near(number: float, expected: float, by: Comparison) -> bool:
    """Whether a number is as near to the expected one as "floats" asks for."""
    distance = abs(number - expected)
    return distance <= by.absolute or distance <= by.relative * abs(expected)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").removesuffix("\n")


def _same_token(word: bytes, wanted: bytes, by: Comparison) -> bool:
    expected = _number(wanted) if by.kind == "floats" else None
    if expected is not None:
        number = _number(word)
        return number is not None and near(number, expected, by)
    # Of bytes, these are ASCII's letters alone.
    return word == wanted or (by.ignore_case and word.lower() == wanted.lower())


def _number(word: bytes) -> float | None:
    value = float(word) if _NUMBER.fullmatch(word) else math.inf
    return value if math.isfinite(value) else None


def _same_in_some_order(printed: str, expected: str, *, deep: bool) -> bool:
    """Words of a single line in any order; of several lines these, and in them words if `deep`."""
    total = len(expected.split())
    if len(printed.split(None, total)) != total:
        return False
    wanted, got = (
        [line.split() for line in text.split("\n") if line.strip()] for text in (expected, printed)
    )
    if deep or len(wanted) == 1:
        wanted, got = ([sorted(line) for line in lines] for lines in (wanted, got))
    return sorted(wanted) == sorted(got)


def _same_lines(printed: str, expected: str) -> bool:
    """Whether two outputs are the same to LiveCodeBench.

    Both are stripped and cut at line feeds, the lines stripped; there must be as many, and
    each must be equal as text or as a list of decimal numbers. No tolerance.
    Source: LiveCodeBench, lcb_runner/evaluation/testing_util.py, `grade_stdio`.
    """
    wanted = expected.strip().split("\n")
    lines = printed.strip().split("\n", len(wanted))
    return len(lines) == len(wanted) and all(map(_same_line, lines, wanted))


def _same_line(line: str, wanted: str) -> bool:
    if line.strip() == wanted.strip():
        return True
    words = wanted.split()
    found = line.split(None, len(words))
    try:
        return len(found) == len(words) and all(
            Decimal(one) == Decimal(other) for one, other in zip(found, words, strict=True)
        )
    except InvalidOperation:  # not a number, or a signalling NaN, which may not be compared
        return False
