"""Samples whose input and output stand side by side: columns of text and Markdown tables."""

import re
from collections.abc import Iterator, Sequence

from dreamcode.problems.labels import Kind, Line, read_label

_RULE = re.compile(r"[\s|:+=-]*-[\s|:+=-]*")
_CELL = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAGS = re.compile(r"</?(?:pre|code|tt)>", re.IGNORECASE)
_STDIN_TABLE = re.compile(r"\s*STDIN\s+(?:FUNCTION|Function)\b")

Sides = tuple[str, str]


class UnclearError(ValueError):
    """It looks like samples, and what belongs to which side cannot be told; says why."""


def read_table(lines: Sequence[Line], at: int) -> tuple[list[Sides], int] | None:
    """The rows of a Markdown table whose head, at line `at`, names an input and an output.

    Returns:
        The two sides of each row, and the line behind the table; None where there is no such table.
    """
    head = _cells(lines[at].text)
    if len(head) < 2 or at + 1 >= len(lines) or not _RULE.fullmatch(lines[at + 1].text):
        return None
    kinds = [label.kind if (label := read_label(cell)) else None for cell in head]
    if kinds.count(Kind.INPUT) != 1 or kinds.count(Kind.OUTPUT) != 1:
        return None
    ours, theirs = kinds.index(Kind.INPUT), kinds.index(Kind.OUTPUT)
    end = at + 2
    rows: list[Sides] = []
    while end < len(lines) and "|" in lines[end].text:
        cells = _cells(lines[end].text)
        end += 1
        if _RULE.fullmatch(lines[end - 1].text):
            continue
        if len(cells) != len(head):
            raise UnclearError("a row of their table has another number of cells than its head")
        row = _unpack(cells[ours]), _unpack(cells[theirs])
        if not all(row):
            raise UnclearError("a cell of their table is empty")
        rows.append(row)
    return rows, end


def find_columns(text: str) -> int | None:
    """Where the second of two labels on one line begins, input before output; else None.

    At least two blanks, a tab or a bar must stand between them.
    """
    for gap in re.finditer(r"\t+ *|\s{2,}| *\| *", text.strip(" |")):
        start = len(text) - len(text.lstrip(" |"))
        left, right = text[: start + gap.start()], text[start + gap.end() :]
        one, other = read_label(left), read_label(right)
        if one is None or other is None or one.rest or other.rest or one.number != other.number:
            continue
        if (one.kind, other.kind) == (Kind.INPUT, Kind.OUTPUT):
            return start + gap.end()
    return None


def split_columns(texts: Sequence[str], column: int) -> Sides:
    """The two sides of lines whose right side begins at `column`, or behind a tab.

    Raises:
        UnclearError: a line crosses the border.
    """
    rows = [text for text in texts if text.strip()]
    if any("\t" in row for row in rows):
        pairs = [row.partition("\t")[::2] for row in rows]
        if any("\t" in right.strip("\t") for _, right in pairs):
            raise UnclearError("their two columns are not separated by one tab each")
    else:
        pairs = [_cut(row, column) for row in rows]
    left, right = ([side.strip(" |\t") for side in sides] for sides in zip(*pairs, strict=True))
    return _join_sides(left), _join_sides(right)


def first_column(text: str) -> str:
    """HackerRank's "STDIN  Function" table as what the program reads; other texts as they are.

    Raises:
        UnclearError: a line crosses the border of the columns.
    """
    if not _STDIN_TABLE.match(text):
        return text
    head, *rows = text.splitlines()
    rows = [row for row in rows if not re.fullmatch(r"[\s\-–—]*[-–—][\s\-–—]*", row)]
    return split_columns(rows, head.upper().index("FUNCTION"))[0] if rows else ""


def _cells(text: str) -> list[str]:
    if "|" not in text:
        return []
    inner = text.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip() for cell in _CELL.split(inner)]


def _unpack(cell: str) -> str:
    """A cell's text: `<br>` ends a line, backticks and tags around it go."""
    lines = _TAGS.sub("", _BREAK.sub("\n", cell)).replace("\\|", "|").split("\n")
    return _join_sides([line.strip().strip("`").strip() for line in lines])


def _cut(row: str, column: int) -> Sides:
    """A row at the border of its columns, before which there must be a gap."""
    left, right = row[:column], row[column:]
    if right.strip() and left.strip() and left[-1] not in " |":
        raise UnclearError("a line of their two columns crosses the border")
    return left, right


def _join_sides(lines: Sequence[str]) -> str:
    kept = list(lines)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def iterate_tables(lines: Sequence[Line]) -> Iterator[tuple[int, int, list[Sides]]]:
    """Every table of samples outside fences: its first line, the line behind it, its rows.

    Raises:
        UnclearError: a table cannot be read.
    """
    at = 0
    while at < len(lines):
        found = None if lines[at].fence else read_table(lines, at)
        if found is None:
            at += 1
            continue
        rows, end = found
        yield at, end, rows
        at = end
