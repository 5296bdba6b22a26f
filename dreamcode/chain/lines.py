"""Logical lines of Python text, read strictly from left to right.

Steps are cut where these lines say, and not where a tree says, because half-written text
must be cut exactly as the finished text will be. A parser that recovers from errors looks
ahead: an open docstring or bracket makes it move boundaries it had already found. Here
nothing about a line depends on what comes after it.
"""

import re
from dataclasses import dataclass

from dreamcode.chain.strings import NEW_STATEMENT, string_end

_SPACE = re.compile(r"[ \t\f]*+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_INTERESTING = re.compile(r"""[#"'()\[\]{}\\\r\n]""")
_COMMENT = re.compile(r"#[^\r\n]*+")
_TAB = 8


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One statement head with all its continuation lines, or one comment line.

    Attributes:
        start: offset of its first character, indentation included.
        first: offset of its first character that is not white space.
        end: offset just behind its line end.
        column: its indentation in columns; 0 is top level.
        comments: offsets (start, end) of the comments in it.
        is_comment: whether it is nothing but a comment.
    """

    start: int
    first: int
    end: int
    column: int
    comments: tuple[tuple[int, int], ...]
    is_comment: bool


def logical_lines(source: str) -> list[LogicalLine]:
    """All logical lines of `source` but the blank ones, in order; any text will do."""
    lines: list[LogicalLine] = []
    start = 1 if source.startswith("\ufeff") else 0
    while start < len(source):
        first = _after(_SPACE, source, start)
        if newline := _NEWLINE.match(source, first):
            start = newline.end()
            continue
        if first == len(source):
            break
        # A form feed sends the column back to 0, as in Python's own tokenizer.
        indentation = source[start:first].rpartition("\f")[2]
        end, comments = _read_statement(source, first)
        is_comment = source[first] == "#"
        column = len(indentation.expandtabs(_TAB))
        lines.append(LogicalLine(start, first, end, column, comments, is_comment))
        start = end
    return lines


def _read_statement(source: str, position: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The end of the logical line that begins at `position`, and the comments in it."""
    depth = 0
    comments: list[tuple[int, int]] = []
    while found := _INTERESTING.search(source, position):
        position = found.start()
        character = found[0]
        if newline := _NEWLINE.match(source, position):
            position = newline.end()
            if depth == 0 or NEW_STATEMENT.match(source, position):
                return position, tuple(comments)
        elif character == "#":
            end = _after(_COMMENT, source, position)
            comments.append((position, end))
            position = end
        elif character in "\"'":
            position = string_end(source, position)
        elif character == "\\":
            position += 1
            if newline := _NEWLINE.match(source, position):
                position = newline.end()
                if NEW_STATEMENT.match(source, position):
                    return position, tuple(comments)
        else:
            depth = depth + 1 if character in "([{" else max(depth - 1, 0)
            position += 1
    return len(source), tuple(comments)


def _after(pattern: re.Pattern[str], source: str, position: int) -> int:
    """Where a match of `pattern` at `position` ends; the pattern also matches nothing."""
    found = pattern.match(source, position)
    return found.end() if found else position
