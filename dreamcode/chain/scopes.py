"""Which variable each name in Python text stands for: Python's scoping rules.

Source: the Python language reference, section 4.2, "Naming and binding". Read from
tree-sitter's tree, which a mistake in one function does not take away.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


class Kind(Enum):
    """What opened a scope."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


_OPENERS = {
    "class_definition": Kind.CLASS,
    "function_definition": Kind.FUNCTION,
    "lambda": Kind.FUNCTION,
    "list_comprehension": Kind.COMPREHENSION,
    "set_comprehension": Kind.COMPREHENSION,
    "dictionary_comprehension": Kind.COMPREHENSION,
    "generator_expression": Kind.COMPREHENSION,
}
# What is evaluated around the scope that a node opens or stands at the head of.
_OUTSIDE = {
    "class_definition": ("name", "superclasses"),
    "function_definition": ("name", "return_type"),
    "default_parameter": ("value",),
    "typed_default_parameter": ("type", "value"),
    "typed_parameter": ("type",),
    "for_in_clause": ("right",),  # the first one's
    "named_expression": ("name",),
}
# The only part that can hold variables; "" for none.
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_ONLY = {"attribute": "object", "keyword_argument": "value", **dict.fromkeys(_IMPORTS, "")}
# Where a node of this type keeps the names that it binds.
_TARGET = {
    "assignment": "left",
    "augmented_assignment": "left",
    "named_expression": "name",
    "for_statement": "left",
    "for_in_clause": "left",
    "as_pattern": "alias",
    "function_definition": "name",
}
_PARAMETERS = frozenset({"parameters", "lambda_parameters"})
_WITH_DEFAULT = frozenset({"default_parameter", "typed_default_parameter"})
# Targets made of targets.
_PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "typed_parameter"}
    | {"tuple", "list", "list_splat", "as_pattern_target", "expression_list", "delete_statement"}
    | {"dictionary_splat_pattern", "parenthesized_expression", *_PARAMETERS}
)
# Parts of a `case` whose last part, if it is a bare name, is bound.
_CAPTURES = frozenset(
    {"case_pattern", "union_pattern", "keyword_pattern", "splat_pattern", "as_pattern"}
)
_DECLARATIONS = frozenset({"global_statement", "nonlocal_statement"})
# Where a node has its type parameters (PEP 695); they are bound beside it.
_GENERIC = {
    "function_definition": "type_parameters",
    "class_definition": "type_parameters",
    "type_alias_statement": "left",
}
_TYPE_NAME = re.compile(r"(?:\A|[\[,])\s*\*{0,2}(\w+)")
_BINDERS = frozenset({*_TARGET, *_PARAMETERS, *_IMPORTS, *_CAPTURES, *_DECLARATIONS}) | {
    *("class_definition", "delete_statement", "type_alias_statement")
}
_PARTED = frozenset({*_ONLY, *_OPENERS, *_OUTSIDE, "dotted_name", "keyword_pattern"})


@dataclass(eq=False, slots=True)
class Scope:
    """One scope.

    Attributes:
        kind: what opened it.
        node: the node that opened it.
        outer: the scope around it; None for the module.
        bound: names bound in it, with the number of places that bind each.
        fixed: bound names that are imports, classes or captures of a `case`.
        parameters: bound names that are parameters.
        attributes: names that a class's methods bind as `self.name`.
        globals: names it declares global.
        nonlocals: names it declares nonlocal.
    """

    kind: Kind
    node: "Node"
    outer: "Scope | None" = None
    bound: dict[str, int] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    def owner(self, name: str) -> "Scope | None":
        """The scope whose variable `name` is when used here; None for builtins."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind is not Kind.CLASS:
                if name in scope.globals:
                    return scope._module()
                if name in scope.bound and name not in scope.nonlocals:
                    return scope
            scope = scope.outer
        return None

    def enclosing_class(self) -> "Scope | None":
        """The innermost class around, or this scope if it is one."""
        scope: Scope | None = self
        while scope is not None and scope.kind is not Kind.CLASS:
            scope = scope.outer
        return scope

    def bind(self, name: str, *, fixed: bool) -> None:
        """Notes one more place that binds `name` as seen from here."""
        owner = self.owner(name) if name in self.globals | self.nonlocals else self
        if owner is not None:
            owner.bound[name] = owner.bound.get(name, 0) + 1
            if fixed:
                owner.fixed.add(name)

    def _module(self) -> "Scope":
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope


def syntax_tree(source: str) -> "Node":
    """The root of tree-sitter's tree; any text will do."""
    return _parser().parse(source.encode("utf-8", "replace")).root_node


def text_of(node: "Node | None") -> str:
    """The text of a node; "" for none."""
    return node.text.decode("utf-8", "replace") if node and node.text else ""


def variables(places: list[tuple["Node", Scope]]) -> list[tuple["Node", str, Scope | None]]:
    """The identifiers among `places`, each with its name and the scope that owns it."""
    named = [(node, text_of(node), scope) for node, scope in places if node.type == "identifier"]
    return [(node, name, scope.owner(name)) for node, name, scope in named]


def resolve(root: "Node") -> list[tuple["Node", Scope]]:
    """The named nodes below `root`, in the order of the text, each with its scope.

    That is the scope in which the node is evaluated; a parameter's is its function's. Names
    that are no variables are left out: those of attributes, of keywords and in imports.
    """
    places: list[tuple[Node, Scope]] = []
    bindings: list[tuple[Scope, str, bool]] = []
    stack = [(root, Scope(Kind.MODULE, root))]
    while stack:
        node, scope = stack.pop()
        places.append((node, scope))
        kind = node.type
        if kind in _BINDERS:
            bindings += _bindings(node, kind, scope)
        if kind in _PARTED:
            stack += reversed(_parts(node, kind, scope))
        elif kind != "identifier":
            stack += [(child, scope) for child in reversed(node.named_children)]
    # Owners of nonlocal names are known only when all others are bound.
    for scope, name, fixed in sorted(bindings, key=lambda item: item[1] in item[0].nonlocals):
        scope.bind(name, fixed=fixed)
    return places


def _parts(node: "Node", kind: str, scope: Scope) -> list[tuple["Node", Scope]]:
    """The parts of a node that can hold variables, each with its scope."""
    if kind in _ONLY:
        part = node.child_by_field_name(_ONLY[kind])
        return [(part, scope)] if part else []
    children = node.named_children
    if kind == "dotted_name":  # of a `case`; the others are attributes
        return [(child, scope) for child in children[:1]]
    if kind == "keyword_pattern":
        return [(child, scope) for child in children[1:]]
    inner, outer = scope, scope.outer or scope
    if opened := _OPENERS.get(kind):
        inner, outer = Scope(opened, node, scope), scope
    outside = [
        part for name in _OUTSIDE.get(kind, ()) for part in node.children_by_field_name(name)
    ]
    if kind == "named_expression":
        outer = _beyond_comprehensions(scope)
    elif kind == "for_in_clause" and not _is_first(node):
        outer = scope
    return [(child, outer if child in outside else inner) for child in children]


def _is_first(clause: "Node") -> bool:
    before = clause.prev_named_sibling
    return before is not None and before.type not in ("for_in_clause", "if_clause")


def _beyond_comprehensions(scope: Scope) -> Scope:
    """Where `:=` binds."""
    while scope.kind is Kind.COMPREHENSION and scope.outer is not None:
        scope = scope.outer
    return scope


def _bindings(node: "Node", kind: str, scope: Scope) -> Iterator[tuple[Scope, str, bool]]:
    """What a node itself binds, where, and whether it is fixed; notes what it declares."""
    if kind in _TARGET:
        owner = _beyond_comprehensions(scope) if kind == "named_expression" else scope
        for name in _names(node.child_by_field_name(_TARGET[kind]), scope):
            yield owner, name, False
    elif kind == "delete_statement" or kind in _PARAMETERS:
        names = list(_names(node, scope))
        if kind in _PARAMETERS:
            scope.parameters.update(names)
        yield from ((scope, name, False) for name in names)
    elif kind == "class_definition":
        yield scope, text_of(node.child_by_field_name("name")), True
    elif kind in _IMPORTS:
        for item in node.children_by_field_name("name"):
            name = text_of(item.child_by_field_name("alias") or item)
            yield scope, name.partition(".")[0].strip(), True
    elif kind == "global_statement":
        scope.globals.update(map(text_of, node.named_children))
    elif kind == "nonlocal_statement":
        scope.nonlocals.update(map(text_of, node.named_children))
    if kind in _CAPTURES:
        for part in node.named_children[-1:]:
            if part.type in ("identifier", "dotted_name") and part.named_child_count < 2:
                yield scope, text_of(part), True
    if kind in _GENERIC:
        parameters = text_of(node.child_by_field_name(_GENERIC[kind]))
        yield from ((scope, name, True) for name in _TYPE_NAME.findall(parameters))


def _names(target: "Node | None", scope: Scope) -> Iterator[str]:
    """The variables in a target; of attributes of `self` the class around is told."""
    stack = [target] if target else []
    while stack:
        node = stack.pop()
        if node.type == "identifier":
            yield text_of(node)
        elif node.type in _PATTERNS:
            stack += [child for child in node.named_children if child.type != "type"]
        elif node.type in _WITH_DEFAULT:
            stack += node.children_by_field_name("name")
        elif node.type == "attribute":
            is_own = text_of(node.child_by_field_name("object")) == "self"
            if is_own and (owner := scope.enclosing_class()):
                owner.attributes.add(text_of(node.child_by_field_name("attribute")))


@cache
def _parser() -> "Parser":
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))
