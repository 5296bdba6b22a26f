"""Which variable each name of a syntax tree stands for: Python's scoping rules.

Source: the Python language reference, section 4.2, "Naming and binding". The standard
`symtable` knows the same, but cannot be joined with the tree's nodes on every version.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Kind(Enum):
    """What opened a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


@dataclass(eq=False, slots=True)
class Scope:
    """One scope.

    Attributes:
        kind: what opened it.
        outer: the scope around it; None for the module.
        bound: names bound in it, with the number of places that bind each.
        fixed: bound names that are written somewhere else than in a `Name` or parameter.
        globals: names it declares global.
        nonlocals: names it declares nonlocal.
    """

    kind: Kind
    outer: "Scope | None" = None
    bound: dict[str, int] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    def bind(self, name: str, *, fixed: bool = False) -> None:
        """Notes one more place that binds `name` as seen from here."""
        owner = self.owner(name) if name in self.globals | self.nonlocals else self
        if owner is not None:
            owner.bound[name] = owner.bound.get(name, 0) + 1
            if fixed:
                owner.fixed.add(name)

    def owner(self, name: str) -> "Scope | None":
        """The scope whose variable `name` is when used here; None for builtins."""
        if name in self.globals:
            return self._module()
        if name in self.bound and name not in self.nonlocals:
            return self
        scope = self.outer
        while scope is not None:
            if scope.kind is not Kind.CLASS:
                if name in scope.globals:
                    return self._module()
                if name in scope.bound and name not in scope.nonlocals:
                    return scope
            scope = scope.outer
        return None

    def _module(self) -> "Scope":
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


def resolve(tree: ast.Module) -> dict[ast.AST, Scope]:
    """The scope in which each node of `tree` is evaluated; a parameter's is its function's."""
    module = Scope(Kind.MODULE)
    places: dict[ast.AST, Scope] = {}
    _place(tree, module, places)
    for node, scope in places.items():
        if isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
    elsewhere = []
    for node, scope in places.items():
        for name, fixed in _bindings(node):
            if name in scope.nonlocals:
                elsewhere.append((scope, name, fixed))
            else:
                scope.bind(name, fixed=fixed)
    for scope, name, fixed in elsewhere:  # only now are the owners known
        scope.bind(name, fixed=fixed)
    return places


def _parts(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """Children of a node that opens a scope: those evaluated outside of it, those inside."""
    if isinstance(node, ast.Lambda):
        return _argument_parts(node.args, inside=[node.body])
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        outside, inside = _argument_parts(node.args, inside=list(node.body))
        returns = [node.returns] if node.returns else []
        return [*node.decorator_list, *outside, *returns], inside
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords], list(node.body)
    if isinstance(node, _COMPREHENSIONS):
        first, *others = node.generators
        result = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return [first.iter], [first.target, *first.ifs, *others, *result]
    return [], []


def _place(root: ast.AST, module: Scope, places: dict[ast.AST, Scope]) -> None:
    stack = [(root, module)]
    children: list[tuple[ast.AST, Scope]]
    while stack:
        node, scope = stack.pop()
        places[node] = scope
        outside, inside = _parts(node)
        if isinstance(node, ast.NamedExpr):
            # `:=` in a comprehension binds a variable of the function around it.
            children = [(node.target, _beyond_comprehensions(scope)), (node.value, scope)]
        elif isinstance(node, ast.arg):
            children = []  # its annotation has its place outside of the function
        elif outside or inside:
            inner = Scope(_kind(node), scope)
            children = [(child, scope) for child in outside]
            children += [(child, inner) for child in inside]
        else:
            children = [(child, scope) for child in ast.iter_child_nodes(node)]
        stack += reversed(children)


def _beyond_comprehensions(scope: Scope) -> Scope:
    while scope.kind is Kind.COMPREHENSION and scope.outer is not None:
        scope = scope.outer
    return scope


def _kind(node: ast.AST) -> Kind:
    if isinstance(node, ast.ClassDef):
        return Kind.CLASS
    return Kind.FUNCTION if isinstance(node, _FUNCTIONS) else Kind.COMPREHENSION


def _argument_parts(
    arguments: ast.arguments, inside: list[ast.AST]
) -> tuple[list[ast.AST], list[ast.AST]]:
    parameters = _parameters(arguments)
    annotations = [item.annotation for item in parameters if item.annotation]
    defaults = [item for item in (*arguments.defaults, *arguments.kw_defaults) if item]
    return [*defaults, *annotations], [*parameters, *inside]


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters, starred ones included, in the order in which they are written."""
    starred = [arguments.vararg] if arguments.vararg else []
    starred_twice = [arguments.kwarg] if arguments.kwarg else []
    plain = [*arguments.posonlyargs, *arguments.args]
    return [*plain, *starred, *arguments.kwonlyargs, *starred_twice]


def _bindings(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Names that `node` itself binds, and whether they are written elsewhere than in a name."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id, False
    elif isinstance(node, ast.arg):
        yield node.arg, False
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name, False
    elif isinstance(node, ast.ClassDef):
        yield node.name, True
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], True
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name, True
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest, True
