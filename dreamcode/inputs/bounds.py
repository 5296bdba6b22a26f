"""The least and largest values that constraints in a statement allow, and of what."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

Bounds = tuple[int, int]
"""The least and the largest value."""

_NUMBER = r"-?(?:\d+(?:\*10\^\d+)?)(?:\^\d+)?"
_CONSTRAINTS = re.compile(
    r"constraints?\W*\n(.*?)(?=\n\W*(?:sample|example|input|output)\b|\Z)", re.I | re.S
)
_BETWEEN = re.compile(rf"([A-Za-z]\w*) (?:is|be) an? \w+ between ({_NUMBER}) and ({_NUMBER})\b")
_FORMAT = re.compile(r"(?:following|given).{0,40}format:?\W*?\n(.*?)\n\s*\n", re.I | re.S)
_INDEX = re.compile(r"_\{?[\w,+\-]+\}?$|\[[\w\]\[]*\]$|_\{.*\}$")
_SPELLED = (
    (re.compile(r"\\leqq|\\leqslant|\\leq|\\le\b|≤|≦"), "<="),
    (re.compile(r"\\lt\b"), "<"),
    (re.compile(r"\\times|\\cdot|×"), "*"),
    (re.compile(r"\\,|\\ |\$|`|\*\*|(?<=\d),(?=\d{3})|\{,\}"), ""),
    (re.compile(r"\^\{(\d+)\}"), r"^\1"),
    (re.compile(r"(?<=\d)\s*\*\s*(?=10\^)"), "*"),
)  # fmt: skip
_BULLET = re.compile(r"\s*[-•*]\s+")
_COMMA = re.compile(r",(?![^{]*\})")
_DOTS = re.compile(r"\\[lcd]?dots|…|\.\.\.|⋯")
_DOWN = re.compile(r"\\vdots|⋮|:")


@lru_cache(maxsize=64)  # every mutation asks
def find_bounds(statement: str) -> Mapping[str, Bounds]:
    """Bounds by name, as far as the constraints give both: of a list's items under its own name."""
    section = _CONSTRAINTS.search(statement)
    text = _spell(section[1] if section else statement)
    found: dict[str, Bounds] = {}
    for name, low, high in _BETWEEN.findall(text):
        found[name_base(name)] = _value(low), _value(high)
    for line in text.split("\n"):
        for names, low, high in _read_chain(_BULLET.sub("", line)):
            found |= {name_base(name): (low, high) for name in names}
    return found


def _read_chain(line: str) -> Iterator[tuple[list[str], int, int]]:
    """The names of `1 <= a, b <= 9`, each with the next numbers on both sides."""
    parts = [part.strip() for part in re.split(r"<=|<|==|(?<![<>=])=", line)]
    values = [_value(part) if re.fullmatch(_NUMBER, part) else None for part in parts]
    for place, part in enumerate(parts):
        low = next((value for value in values[:place][::-1] if value is not None), None)
        high = next((value for value in values[place + 1 :] if value is not None), None)
        if values[place] is None and low is not None and high is not None:
            yield [name.strip() for name in _COMMA.split(part)], low, high


def _value(number: str) -> int:
    value = 1
    sign, number = (-1, number[1:]) if number.startswith("-") else (1, number)
    for factor in number.split("*"):
        base, _, power = factor.partition("^")
        value *= int(base) ** min(int(power or 1), 64)
    return sign * value


def name_base(name: str) -> str:
    """The name without what says which of several it is."""
    return _INDEX.sub("", name.strip())


def _spell(text: str) -> str:
    for pattern, plain in _SPELLED:
        text = pattern.sub(plain, text)
    return text


def name_columns(statement: str, widths: Sequence[int]) -> list[list[str]]:
    """The name of each number of an input, by line, as far as the statement's format tells.

    Args:
        statement: the statement.
        widths: how many tokens the input's lines have.
    """
    found = _FORMAT.search(statement)
    rows = [line.split() for line in _spell(found[1]).split("\n") if line.strip()] if found else []
    named: list[list[str]] = []
    for row, following in pairwise([*rows, []]):
        names = list(dict.fromkeys(name_base(one) for one in row if not _DOTS.search(one)))
        width = widths[len(named)] if len(named) < len(widths) else 0
        if _DOWN.fullmatch(row[0]) or not width:
            break
        if any(_DOTS.search(one) for one in row):
            if len(names) > 1:
                break
            names *= width
        if len(names) != width:
            break
        named.append(names)
        if [name_base(one) for one in following] == names or (
            following and _DOWN.fullmatch(following[0])
        ):  # the rows of a table
            for width in widths[len(named) :]:
                if width != len(names):
                    break
                named.append(names)
            break
    return named


def widen(known: Sequence[int], bounds: Bounds) -> Bounds:
    """Somewhat less than the least and more than the largest of known numbers, within bounds."""
    low, high = min(known), max(known)
    span = max(3, high - low, high)
    return min(low, max(bounds[0], low - span)), max(high, min(bounds[1], high + 2 * span))
