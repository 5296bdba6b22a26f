"""Source text to steps."""

import re
from dataclasses import dataclass

from dreamcode.chain.chain import Chain, Step
from dreamcode.chain.lines import logical_lines

_FUNCTION = re.compile(r"(?:async[ \t\f]+)?def[ \t\f]+(\w*)")
_SOLUTION = re.compile(r"class[ \t\f]+Solution\b")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a step's function begins.

    Attributes:
        name: the function's name; "" if it is not written yet.
        start: where the step begins: the first line above the function that is not blank
            and belongs to nothing else.
        line: where the line with `def` begins.
        column: indentation of the `def`; more than 0 for a method.
    """

    name: str
    start: int
    line: int
    column: int


def parse(source: str) -> Chain:
    """Cuts a program, finished or not, correct or not, into its steps.

    A step is one top-level function, or one method of a top-level `class Solution`, with
    everything that stands between it and the function before: imports, constants, comments,
    decorators, module code, the header of `class Solution`, whole classes of other names.
    What follows the last function belongs to the last step, and so do blank lines to the
    step before them. Functions inside other statements (`if`, `try`, functions) are no steps.
    A text without any function is one step named ""; an empty text has none.

    The steps' text joined is `source`, for any string. A cut depends on nothing behind the
    `def` that causes it: the steps of `source[:k]` but the last are the first steps of
    `source`, and that last one begins where the step of `source` in its place begins.
    """
    if not source:
        return Chain()
    found = heads(source)
    if not found:
        return Chain((Step("", source),))
    starts = [head.start for head in found]
    ends = [*starts[1:], len(source)]
    return Chain(
        tuple(
            Step(head.name, source[start:end])
            for head, start, end in zip(found, starts, ends, strict=True)
        )
    )


def heads(source: str) -> list[Head]:
    """The functions that make a step each, in order; the first one's step begins at 0."""
    found: list[Head] = []
    above: int | None = 0  # where the next step would begin; None inside a function's body
    only_comments = False  # nothing but comments since `above`: the body may still go on
    body_column = -1  # `def` column of the last function
    in_solution = False
    method_column: int | None = None
    for line in logical_lines(source):
        if line.is_comment:
            if above is None and line.column <= body_column:
                above, only_comments = line.start, True
            continue
        if line.column > body_column and (above is None or only_comments):
            above, only_comments = None, False
            continue
        if above is None:
            above = line.start
        only_comments = False
        if line.column == 0:
            in_solution = _SOLUTION.match(source, line.first) is not None
            method_column = None
        elif in_solution and method_column is None:
            method_column = line.column
        is_step = line.column == 0 or (in_solution and line.column <= (method_column or 0))
        if is_step and (function := _FUNCTION.match(source, line.first)):
            found.append(Head(function[1], above, line.start, line.column))
            above, body_column = None, line.column
    return found
