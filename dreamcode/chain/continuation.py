"""What a model that was asked to continue a program adds to it."""

import ast
import re

from dreamcode.chain.extract import extract_program
from dreamcode.chain.indentation import dedent, indent, margin_of
from dreamcode.chain.markdown import LINE_END, first_fence
from dreamcode.chain.parse import heads, parse
from dreamcode.chain.pieces import DEFINITIONS, FUNCTIONS, Piece, is_method, pieces, solution
from dreamcode.chain.prose import does_something
from dreamcode.chain.syntax import parse_module
from dreamcode.chain.thinking import spoken

_METHOD_INDENT = "    "


def continuation(prefix: str, answer: str) -> str:
    """The text that `answer` adds to the finished steps `prefix`; "" if it adds nothing.

    The answer may be plain code or prose with code, fenced or not, and may begin with the next
    function or restate the program so far. Functions that `prefix` has already are left out,
    whatever the answer makes of them, and so are statements that stand in `prefix` too. Where
    `prefix` ends inside `class Solution`, methods are moved to its indentation, written with
    or without the class around them, and functions beside the class follow; anything else at
    top level is left out, since it is no step and no method could follow it.

    Args:
        prefix: finished steps, or "".
        answer: what the model wrote, in any of the forms above.
    """
    code = _code(LINE_END.sub("\n", answer))
    if not code.strip():
        return ""
    method_indent = _open_class_indent(prefix)
    tree = parse_module(dedent(code))
    if tree is None:
        added = _unfinished(prefix, code, method_indent)
    elif method_indent is not None:
        added = _added_methods(prefix, dedent(code), tree, method_indent)
    else:
        added = _added_statements(prefix, dedent(code), tree)
    added = re.sub(r"\A(?:[ \t\f]*\n)+", "", added)
    if not added.strip():
        return ""
    return added if not prefix or prefix.endswith("\n") else f"\n\n\n{added}"


def _code(answer: str) -> str:
    """The part of `answer` that is code."""
    said = spoken(answer)
    fence = first_fence(said)
    # A fence opened before the answer began closes in it; what is above is the code.
    above = said[: fence.start()] if fence and not fence["info"] else said
    if does_something(dedent(above)):
        return above
    return extract_program(said)


def _open_class_indent(prefix: str) -> str | None:
    """The indentation of the next method if `prefix` ends in `class Solution`, else None."""
    if functions := heads(prefix):
        last = functions[-1]
        line = prefix[last.line :].partition("\n")[0]
        return margin_of(line) if last.column else None
    return _METHOD_INDENT if re.search(r"^class[ \t]+Solution\b", prefix, re.MULTILINE) else None


def _added_statements(prefix: str, code: str, tree: ast.Module) -> str:
    before = parse_module(prefix)
    known = _Known(prefix, before.body if before else [])
    found = pieces(code, tree.body)
    added = [piece.text for piece in found if not known.all(piece)]
    return code if len(added) == len(found) else "".join(added)


def _added_methods(prefix: str, code: str, tree: ast.Module, method_indent: str) -> str:
    before = parse_module(prefix)
    open_class = solution(before) if before else None
    known = _Known(prefix, open_class.body if open_class else [])
    in_class = solution(tree)
    beside = [piece for piece in pieces(code, tree.body) if _is_function(piece)]
    if in_class:
        methods = pieces(code, in_class.body, above=in_class.lineno)
    else:
        methods = [piece for piece in beside if any(map(is_method, piece.nodes))]
        beside = [piece for piece in beside if piece not in methods]
    added = "".join(piece.text for piece in methods if not known.all(piece))
    helpers = "".join(piece.text for piece in beside if not known.all(piece))
    return indent(added, method_indent) + helpers


def _unfinished(prefix: str, code: str, method_indent: str | None) -> str:
    """Code that does not parse, from its first function on that `prefix` does not have."""
    names = {step.name for step in parse(prefix).steps if step.name}
    steps = parse(code).steps
    restated = [number for number, step in enumerate(steps, start=1) if step.name in names]
    rest = "".join(step.source for step in steps[max(restated, default=0) :])
    if method_indent is None:
        return rest
    header = re.search(r"^class[ \t]+Solution\b[^\n]*\n", rest, re.MULTILINE)
    return indent(rest[header.end() :] if header else rest, method_indent)


class _Known:
    """The statements that a program has already."""

    def __init__(self, prefix: str, body: list[ast.stmt]) -> None:
        self._names = {step.name for step in parse(prefix).steps if step.name}
        self._names |= {node.name for node in body if isinstance(node, ast.ClassDef)}
        self._dumps = {ast.dump(node) for node in body}

    def all(self, piece: Piece) -> bool:
        """Whether every statement of `piece` stands in the program, in this or another form."""
        return all(
            node.name in self._names
            if isinstance(node, DEFINITIONS)
            else ast.dump(node) in self._dumps
            for node in piece.nodes
        )


def _is_function(piece: Piece) -> bool:
    return any(isinstance(node, FUNCTIONS) for node in piece.nodes)
