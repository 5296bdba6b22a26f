"""Values and argument lists as problem statements write them."""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

_NAMES = {"true": True, "false": False, "null": None, "none": None}
_NAMED = re.compile(r"\s*(\w+)\s*=(?!=)")
_CLOSERS = {"[": "]", "(": ")", "{": "}"}


def parse_value(text: str, annotation: str = "") -> Any:
    """One JSON value, or one Python literal as far as JSON can say it.

    Where `annotation` says `str`, text without quotes is a string too.

    Raises:
        ValueError: the text is neither.
    """
    text = text.strip()
    try:
        value = _parse(text, words="str" in annotation)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        if annotation != "str" or not text or text[0] in "\"'":
            raise ValueError(f"{text[:60]!r} is no JSON value and no Python literal") from None
        return text
    unquoted = annotation == "str" and not isinstance(value, str)
    return text if unquoted else value


def split_arguments(text: str) -> list[tuple[str, str]]:
    """An argument list as (name, text of the value) pairs, nothing parsed yet.

    `nums = [1,2], k = 3` gives two names. Without names the values stand one per line, or
    separated by commas, and each name is "".
    """
    if _NAMED.match(text):
        pieces = re.split(r"\0", _mark_commas(text, before=_NAMED))
        named = [_NAMED.match(piece) for piece in pieces]
        return [
            (match[1], piece[match.end() :].strip())
            for piece, match in zip(pieces, named, strict=True)
            if match is not None
        ]
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = _mark_commas(text).split("\0")
    return [("", line.strip()) for line in lines]


def is_named(text: str) -> bool:
    """Whether the text begins like `name = value`."""
    return _NAMED.match(text) is not None


def _parse(text: str, *, words: bool) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        with warnings.catch_warnings():  # a backslash in a string is none of Python's business
            warnings.simplefilter("ignore", SyntaxWarning)
            return _to_json(ast.parse(text, mode="eval").body, words=words)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _to_json(node: ast.expr, *, words: bool) -> Any:
    """The JSON value of a literal's syntax tree; bare words are strings if `words`."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.Name(id=name) if name.lower() in _NAMES:
            return _NAMES[name.lower()]
        case ast.Name(id=name) if words:
            return name
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_to_json(item, words=words) for item in items]
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_key(key, words): _to_json(value, words=words) for key, value in pairs}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    raise ValueError("not a literal")


def _key(node: ast.expr | None, words: bool) -> str:
    key = _to_json(node, words=words) if node is not None else None
    if not isinstance(key, str):
        raise ValueError("JSON objects have text keys")
    return key


def _mark_commas(text: str, before: re.Pattern[str] | None = None) -> str:
    """The text with a NUL for each comma outside brackets and quotes (and `before` something)."""
    marked = list(text)
    for position in _top_level_commas(text):
        if before is None or before.match(text, position + 1):
            marked[position] = "\0"
    return "".join(marked)


def _top_level_commas(text: str) -> Iterator[int]:
    depth, quote, escaped = 0, "", False
    for position, char in enumerate(text):
        if quote:
            if not escaped and char == quote:
                quote = ""
            escaped = char == "\\" and not escaped
        elif char in "\"'":
            quote = char
        elif char in _CLOSERS:
            depth += 1
        elif char in _CLOSERS.values():
            depth -= 1
        elif char == "," and depth <= 0:
            yield position
