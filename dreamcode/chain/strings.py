"""Where a string literal ends, read strictly from left to right."""

import re

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
NEW_STATEMENT = re.compile(
    r"[ \t\f]*+(?:(?:async[ \t]+)?def[ \t]|(?:class|return|import|while|raise|del|global|nonlocal"
    r"|assert|with)[ \t]|(?:try|finally)[ \t]*:|(?:pass|break|continue)[ \t]*[\r\n]|```)"
)
_DEEPEST = 100  # strings within replacement fields; Python itself stops at 150


def string_end(source: str, position: int, depth: int = 0) -> int:
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
            if in_format or NEW_STATEMENT.match(source, position):
                return start
        elif mark in "\"'":
            if source.startswith(quote, start) and (in_format or len(quote) == 3):
                return start
            position = position if in_format else string_end(source, start, depth + 1)
        elif mark[0] == "#" and in_format:
            position = start + 1
    return len(source) if brackets else position
