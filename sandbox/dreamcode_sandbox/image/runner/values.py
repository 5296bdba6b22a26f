"""What a function returned, as JSON that means the same on the other side."""

import json
import numbers
import sys
from typing import Any


def encode(value: Any) -> bytes:
    """A JSON object: `value`, or `text` (its repr) and `foreign` (why it is no JSON value).

    A tuple counts as a list at the top, and only there: inside, `[(1, 2)]` is not
    `[[1, 2]]`, in Python as in LiveCodeBench. Numbers of other kinds (numpy, Fraction)
    become what they are equal to. What no JSON value can equal is *foreign*.
    """
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    if type(value) is tuple:
        value = list(value)
    try:
        text = json.dumps(value, default=_plain_number)
        same = json.loads(text) == value
    except (TypeError, ValueError):
        same = False
    if type(same) is bool and same:
        return b'{"value": ' + text.encode("ascii") + b"}"
    kind = f"a value that JSON cannot hold ({type(value).__name__})"
    return json.dumps({"text": _shorten(repr(value)), "foreign": kind}).encode("ascii")


def _plain_number(value: Any) -> Any:
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item()
    elif isinstance(value, numbers.Rational) and value.denominator == 1:
        value = value.numerator
    elif isinstance(value, numbers.Number) and not isinstance(value, complex):
        value = float(value)  # type: ignore[arg-type]
    if not isinstance(value, (bool, int, float, str)):
        raise TypeError("not a JSON value")
    return value


def _shorten(text: str) -> str:
    return text if len(text) <= 8000 else text[:4000] + " ... " + text[-4000:]
