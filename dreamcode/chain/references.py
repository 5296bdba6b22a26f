"""Which names a program uses as functions without anything that provides them.

Read from tree-sitter's tree, which a mistake in one function does not take away.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

JUDGE_MODULES = ("bisect", "collections", "functools", "heapq", "itertools", "math", "typing")
"""What judges of `class Solution` programs import with `*` before the program."""

# `from X import *` is looked up in these; of any other module nothing is known.
_KNOWN_MODULES = frozenset({*JUDGE_MODULES, "operator", "random", "re", "string", "sys"})
# Builtins and functools functions whose first argument is called.
_CALLERS = frozenset({"map", "filter", "reduce", "starmap", "partial"})
_SCOPES = frozenset({"function_definition", "lambda", "class_definition"})
_PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "typed_parameter"}
    | {"tuple", "list", "list_splat", "as_pattern_target", "expression_list"}
    | {"dictionary_splat_pattern", "parenthesized_expression"}
)
# Where a node of this type keeps the names that it binds.
_BINDING_FIELDS = {
    "assignment": "left",
    "augmented_assignment": "left",
    "named_expression": "name",
    "for_statement": "left",
    "for_in_clause": "left",
    "as_pattern": "alias",
    "default_parameter": "name",
    "typed_default_parameter": "name",
}


@dataclass(frozen=True, slots=True)
class References:
    """What `references` found.

    Attributes:
        unresolved: functions used and not provided, in order of use, with repetitions;
            builtins are not looked up.
        has_solution: the program has a top-level `class Solution`.
    """

    unresolved: tuple[str, ...]
    has_solution: bool


@dataclass(slots=True)
class _Scope:
    """The names bound in a module, class, function or lambda (comprehensions count as part)."""

    outer: "_Scope | None" = None
    is_class: bool = False
    is_solution: bool = False
    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)

    def sees(self, name: str) -> bool:
        """Whether a use in this scope finds `name`, as Python looks it up."""
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return True
            scope = scope.outer
        return False

    def enclosing_class(self) -> "_Scope | None":
        scope: _Scope | None = self
        while scope is not None and not scope.is_class:
            scope = scope.outer
        return scope


def references(source: str) -> References:
    """Finds the functions that `source` uses and does not provide; any text will do."""
    module = _Scope()
    uses: list[tuple[str, _Scope, bool]] = []
    anything_imported = False
    tree = _parser().parse(source.encode("utf-8", "replace"))
    stack = [(tree.root_node, module)]
    while stack:
        node, scope = stack.pop()
        if node.type in _SCOPES:
            scope = _open_scope(node, scope, module)
        _bind(node, scope, module)
        if node.type == "wildcard_import":
            names = exported_names(_module_name(node))
            scope.names |= names
            anything_imported |= not names
        uses += ((name, scope, method) for name, method in _used_functions(node))
        stack += [(child, scope) for child in reversed(node.named_children)]
    unresolved = []
    for name, scope, method in uses:
        if method:
            owner = scope.enclosing_class()
            if owner and owner.is_solution and name not in owner.names | owner.attributes:
                unresolved.append(name)
        elif not anything_imported and not scope.sees(name):
            unresolved.append(name)
    return References(tuple(unresolved), "Solution" in module.attributes)


@cache
def exported_names(module: str) -> frozenset[str]:
    """What `from module import *` brings; nothing for modules that are not well known."""
    if module not in _KNOWN_MODULES:
        return frozenset()
    found = importlib.import_module(module)
    return frozenset(getattr(found, "__all__", [n for n in dir(found) if not n.startswith("_")]))


def _open_scope(node: "Node", outer: _Scope, module: _Scope) -> _Scope:
    """A new scope for a function or class, whose name is bound in the one around it."""
    name = _text(node.child_by_field_name("name"))
    if name:
        outer.names.add(name)
    if node.type != "class_definition":
        return _Scope(outer)
    is_solution = outer is module and name == "Solution"
    if is_solution:
        module.attributes.add(name)
    bases = _text(node.child_by_field_name("superclasses")).strip("() \t\n")
    return _Scope(outer, is_class=True, is_solution=is_solution and bases in ("", "object"))


def _bind(node: "Node", scope: _Scope, module: _Scope) -> None:
    """Adds to `scope` the names that `node` itself binds."""
    kind = node.type
    if bound := node.child_by_field_name(_BINDING_FIELDS.get(kind, "")):
        _bind_pattern(bound, scope)
    elif kind in ("parameters", "lambda_parameters"):
        for parameter in node.named_children:
            _bind_pattern(parameter, scope)
    elif kind in ("import_statement", "import_from_statement", "future_import_statement"):
        for item in node.children_by_field_name("name"):
            name = _text(item.child_by_field_name("alias") or item)
            scope.names.add(name.partition(".")[0].strip())
    elif kind in ("global_statement", "nonlocal_statement"):
        names = {_text(child) for child in node.named_children}
        scope.names |= names
        if kind == "global_statement":
            module.names |= names
    elif kind in ("case_pattern", "splat_pattern"):
        scope.names |= {_text(child) for child in node.named_children}


def _bind_pattern(pattern: "Node", scope: _Scope) -> None:
    stack = [pattern]
    while stack:
        node = stack.pop()
        if node.type == "identifier":
            scope.names.add(_text(node))
        elif node.type == "attribute":
            owner = scope.enclosing_class()
            if owner and _text(node.child_by_field_name("object")) == "self":
                owner.attributes.add(_text(node.child_by_field_name("attribute")))
        elif node.type in _PATTERNS:
            stack += [child for child in node.named_children if child.type != "type"]


def _used_functions(node: "Node") -> Iterator[tuple[str, bool]]:
    """The functions that `node` itself calls, and whether as a method of `self`."""
    if node.type == "decorator" and node.named_children:
        yield from _function(node.named_children[0])
    if node.type == "keyword_argument" and _text(node.child_by_field_name("name")) == "key":
        yield from _function(node.child_by_field_name("value"))
    if node.type == "call":
        function = node.child_by_field_name("function")
        yield from _function(function)
        arguments = node.child_by_field_name("arguments")
        if _text(function).rpartition(".")[2] in _CALLERS and arguments:
            yield from _function(next(iter(arguments.named_children), None))


def _function(node: "Node | None") -> Iterator[tuple[str, bool]]:
    if node is None:
        return
    if node.type == "identifier":
        yield _text(node), False
    elif node.type == "attribute" and _text(node.child_by_field_name("object")) == "self":
        yield _text(node.child_by_field_name("attribute")), True


def _module_name(wildcard: "Node") -> str:
    statement = wildcard.parent
    return _text(statement.child_by_field_name("module_name")) if statement else ""


def _text(node: "Node | None") -> str:
    return node.text.decode("utf-8", "replace") if node and node.text else ""


@cache
def _parser() -> "Parser":
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))
