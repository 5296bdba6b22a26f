"""Syntax that only later Pythons than this one read, rewritten so that this one's parser can."""

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from dreamcode.chain.scopes import syntax_tree, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_MAY_BE_NEWER = re.compile(
    r"""\b(?:def|class)[ \t]+\w+[ \t]*\[|^[ \t]*type[ \t]+\w+[ \t]*[\[=]"""
    r"""|\bexcept\b[^:\n]*,|\b(?:[fFtT][rR]?|[rR][fFtT])["']""",
    re.MULTILINE,
)
_STRINGS = ("string", "concatenated_string")


def may_be_newer(line: str) -> bool:
    """Whether a line that this Python refuses may be right in a later one."""
    return _MAY_BE_NEWER.search(line) is not None


def as_older(source: str) -> str:
    """`source` with the same statements on the same lines in older syntax; to look at, not to run.

    Known are type parameters and `type` statements (PEP 695, 696), f-strings as they are since
    PEP 701, `except A, B:` (PEP 758) and t-strings (PEP 750). Strings inside of replacement
    fields become names, one for each text. Anything else stays, mistakes included.
    """
    text = source.encode("utf-8", "replace")
    edits = sorted(_edits(syntax_tree(source)), reverse=True)
    for start, end, new in edits:
        lines_lost = text.count(b"\n", start, end) - new.count("\n")
        text = text[:start] + new.encode() + b"\\\n" * lines_lost + text[end:]
    return text.decode("utf-8", "replace")


def _edits(root: "Node") -> Iterator[tuple[int, int, str]]:
    """The places to rewrite, as bytes from and to with what is to stand there; none overlap."""
    for node in _below(root, ("string", "type_alias_statement")):
        if node.type == "string":
            yield from _string_edits(node)
        elif node.type == "type_alias_statement":
            left = node.child_by_field_name("left")
            yield node.start_byte, left.start_byte if left else node.start_byte, ""
            for part in _below(left, ("type_parameter",)):
                if part.type == "type_parameter":
                    yield part.start_byte, part.end_byte, ""
        elif parameters := node.child_by_field_name("type_parameters"):
            yield parameters.start_byte, parameters.end_byte, ""
        elif node.type == "except_clause":
            values = node.children_by_field_name("value")
            if len(values) > 1:
                yield values[0].start_byte, values[0].start_byte, "("
                yield values[-1].end_byte, values[-1].end_byte, ")"


def _string_edits(string: "Node") -> Iterator[tuple[int, int, str]]:
    fields = [child for child in string.named_children if child.type == "interpolation"]
    first, last = string.children[0], string.children[-1]
    opening = text_of(first)
    quotes = opening.lstrip("fFtTrRbBuU")
    if last.type != "string_end" or not (fields or "t" in opening.lower()):
        return
    prefix = opening.removesuffix(quotes).lower().replace("t", "f")
    # Triple quotes may hold line ends, and end with the quote that the text cannot hold.
    yield first.start_byte, first.end_byte, prefix + quotes[0] * 3
    yield last.start_byte, last.end_byte, quotes[0] * 3
    for field in fields:
        for node in _below(field, _STRINGS):
            if node.type in _STRINGS:
                yield node.start_byte, node.end_byte, f"_{text_of(node).encode().hex()}"
            elif node.type == "comment":
                yield node.start_byte, node.end_byte, ""


def _below(root: "Node | None", closed: Collection[str]) -> Iterator["Node"]:
    """`root` and what is in it, but nothing inside of nodes of the types `closed`."""
    stack = [root] if root else []
    while stack:
        node = stack.pop()
        yield node
        if node.type not in closed:
            stack += node.named_children
