"""Programs that stand in prose without any fence."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from dreamcode.chain.indentation import dedent, margin_of
from dreamcode.chain.syntax import first_error_line, is_cut, parse_module

# Lines that no prose has, and lines that may stand between them in code.
_HEAD = re.compile(
    r"[ \t]*(?:import[ \t]+\w+[\w., \t]*$|from[ \t]+[\w.]+[ \t]+import\b|@\w"
    r"|(?:async[ \t]+)?def[ \t]+\w+[ \t]*[(\[]|class[ \t]+\w+[ \t]*[:(\[]"
    r"|for[ \t][^.]*[ \t]in[ \t].*:$|[\w.]+(?:\[.*\])?[ \t]*=[ \t]*[\w\[({\"'-]|print\()"
)
_BETWEEN = re.compile(
    r"\s*$|[ \t]|[#@)\]}]|\"\"\"|'''|[\w.]+\(|(?:if|while|with|try|elif|else|except|finally)\b.*:$"
)
_FEW = 64  # lines to try first, since a mistake in prose is soon found
_PATIENCE = 8  # how often a line is read, on average, for brackets and strings that stay open


@dataclass(frozen=True, slots=True)
class Run:
    """Lines that are a program, one below the other.

    Attributes:
        first: number of the first line, from 0.
        end: number of the line behind the last.
        text: the lines without the indentation that they share.
    """

    first: int
    end: int
    text: str


def programs_in(lines: list[str]) -> Iterator[Run]:
    """The longest runs of lines that parse and do more than name values, in order.

    Where code that does not parse goes on above or below a run, as a function with a mistake
    or one that was never finished does, it is part of the run, which then does not parse: a
    program that has lost a function would pass for a whole one.
    """
    runs = list(_runs(lines)) or _broken(lines)
    taken = 0
    for number, run in enumerate(runs):
        if run.first < taken:
            continue
        first = _head_above(lines, run.first, taken)
        taken = _end_of_code(lines, run.end, runs[number + 1 :], is_broken=first < run.first)
        if (first, taken) == (run.first, run.end):
            yield run
        else:
            text = dedent("\n".join(lines[first:taken]))
            yield Run(first, taken, text.rstrip("\n") + "\n")


def looks_like_code(text: str) -> bool:
    """Whether some line of `text` is one that no prose has."""
    return any(map(_HEAD.match, text.split("\n")))


def does_something(source: str) -> bool:
    """Whether `source` parses and is more than names, values and annotations."""
    tree = parse_module(source)
    return tree is not None and any(not _is_bare(node) for node in tree.body)


def _runs(lines: list[str]) -> Iterator[Run]:
    start = 0
    patience = _PATIENCE * len(lines)
    while start < len(lines):
        region = _region(lines, start, _FEW)
        while len(region) >= _FEW and patience > 0 and is_cut("\n".join(region)):
            patience -= len(region)
            more = _region(lines, start, 2 * len(region))
            if len(more) == len(region):
                break
            region = more
        length = _run_length(region)
        if run := _without_bare_ends(start, region[:length]):
            yield run
        start += max(length, 1)


def _broken(lines: list[str]) -> list[Run]:
    """Where a program begins of which nothing parses."""
    first = next((n for n, line in enumerate(lines) if _HEAD.match(line)), None)
    return [] if first is None else [Run(first, first, "")]


def _region(lines: list[str], start: int, most: int) -> list[str]:
    """The lines from `start` on that are indented at least as it is, without that indentation."""
    margin = margin_of(lines[start])
    inside = takewhile(
        lambda line: line.startswith(margin) or not line.strip(), islice(lines, start, start + most)
    )
    return [line.removeprefix(margin) for line in inside]


def _run_length(lines: list[str]) -> int:
    """How many of the first lines parse together, at most."""
    length = len(lines)
    while length:
        error = first_error_line("\n".join(lines[:length]))
        if error is None:
            break
        # What parses ends above the error; the error may also stem from a line further up.
        length = min(error, length) - 1
    return length


def _without_bare_ends(start: int, lines: list[str]) -> Run | None:
    """The run without names and values at its ends: words of prose that happen to parse."""
    tree = parse_module("\n".join(lines))
    body = tree.body if tree else []
    real = [node for node in body if not _is_bare(node)]
    if not real:
        return None
    first = _first_line(real[0]) - 1
    index = body.index(real[0])
    above = _last_line(body[index - 1]) if index else 0
    comments = next((n for n in range(above, first) if lines[n].strip()), first)
    end = _last_line(real[-1])
    return Run(start + comments, start + end, "\n".join(lines[comments:end]) + "\n")


def _head_above(lines: list[str], first: int, limit: int) -> int:
    """Where code that goes on into line `first` without prose between them begins."""
    found = number = first
    while number > limit and _is_code(lines[number - 1]):
        number -= 1
        if _HEAD.match(lines[number]):
            found = number
    return found


def _end_of_code(lines: list[str], end: int, following: list[Run], *, is_broken: bool) -> int:
    """Where code is over that ends before line `end` or, if it is broken, goes on there."""
    for run in following:
        grown = _end_below(lines, end, run.first)
        is_broken = is_broken or grown > end
        if not is_broken or not all(map(_is_code, lines[grown : run.first])):
            return grown
        end = run.end
    return _end_below(lines, end, len(lines))


def _end_below(lines: list[str], end: int, limit: int) -> int:
    """Where code that goes on from the line before `end` without prose between them ends."""
    code = list(takewhile(lambda number: _is_code(lines[number]), range(end, limit)))
    if not any(_HEAD.match(lines[number]) for number in code):
        return end
    return max(number for number in code if lines[number].strip()) + 1


def _is_code(line: str) -> bool:
    return _HEAD.match(line) is not None or _BETWEEN.match(line) is not None


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _is_bare(node: ast.stmt) -> bool:
    """Whether a statement does nothing: values without a call, `word: word`, a lone `pass`."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    calls = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    if not isinstance(node, ast.Expr):
        return False
    # "- It is f(n)" is an item of a list.
    return isinstance(node.value, ast.UnaryOp | ast.Compare) or not any(
        isinstance(part, calls) for part in ast.walk(node)
    )
