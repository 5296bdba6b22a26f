"""The statements of a program, each with the lines that belong to it."""

import ast
import re
from dataclasses import dataclass

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_METHOD_DECORATORS = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Statements that share lines, and their text with the comments above them."""

    nodes: list[ast.stmt]
    text: str


def pieces(code: str, body: list[ast.stmt], above: int = 0) -> list[Piece]:
    """The statements of `body` with their lines, comments above included.

    Args:
        code: the text in which they stand.
        body: statements one below the other.
        above: the last line that belongs to something before them, counted from 1.
    """
    lines = re.split(r"(?<=\n)", code)  # not splitlines: it also splits at form feeds
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    found: list[Piece] = []
    for node in body:
        last = node.end_lineno or node.lineno
        if found and last <= above:  # a second statement on the same line
            found[-1].nodes.append(node)
            continue
        found.append(Piece([node], "".join(lines[above:last])))
        above = last
    return found


def is_method(node: ast.stmt) -> bool:
    """Whether a function is meant to stand in a class."""
    if not isinstance(node, FUNCTIONS):
        return False
    parameters = [*node.args.posonlyargs, *node.args.args]
    if parameters and parameters[0].arg in ("self", "cls"):
        return True
    names = {item.id for item in node.decorator_list if isinstance(item, ast.Name)}
    return bool(names & _METHOD_DECORATORS)


def solution(tree: ast.Module) -> ast.ClassDef | None:
    """The top-level `class Solution` of a program."""
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return next((node for node in classes if node.name == "Solution"), None)
