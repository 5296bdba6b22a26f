"""What a model that was asked to continue a program adds to it."""

import ast
import re
from dataclasses import dataclass

from dreamcode.chain.extract import best_block, does_something, first_fence, longest_program
from dreamcode.chain.indentation import dedent, indent, margin_of
from dreamcode.chain.parse import heads, parse
from dreamcode.chain.syntax import parse_module

_IMPORT_OR_FUNCTION = re.compile(
    r"^[ \t]*(?:import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|@\w|(?:async[ \t]+)?def[ \t]"
    r"|class[ \t]+\w+[ \t]*[:(])",
    re.MULTILINE,
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_METHOD_DECORATORS = frozenset({"staticmethod", "classmethod"})
_METHOD_INDENT = "    "
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Statements that share lines, and their text with the comments above them."""

    nodes: list[ast.stmt]
    text: str


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
    code = _code(prefix, _LINE_END.sub("\n", answer))
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


def _code(prefix: str, answer: str) -> str:
    """The part of `answer` that is code."""
    fence = first_fence(answer)
    if fence and not fence["info"]:
        # A fence opened before the answer began closes in it; what is above is the code.
        above = answer[: fence.start()]
        if does_something(dedent(above)):
            return above
    if fence:
        block = best_block(answer)
        return block.text if block else ""
    if does_something(dedent(answer)):
        return answer
    found = longest_program(answer)
    start = answer.find(found.rstrip()) if found else 0
    if start < 0:  # it was indented
        return found
    unfinished = _IMPORT_OR_FUNCTION.search(answer, start + len(found.rstrip()))
    if unfinished is None:
        return found
    return answer[start if found else unfinished.start() :]


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
    pieces = _pieces(code, tree.body)
    added = [piece.text for piece in pieces if not known.all(piece)]
    return code if len(added) == len(pieces) else "".join(added)


def _added_methods(prefix: str, code: str, tree: ast.Module, method_indent: str) -> str:
    before = parse_module(prefix)
    solution = _solution(before) if before else None
    known = _Known(prefix, solution.body if solution else [])
    in_class = _solution(tree)
    beside = [piece for piece in _pieces(code, tree.body) if _is_function(piece)]
    if in_class:
        methods = _pieces(code, in_class.body, above=in_class.lineno)
    else:
        methods = [piece for piece in beside if any(map(_is_method, piece.nodes))]
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

    def all(self, piece: _Piece) -> bool:
        """Whether every statement of `piece` stands in the program, in this or another form."""
        return all(
            node.name in self._names
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else ast.dump(node) in self._dumps
            for node in piece.nodes
        )


def _pieces(code: str, body: list[ast.stmt], above: int = 0) -> list[_Piece]:
    """The statements of `body` with their lines, comments above included.

    Args:
        code: the text in which the statements stand.
        body: statements one below the other.
        above: the last line that belongs to something before them, counted from 1.
    """
    lines = re.split(r"(?<=\n)", code)  # not splitlines: it also splits at form feeds
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    pieces: list[_Piece] = []
    for node in body:
        last = node.end_lineno or node.lineno
        if pieces and last <= above:  # a second statement on the same line
            pieces[-1].nodes.append(node)
            continue
        pieces.append(_Piece([node], "".join(lines[above:last])))
        above = last
    return pieces


def _solution(tree: ast.Module) -> ast.ClassDef | None:
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return next((node for node in classes if node.name == "Solution"), None)


def _is_function(piece: _Piece) -> bool:
    return any(isinstance(node, _FUNCTIONS) for node in piece.nodes)


def _is_method(node: ast.stmt) -> bool:
    if not isinstance(node, _FUNCTIONS):
        return False
    parameters = [*node.args.posonlyargs, *node.args.args]
    if parameters and parameters[0].arg in ("self", "cls"):
        return True
    names = {item.id for item in node.decorator_list if isinstance(item, ast.Name)}
    return bool(names & _METHOD_DECORATORS)
