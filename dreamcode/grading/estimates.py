"""Estimates and comparisons as the cells of a Markdown table."""

from collections.abc import Mapping, Sequence
from typing import Any


def format_estimate(estimate: Mapping[str, Any] | None, *, sign: bool = False) -> str:
    """An estimate with its interval; "-" where there is none.

    Args:
        estimate: the fields of `dreamcode.grading.statistics.Estimate`.
        sign: whether positive numbers get a plus, as differences do.
    """
    if estimate is None:
        return "-"
    form = "+.3f" if sign else ".3f"
    return f"{estimate['value']:{form}} [{estimate['low']:{form}}, {estimate['high']:{form}}]"


def format_difference(difference: Mapping[str, Any] | None) -> str:
    """A paired difference with its interval and the p of its exact McNemar test.

    Args:
        difference: the fields of an `Estimate`, and those of a `Disagreement` as "mcnemar".
    """
    if difference is None:
        return "-"
    p_value = difference["mcnemar"]["p_value"]
    return f"{format_estimate(difference, sign=True)}, p = {p_value:.2g}"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table without a newline at its end."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
