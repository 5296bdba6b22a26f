"""What a function returned, as JSON that means the same on the other side."""

import json
import math
import numbers
import sys
from typing import Any


def encode(value: Any) -> bytes:
    """A JSON object: `value`, or `text` (its repr) and `foreign` (why it is no JSON value).

    A tuple, a named one too, counts as a list at the top, and only there: inside, `[(1, 2)]`
    is not `[[1, 2]]`, in Python as in LiveCodeBench. Numbers of other kinds (numpy, Fraction,
    Decimal, complex ones that are real) become what they are equal to. What no JSON value can
    equal is *foreign*, arrays of numpy among it.
    """
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    if isinstance(value, tuple):
        value = list(value)
    try:
        text = json.dumps(value, default=_plain)
        # As members of lists they are compared by what `==` comes to, which need be no bool.
        same = [json.loads(text)] == [value]
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        same = False
    if same:
        return b'{"value": ' + text.encode("ascii") + b"}"
    kind = f"a value that JSON cannot hold ({type(value).__name__})"
    return json.dumps({"text": _show(value), "foreign": kind}).encode("ascii")


def _plain(value: Any) -> bool | int | float | str:
    """What JSON has for a number that it does not know.

    Raises:
        TypeError: it is none, or has no equal there.
    """
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        value = value.item()  # a scalar of numpy; a longdouble stays what it is
    if isinstance(value, complex) and not value.imag:
        value = value.real
    elif isinstance(value, numbers.Number) and not isinstance(value, (complex, float)):
        try:
            near = float(value)  # type: ignore[arg-type]
        except OverflowError:
            near = math.inf
        # A float would lose digits of whole numbers.
        value = near if near == value else int(value)  # type: ignore[call-overload,comparison-overlap]
    if not isinstance(value, (bool, int, float, str)):
        raise TypeError("not a JSON value")
    return value


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # nested too deeply, or an object whose own way of showing itself fails
        text = object.__repr__(value)
    return text if len(text) <= 8000 else text[:4000] + " ... " + text[-4000:]
