"""Whether a returned JSON value is the expected one, by each kind of comparison."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dreamcode_sandbox.comparison import Comparison
from dreamcode_sandbox.texts import near, same_tokens

_DIGITS = 4_300  # more of them Python converts to an integer in quadratic time, or not at all
_SMALL = 100_000

Alike = Callable[[Any, Any], bool]


def read_value(text: str, expected: Any) -> Any:
    """The value in `text`, what is as long as it cannot be equal to `expected` left unread.

    Raises:
        ValueError, RecursionError: the text is no JSON, or has other parts than `expected`.
    """
    if len(text) > _SMALL and text.count(",") != _count_commas(expected):
        raise ValueError("another number of parts")
    return json.loads(text, parse_int=_read_int)


def same_value(returned: Any, expected: Any, by: Comparison = Comparison()) -> bool:
    """Whether a returned value is right; a checker is asked elsewhere.

    "livecodebench" is Python's `==`: so `1 == true` and `2 == 2.0` hold, `0.1 + 0.2 == 0.3`
    does not, NaN equals nothing.
    """
    if isinstance(expected, tuple):
        expected = list(expected)
    match by.kind:
        case "exact":
            return _agree(returned, expected, _same_kind)
        case "tokens" | "floats":
            return _agree(returned, expected, lambda one, other: _similar(one, other, by))
        case "unordered" | "unordered-deep":
            deep = by.kind == "unordered-deep"
            if isinstance(returned, list) != isinstance(expected, list):
                return False
            if isinstance(returned, list) and len(returned) != len(expected):
                return False
            return bool(_arrange(returned, deep=deep) == _arrange(expected, deep=deep))
    return bool(returned == expected)


def _count_commas(value: Any) -> int:
    """How many commas the value's JSON has, those in its strings included."""
    if isinstance(value, str):
        return value.count(",")
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
        return len(value) // 2 - bool(value) + sum(map(_count_commas, value))
    if isinstance(value, list | tuple):
        return len(value) - bool(value) + sum(map(_count_commas, value))
    return 0


def _read_int(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _DIGITS else Decimal(digits)


def _agree(one: Any, other: Any, leaves: Alike) -> bool:
    """Whether two values have the same form, and what is no list or object in them agrees."""
    pairs = [(one, other)]
    while pairs:  # no recursion: values may be nested more deeply than Python calls
        ours, theirs = pairs.pop()
        if isinstance(ours, list) and isinstance(theirs, list | tuple):
            if len(ours) != len(theirs):
                return False
            pairs += zip(ours, theirs, strict=True)
        elif isinstance(ours, dict) and isinstance(theirs, dict):
            if ours.keys() != theirs.keys():
                return False
            pairs += [(ours[key], theirs[key]) for key in theirs]
        elif not leaves(ours, theirs):
            return False
    return True


def _same_kind(one: Any, other: Any) -> bool:
    kinds = [int if isinstance(value, Decimal) else type(value) for value in (one, other)]
    return kinds[0] is kinds[1] and bool(one == other)


def _similar(one: Any, other: Any, by: Comparison) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return same_tokens(one, other, by)
    if by.kind == "floats" and _is_number(one) and _is_number(other):
        try:
            return one == other or near(float(one), float(other), by)
        except OverflowError:
            return False
    return bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _arrange(value: Any, *, deep: bool) -> Any:
    """A text that is the same for lists with the same items, in whatever order these are."""
    if isinstance(value, list | tuple):
        return sorted(_write(item, deep=deep) for item in value)
    return _write(value, deep=deep)


def _write(value: Any, *, deep: bool) -> str:
    """The value as text, the same for values that Python finds equal."""
    match value:
        case None:
            return "null"
        case str():
            return json.dumps(value)
        case list() | tuple():
            items = [_write(item, deep=deep) for item in value]
            return f"[{','.join(sorted(items) if deep else items)}]"
        case dict():
            pairs = sorted(
                f"{json.dumps(key)}:{_write(item, deep=deep)}" for key, item in value.items()
            )
            return f"{{{','.join(pairs)}}}"
    return "0" if value == 0 else format(Decimal(value), "f")
