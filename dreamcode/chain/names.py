"""Which functions a program still owes, and whether it is all there."""

import ast
import builtins

from dreamcode.chain.parse import heads
from dreamcode.chain.pieces import DEFINITIONS, FUNCTIONS, solution
from dreamcode.chain.references import JUDGE_MODULES, exported_names, references
from dreamcode.chain.syntax import parse_module

_MAIN_BLOCK = 'if __name__ == "__main__":\n    main()\n'
_OUTPUT = frozenset({"print", "write", "writelines"})
_INPUT = frozenset({"input", "stdin", "open", "fileinput", "read"})
_BUILTINS = frozenset(dir(builtins))


def missing_helpers(source: str) -> list[str]:
    """Functions that a program calls and that nothing in it provides, first call first.

    A name is provided by a definition, import, parameter or variable that the call can see,
    or by Python itself. In `class Solution`, `self.name(...)` asks for a method; methods are
    listed by their bare name, and what judges of such classes import beforehand (`deque`,
    `lru_cache`, ...) is not missing. Being handed to `map`, `filter`, `reduce` or as `key=`
    counts as a call. Works on finished steps, also where one of them does not parse.
    """
    # A mistake in one function may hide another's `def` from the tree, but not from these.
    provided = _BUILTINS | {head.name for head in heads(source) if head.column == 0}
    found = references(source)
    if found.has_solution:
        provided |= {name for module in JUDGE_MODULES for name in exported_names(module)}
    missing = [name for name, is_method in found.unresolved if is_method or name not in provided]
    return list(dict.fromkeys(missing))


def is_complete(source: str, function: str | None = None) -> bool:
    """Whether `source` is a whole program: it parses, no helper is missing, and it does something.

    Args:
        source: the program.
        function: what the tests call, a method of `class Solution` or a top-level function.
            None if unknown, then any public method of `class Solution` will do; a program
            without that class must run something at top level.
    """
    tree = parse_module(source)
    return tree is not None and not missing_helpers(source) and has_entry(tree, function)


def has_entry(tree: ast.Module, function: str | None = None) -> bool:
    """Whether a program has what tests call; arguments as for `is_complete`."""
    methods = _methods(tree)
    if function is not None:
        return function in (methods if methods is not None else _functions(tree))
    if methods is not None:
        return any(not name.startswith("_") for name in methods)
    return _runs(tree)


def reads_input(tree: ast.AST) -> bool:
    """Whether anything in `tree` reads what tests write to the program."""
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.name for node in nodes if isinstance(node, ast.alias)}
    return bool(names & _INPUT)


def close_program(source: str) -> str:
    """Adds the `if __name__` block to a program that defines `main` and never runs it.

    Anything else comes back unchanged: class form, text that does not parse, a `main` that
    is a coroutine or needs arguments.
    """
    tree = parse_module(source)
    if tree is None or _methods(tree) is not None or _runs(tree):
        return source
    main = _functions(tree).get("main")
    if not isinstance(main, ast.FunctionDef) or _needs_arguments(main):
        return source
    return f"{source.rstrip()}\n\n\n{_MAIN_BLOCK}"


def _runs(tree: ast.Module) -> bool:
    """Whether code at top level prints, or uses what the program defines (`main` if it does)."""
    bodies = {node.name: node for node in tree.body if isinstance(node, DEFINITIONS)}
    statements = [node for node in tree.body if not isinstance(node, DEFINITIONS)]
    reached = set().union(*map(_loaded, statements))
    if "main" not in _functions(tree):
        return bool(reached & (bodies.keys() | _OUTPUT))
    if reached & _OUTPUT:
        return True
    waiting = [name for name in reached if name in bodies]
    for name in waiting:  # which grows: `main` may be called by what is called
        further = _loaded(bodies[name]) - reached
        reached |= further
        waiting += [name for name in further if name in bodies]
    return "main" in reached


def _loaded(tree: ast.AST) -> set[str]:
    """Names and attributes that code reads, and texts: `globals()["main"]()` is a call too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                found.add(name)
            case ast.Constant(value=str(name)):
                found.add(name)
    return found


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, FUNCTIONS)}


def _methods(tree: ast.Module) -> set[str] | None:
    """Names of the methods of `class Solution`; None if there is no such class."""
    owner = solution(tree)
    return {item.name for item in owner.body if isinstance(item, FUNCTIONS)} if owner else None


def _needs_arguments(function: ast.FunctionDef) -> bool:
    given = function.args
    positional = len(given.posonlyargs) + len(given.args)
    return positional > len(given.defaults) or None in given.kw_defaults
