"""How much of an answer's program a text is."""

import ast
import re
from dataclasses import dataclass

from dreamcode.chain.imports import with_imports
from dreamcode.chain.names import close_program, has_entry, missing_helpers, reads_input
from dreamcode.chain.pieces import DEFINITIONS
from dreamcode.chain.prose import does_something, looks_like_code
from dreamcode.chain.syntax import parse_module

_LEFT_OUT = re.compile(r"#[ \t]*(?:\.{3}|…)|#.*(?:\.{3}|…)[ \t]*$", re.MULTILINE)
_TESTS = re.compile(r"test|check|demo|example|sample", re.IGNORECASE)
# Calls that stand among the imports.
_SETTINGS = frozenset(
    {"setrecursionlimit", "set_int_max_str_digits", "stack_size", "seed", "filterwarnings"}
)


@dataclass(frozen=True, slots=True, order=True)
class Quality:
    """What a text has of a program; of two, the one with the first difference is better.

    Attributes:
        works: it parses and does something.
        enters: it has what tests call.
        provides: it calls no function that it does not have.
        is_full: nothing in it is left out by `...`.
        defines: it is no mere example of use: it defines something, or reads input. Where
            nothing works: there is code in it.
        is_python: it is said to be Python.
    """

    works: bool
    enters: bool
    provides: bool
    is_full: bool
    defines: bool
    is_python: bool

    @property
    def is_whole(self) -> bool:
        """Whether the text can be the program that was asked for."""
        return self.works and self.enters and self.provides


def quality(source: str, function: str | None = None, *, is_python: bool = False) -> Quality:
    """Judges `source` as an answer.

    Args:
        source: any text.
        function: what tests call; None for a program that reads input, or `class Solution`.
        is_python: whether the text is said to be Python.
    """
    # Names that judges import beforehand are not missing.
    tree = parse_module(close_program(with_imports(source)))
    if tree is None or not does_something(source):
        return Quality(False, False, False, False, looks_like_code(source), is_python)
    return Quality(
        works=True,
        enters=_enters(tree, function),
        provides=not missing_helpers(with_imports(source)),
        is_full=not is_sketch(source, tree),
        defines=not is_example(tree),
        is_python=is_python,
    )


def is_example(tree: ast.Module) -> bool:
    """Whether a program only uses, on values of its own, what another one defines."""
    if reads_input(tree) or any(_names_main(node) for node in ast.walk(tree)):
        return False
    defined = [node.name for node in tree.body if isinstance(node, DEFINITIONS)]
    if any(_starts_other(node, defined) for node in tree.body):
        return False
    return any(map(runs_code, tree.body)) and all(map(_TESTS.match, defined))


def runs_code(node: ast.stmt) -> bool:
    """Whether a statement at top level does more than define, import or set something."""
    quiet = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    if isinstance(node, ast.Try):
        return any(map(runs_code, node.body))
    if not isinstance(node, ast.Expr):
        return not isinstance(node, quiet)
    called = node.value.func if isinstance(node.value, ast.Call) else None
    is_setting = isinstance(called, ast.Attribute) and called.attr in _SETTINGS
    return not is_setting and not isinstance(node.value, ast.Constant)


def is_sketch(source: str, tree: ast.Module) -> bool:
    """Whether parts of a program are left out."""
    return _LEFT_OUT.search(source) is not None or any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value is Ellipsis
        for node in ast.walk(tree)
    )


def _enters(tree: ast.Module, function: str | None) -> bool:
    if function is not None or not has_entry(tree):
        return has_entry(tree, function)
    names = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    return bool(names & {"Solution", "main"}) or reads_input(tree)


def _names_main(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "main"


def _starts_other(node: ast.stmt, defined: list[str]) -> bool:
    """Whether a statement does nothing but call, with nothing, a function of another block."""
    if isinstance(node, ast.If):
        return any(_starts_other(child, defined) for child in node.body)
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return False
    return not call.args and not call.keywords and call.func.id not in defined
