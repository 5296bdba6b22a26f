"""A form in which programs that differ only in wording are equal."""

import ast
import builtins
import re

from dreamcode.chain.lines import logical_lines
from dreamcode.chain.scopes import Kind, Scope, resolve
from dreamcode.chain.syntax import parse_module

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
    tree = parse_module(source)
    if tree is None:
        return _text_form(source)
    mentioned = set(_mentioned(tree))
    if mentioned & _READS_SOURCE:
        return source
    try:
        if not mentioned & _READS_NAMES:
            _drop_strings(tree)
            if not _shows_names(tree):
                _rename(tree, keep)
        return ast.unparse(tree) + "\n"
    except (RecursionError, ValueError):  # too deep, or quotes that cannot be nested
        return _text_form(source)


def _mentioned(tree: ast.Module) -> list[str]:
    """Every identifier and every text constant of the program."""
    found: list[str] = []
    for node in ast.walk(tree):
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


def _shows_names(tree: ast.Module) -> bool:
    """Whether messages of exceptions, or syntax not known here, may depend on names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            return True
        if isinstance(node, ast.Attribute) and node.attr == "__name__":
            return True
        if getattr(node, "type_params", None) or type(node).__name__ == "TypeAlias":
            return True
    return False


def _drop_strings(tree: ast.Module) -> None:
    """Removes statements that are nothing but a text: docstrings, and comments in quotes."""
    for node in ast.walk(tree):
        for part in ("body", "orelse", "finalbody"):
            statements = getattr(node, part, None)
            if not isinstance(statements, list) or not statements:
                continue
            kept = [item for item in statements if not _is_string(item)]
            setattr(node, part, kept if kept or node is tree else [ast.Pass()])


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _rename(tree: ast.Module, keep: frozenset[str]) -> None:
    """Numbers the local names, in the order in which they appear."""
    places = resolve(tree)
    fixed = _keyword_parameters(places)
    helpers = {
        node.name
        for node, scope in places.items()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and scope.kind is Kind.MODULE
    } - keep
    fresh: dict[tuple[int, str], str] = {}
    clash = False

    def renamed(name: str, scope: Scope) -> str:
        nonlocal clash
        owner = scope.owner(name)
        if owner is None or (id(owner), name) in fixed or not _may_rename(name, owner, helpers):
            clash = clash or _FRESH.fullmatch(name) is not None
            return name
        return fresh.setdefault((id(owner), name), f"_v{len(fresh)}")

    changes: list[tuple[ast.AST, str, str | list[str]]] = []
    for node, scope in places.items():
        if isinstance(node, ast.Name):
            changes.append((node, "id", renamed(node.id, scope)))
        elif isinstance(node, ast.arg):
            changes.append((node, "arg", renamed(node.arg, scope)))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            changes.append((node, "name", renamed(node.name, scope)))
        elif isinstance(node, ast.Global | ast.Nonlocal):
            changes.append((node, "names", [renamed(name, scope) for name in node.names]))
    if not clash:
        for node, attribute, value in changes:
            setattr(node, attribute, value)


def _may_rename(name: str, owner: Scope, helpers: set[str]) -> bool:
    if name.startswith("__") or name in owner.fixed:
        return False
    if owner.kind is Kind.MODULE:
        # Before its `def` runs, a name at top level may still mean the builtin.
        return name in helpers and owner.bound[name] == 1 and not hasattr(builtins, name)
    return owner.kind is not Kind.CLASS


def _keyword_parameters(places: dict[ast.AST, Scope]) -> set[tuple[int, str]]:
    """The parameters, as (scope, name), that some call may name."""
    keywords = {node.arg for node in places if isinstance(node, ast.keyword)}
    return {
        (id(scope), node.arg)
        for node, scope in places.items()
        if isinstance(node, ast.arg) and (node.arg in keywords or None in keywords)
    }


def _text_form(source: str) -> str:
    kept = []
    for line in logical_lines(source):
        if not line.is_comment:
            text, end = "", line.end
            for start, stop in reversed(line.comments):
                text, end = source[stop:end] + text, start
            kept.append((source[line.start : end] + text).rstrip())
    return "\n".join(["# does not parse", *kept, ""])
