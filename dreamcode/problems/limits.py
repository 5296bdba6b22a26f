"""Limits as people write them: 2, "2 s", "1500 ms", 256, "256 MB", "1 GB"."""

import math
import re
from dataclasses import replace
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import Limits

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\.?\s*", re.IGNORECASE)
_SECONDS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 0.001}
_MEBIBYTES = {
    **dict.fromkeys(("m", "mb", "mib", "megabyte", "megabytes"), 1.0),
    **dict.fromkeys(("g", "gb", "gib"), 1024.0),
    **dict.fromkeys(("k", "kb", "kib"), 1 / 1024),
}


def read_seconds(value: Any, where: str) -> float:
    """Seconds from a number or a text such as "2 s".

    Raises:
        InputError: the value is neither, or not above zero.
    """
    return _read(value, _SECONDS, "s", f"{where} is {shown(value)}; write seconds, as 2 or '2 s'.")


def read_memory_mb(value: Any, where: str) -> int:
    """MiB, rounded up, from a number or a text such as "256 MB".

    Raises:
        InputError: the value is neither, or not above zero.
    """
    message = f"{where} is {shown(value)}; write MiB, as 256 or '256 MB'."
    return math.ceil(_read(value, _MEBIBYTES, "mb", message))


def make_limits(seconds: float | None, memory_mb: int | None) -> Limits:
    """`Limits` with the defaults where nothing is said."""
    default = Limits()
    return Limits(
        seconds=default.seconds if seconds is None else seconds,
        memory_mb=default.memory_mb if memory_mb is None else memory_mb,
    )


def limit_time(problem: Problem, seconds: float | None) -> Problem:
    """The problem with another time limit; None keeps its own."""
    if seconds is None:
        return problem
    return replace(problem, limits=replace(problem.limits, seconds=seconds))


def _read(value: Any, units: dict[str, float], unit: str, message: str) -> float:
    if isinstance(value, str) and (match := _QUANTITY.fullmatch(value)):
        factor = units.get((match[2] or unit).lower(), 0.0)
        amount = float(match[1]) * factor
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = float(value)
    else:
        amount = 0.0
    if not 0 < amount < math.inf:
        raise InputError(message)
    return amount
