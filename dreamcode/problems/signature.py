"""The function a problem's starter code asks for."""

import ast
import re
from dataclasses import dataclass

from dreamcode.errors import InputError

_DEF = re.compile(r"^([ \t]*)(?:async +)?def +(\w+)", re.MULTILINE)
_LONGEST_HEADER = 100  # lines: a broken one must not make reading quadratic


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, `self` aside.

    Attributes:
        name: the parameter's name as written.
        annotation: the annotation's source; "" if none.
        required: whether it has no default.
    """

    name: str
    annotation: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's name, and what the starter code says of its parameters and result.

    Attributes:
        name: name of the function or method.
        parameters: its parameters, in order; None where only the name is known.
        returns: the result's annotation; "" if none.
    """

    name: str
    parameters: tuple[Parameter, ...] | None = None
    returns: str = ""


def find_signature(starter_code: str, function: str | None = None) -> Signature | None:
    """The function that tests call: `function`, else the first public one defined.

    Methods of `class Solution` come before top-level functions. Without `function`, one
    that takes no arguments (`def main():`) is none that tests could call: such a program
    reads standard input. Starter code is often unfinished (a class whose only method has
    no body), so each `def` is read by its header alone.

    Raises:
        InputError: `function` is not defined in the starter code.
    """
    found = [_read_header(starter_code, match) for match in _DEF.finditer(starter_code)]
    signatures = [(indent, header) for indent, header in found if header is not None]
    if function is not None:
        named = [header for _, header in signatures if header.name == function]
        if named:
            return named[-1]
        if signatures:
            names = ", ".join(header.name for _, header in signatures)
            raise InputError(
                f"function {function!r} is not in the starter code, which defines {names}; "
                "correct one of the two."
            )
        return Signature(function)
    in_class = "class Solution" in starter_code
    public = [
        (indent, header)
        for indent, header in signatures
        if not header.name.startswith("_") and (header.parameters or (in_class and indent))
    ]
    public.sort(key=lambda item: (item[0] > 0) != in_class)
    return public[0][1] if public else None


def _read_header(code: str, match: re.Match[str]) -> tuple[int, Signature | None]:
    """Indentation and signature of one `def`, whose parameters may span lines."""
    lines = code[match.start() :].splitlines()
    indent = len(match[1])
    for end in range(1, min(len(lines), _LONGEST_HEADER) + 1):
        header = "\n".join(lines[:end]).strip()
        if not header.endswith(":"):  # a body on the same line, or a comment after the colon
            header = header.partition("#")[0].rstrip()
        for body in ("", " pass"):
            try:
                tree = ast.parse(header + body)
            except SyntaxError:
                continue
            node = tree.body[0]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                return indent, _signature(node, is_method=indent > 0)
    return indent, None


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> Signature:
    arguments = [*node.args.posonlyargs, *node.args.args]
    first_default = len(arguments) - len(node.args.defaults)
    parameters = tuple(
        Parameter(
            argument.arg,
            ast.unparse(argument.annotation) if argument.annotation else "",
            required=position < first_default,
        )
        for position, argument in enumerate(arguments)
        if not (is_method and position == 0 and argument.arg in ("self", "cls"))
    )
    return Signature(node.name, parameters, ast.unparse(node.returns) if node.returns else "")
