"""A form in which programs that differ only in wording are equal."""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dreamcode.chain.lines import logical_lines
from dreamcode.chain.scopes import Kind, Scope, resolve, syntax_tree, text_of, variables
from dreamcode.chain.syntax import parse_exactly

if TYPE_CHECKING:
    from tree_sitter import Node

# Programs that use these may see their own text, so nothing in it may change.
_READS_SOURCE = frozenset(
    {"__file__", "argv", "inspect", "linecache", "traceback", "getsource", "f_lineno", "doctest"}
)
# Programs that use these may see the names of their variables, or their docstrings.
_READS_NAMES = frozenset(
    {"eval", "exec", "compile", "globals", "locals", "vars", "dir", "help", "dis", "ast", "timeit"}
    | {"pickle", "marshal", "multiprocessing", "modules", "_getframe", "settrace", "setprofile"}
    | {"exc_info", "excepthook", "__main__", "__dict__", "__doc__", "__qualname__", "__code__"}
    | {
        "__annotations__",
        "__kwdefaults__",
        "__globals__",
        "__closure__",
        "__builtins__",
        "unittest",
    }
    | {"get_type_hints", "signature"}
)
_FRESH = re.compile(r"_v\d+")


def normal_form(source: str, keep: frozenset[str] = frozenset()) -> str:
    """The same program without comments, docstrings and blank lines, its local names numbered.

    Programs with equal normal forms behave equally; the reverse is not promised. Renamed are
    parameters and variables of functions, and top-level helper functions. A name that could
    be seen from elsewhere stays: one that a call uses as a keyword, one that is imported or
    is a class, and all names of programs that look at their own names (`locals()`, `eval`,
    messages of caught exceptions). The result is itself Python. For text that does not parse
    only blank lines, comments and white space at line ends are dropped, and its form never
    equals that of a program.

    Args:
        source: any text.
        keep: top-level functions that are called from outside, as by tests.
    """
    tree = parse_exactly(source)
    if tree is None:
        return _text_form(source)
    nodes = list(ast.walk(tree))
    mentioned = set(_mentioned(nodes))
    if mentioned & _READS_SOURCE:
        return source
    try:
        if not mentioned & _READS_NAMES:
            _drop_strings(nodes)
            if not _shows_names(nodes):
                return _renamed(ast.unparse(tree) + "\n", keep)
        return ast.unparse(tree) + "\n"
    except (RecursionError, ValueError):  # too deep, or quotes that cannot be nested
        return _text_form(source)


def _mentioned(nodes: list[ast.AST]) -> list[str]:
    """Every identifier and every text constant of the program."""
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found += ".".join([getattr(node, "module", None) or "", *names]).split(".")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # `if __name__ == "__main__"` is in every other program and reads nothing.
            found.append("" if node.value == "__main__" else node.value)
    return found


def _shows_names(nodes: list[ast.AST]) -> bool:
    """Whether messages of exceptions, or syntax not known here, may depend on names."""
    for node in nodes:
        if isinstance(node, ast.ExceptHandler) and node.name:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "__name__":
            return True
        if getattr(node, "type_params", None) or type(node).__name__ == "TypeAlias":
            return True
    return False


def _drop_strings(nodes: list[ast.AST]) -> None:
    """Removes statements that are nothing but a text: docstrings, and comments in quotes."""
    for node in nodes:
        for part in ("body", "orelse", "finalbody"):
            statements = getattr(node, part, None)
            if not isinstance(statements, list) or not statements:
                continue
            kept = [item for item in statements if not _is_string(item)]
            setattr(node, part, kept if kept or isinstance(node, ast.Module) else [ast.Pass()])


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _renamed(program: str, keep: frozenset[str]) -> str:
    """`program` with its local names numbered in the order in which they appear."""
    root = syntax_tree(program)
    places = resolve(root)
    # Where the grammar, which knows Python 2 as well, misreads the program, it stays as it is.
    if root.has_error or any(node.type == "print_statement" for node, _ in places):
        return program
    keywords = set(_keywords(node for node, _ in places))
    helpers = {
        text_of(node.child_by_field_name("name"))
        for node, scope in places
        if node.type == "function_definition" and scope.kind is Kind.MODULE
    } - keep
    text = program.encode("utf-8", "replace")  # as the tree was made of it
    fresh: dict[tuple[int, str], str] = {}
    pieces: list[bytes] = []
    position = 0
    for node, name, owner in variables(places):
        if owner is not None and _may_rename(name, owner, helpers, keywords):
            number = fresh.setdefault((id(owner), name), f"_v{len(fresh)}")
            pieces += (text[position : node.start_byte], number.encode())
            position = node.end_byte
        elif _FRESH.fullmatch(name):
            return program
    return b"".join([*pieces, text[position:]]).decode()


def _may_rename(name: str, owner: Scope, helpers: set[str], keywords: set[str]) -> bool:
    if name.startswith("__") or name in owner.fixed:
        return False
    if name in owner.parameters and (name in keywords or "**" in keywords):
        return False  # some call may name it
    if owner.kind is Kind.MODULE:
        # Before its `def` runs, a name at top level may still mean the builtin.
        return name in helpers and owner.bound[name] == 1 and not hasattr(builtins, name)
    return owner.kind is not Kind.CLASS


def _keywords(nodes: Iterable["Node"]) -> Iterator[str]:
    """The keywords that calls use; "**" for any."""
    for node in nodes:
        if node.type == "keyword_argument":
            yield text_of(node.child_by_field_name("name"))
        elif node.type == "argument_list":
            yield from ("**" for child in node.named_children if child.type == "dictionary_splat")


def _text_form(source: str) -> str:
    kept = []
    for line in logical_lines(source):
        if not line.is_comment:
            text, end = "", line.end
            for start, stop in reversed(line.comments):
                text, end = source[stop:end] + text, start
            kept.append((source[line.start : end] + text).rstrip())
    return "\n".join(["# does not parse", *kept, ""])
