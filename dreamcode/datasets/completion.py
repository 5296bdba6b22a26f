"""A prompt that is a function without a body: what to read in it, and what it gives."""

import ast
import re
import textwrap
from dataclasses import dataclass
from inspect import cleandoc

from dreamcode.datasets.jsonfile import Row
from dreamcode.errors import InputError

_STUB = "\n    pass\n"
_QUOTED = re.compile(r"""\w*(\"{3}|'{3}|"|')(.*)\1""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a prompt says.

    Attributes:
        statement: the function's docstring as it is written (escapes and all), not indented; the
            whole prompt if it has none.
        starter_code: imports, helper functions and the signature.
        given: the prompt as a program that compiles; its function does nothing.
        tree: the syntax tree of `given`.
        docstring: the docstring as Python reads it; "" if there is none.
    """

    statement: str
    starter_code: str
    given: str
    tree: ast.Module
    docstring: str

    @property
    def title(self) -> str:
        """The statement's beginning, for people."""
        return textwrap.shorten(self.statement, 72, placeholder=" ...")


def read_prompt(row: Row, field: str, function: str) -> Prompt:
    """The prompt in a row's field.

    Raises:
        InputError: the prompt does not compile, or defines no such function.
    """
    text = row.text(field)
    try:
        given, tree = text, row.parse(text, field)
    except InputError:  # a signature alone needs a body
        given = text.rstrip() + _STUB
        tree = row.parse(given, field)
    body = next(
        (
            node.body
            for node in reversed(tree.body)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
        ),
        None,
    )
    if body is None:
        raise InputError(
            f"{row.where}: {field} defines no function {function!r}, the entry_point; mend or "
            "remove the row"
        )
    for node in body:  # an import may stand before the docstring
        match node:
            case ast.Expr(value=ast.Constant(value=str(docstring)) as constant):
                written = ast.get_source_segment(given, constant) or ""
                statement = cleandoc(_QUOTED.sub(r"\2", written))
                if statement.strip():
                    return Prompt(statement, _without(given, node), given, tree, docstring)
    return Prompt(text.strip(), text, given, tree, "")


def _without(code: str, node: ast.stmt) -> str:
    """The code without a statement that has its lines to itself; else all of it."""
    lines = code.split("\n")
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    if lines[first][: node.col_offset].strip():
        return code
    return "\n".join([*lines[:first], *lines[last + 1 :]]).strip("\n") + "\n"
