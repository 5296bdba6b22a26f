"""Logical lines of Python text, read strictly from left to right.

Steps are cut where these lines say, and not where a tree says, because half-written text
must be cut exactly as the finished text will be. A parser that recovers from errors looks
ahead: an open docstring or bracket makes it move boundaries it had already found. Here
nothing about a line depends on what comes after it.
"""

import re
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\f]*+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_INTERESTING = re.compile(r"""[#"'()\[\]{}\\\r\n]""")
_COMMENT = re.compile(r"#[^\r\n]*+")
# What follows the opening quote; an open string runs to the end of the text (of the line,
# for the quotes that may not span lines).
_BODY = {
    '"""': re.compile(r'[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?', re.DOTALL),
    "'''": re.compile(r"[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?", re.DOTALL),
    '"': re.compile(r'[^"\\\r\n]*+(?:\\(?:\r\n|.)[^"\\\r\n]*+)*+"?', re.DOTALL),
    "'": re.compile(r"[^'\\\r\n]*+(?:\\(?:\r\n|.)[^'\\\r\n]*+)*+'?", re.DOTALL),
}
_FORMATTED = re.compile(r"(?<!\w)(?:[fFtT][rR]?|[rR][fFtT])\Z")
_IN_TEXT = re.compile(r"""\\(?:\r\n|N\{[^}"'\r\n]*+\}|[^{])?|\{\{|[{"'\r\n]""", re.DOTALL)
_IN_FIELD = re.compile(r"""[()\[\]{}:"'\r\n]|#[^\r\n]*+""")
# No expression holds these words, so where one begins a line, a bracket, a backslash or a
# brace before it was a mistake and is over. A code fence is no Python at all.
_NEW_STATEMENT = re.compile(
    r"[ \t\f]*+(?:(?:async[ \t]+)?def[ \t]|(?:class|return|import|while|raise|del|global|nonlocal"
    r"|assert|with)[ \t]|(?:try|finally)[ \t]*:|(?:pass|break|continue)[ \t]*[\r\n]|```)"
)
_DEEPEST = 100  # strings within replacement fields; Python itself stops at 150
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
            if depth == 0 or _NEW_STATEMENT.match(source, position):
                return position, tuple(comments)
        elif character == "#":
            end = _after(_COMMENT, source, position)
            comments.append((position, end))
            position = end
        elif character in "\"'":
            position = _string_end(source, position)
        elif character == "\\":
            position += 1
            if newline := _NEWLINE.match(source, position):
                position = newline.end()
                if _NEW_STATEMENT.match(source, position):
                    return position, tuple(comments)
        else:
            depth = depth + 1 if character in "([{" else max(depth - 1, 0)
            position += 1
    return len(source), tuple(comments)


def _string_end(source: str, position: int, depth: int = 0) -> int:
    """The offset just behind the string whose first quote stands at `position`.

    Strings inside replacement fields may have the quotes of the one around them (PEP 701).
    """
    quote = source[position]
    if source.startswith(quote * 3, position):
        quote *= 3
    start = position + len(quote)
    if depth < _DEEPEST and _FORMATTED.search(source, max(position - 3, 0), position):
        return _formatted_end(source, start, quote, depth)
    found = _BODY[quote].match(source, start)
    return found.end() if found else start


def _formatted_end(source: str, position: int, quote: str, depth: int) -> int:
    """The end of an f-string or t-string in whose text `position` is."""
    while found := _IN_TEXT.search(source, position):
        position = found.end()
        if source.startswith(quote, found.start()):
            return found.start() + len(quote)
        if found[0] in "\r\n" and len(quote) == 1:
            return found.start()
        if found[0] == "{":
            position = _field_end(source, position, quote, depth)
    return len(source)


def _field_end(source: str, position: int, quote: str, depth: int) -> int:
    """Where the replacement field around `position` is over, or the string around that."""
    brackets, in_format = 1, False
    while brackets and (found := _IN_FIELD.search(source, position)):
        start, position = found.span()
        mark = found[0]
        in_format = brackets == 1 and (in_format or mark == ":")
        if mark in "([{":
            brackets += 1
        elif mark in ")]}":
            brackets -= 1
        elif mark in "\r\n" and len(quote) == 1:
            if in_format or _NEW_STATEMENT.match(source, position):
                return start
        elif mark in "\"'":
            if source.startswith(quote, start) and (in_format or len(quote) == 3):
                return start
            position = position if in_format else _string_end(source, start, depth + 1)
        elif mark[0] == "#" and in_format:
            position = start + 1
    return len(source) if brackets else position


def _after(pattern: re.Pattern[str], source: str, position: int) -> int:
    """Where a match of `pattern` at `position` ends; the pattern also matches nothing."""
    found = pattern.match(source, position)
    return found.end() if found else position
