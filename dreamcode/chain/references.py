"""Which names a program uses as functions without anything that provides them."""

import builtins
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dreamcode.chain.scopes import Kind, Scope, resolve, syntax_tree, text_of, variables

if TYPE_CHECKING:
    from tree_sitter import Node

JUDGE_MODULES = ("bisect", "collections", "functools", "heapq", "itertools", "math", "typing")
"""What judges of `class Solution` programs import with `*` before the program."""

# `from X import *` is looked up in these; of any other module nothing is known.
_KNOWN_MODULES = frozenset({*JUDGE_MODULES, "operator", "random", "re", "string", "sys"})
_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__annotations__", "__class__"}
# Builtins and functools functions whose first argument is called.
_CALLERS = frozenset({"map", "filter", "reduce", "starmap", "partial"})


@dataclass(frozen=True, slots=True)
class References:
    """What `references` found.

    Attributes:
        unresolved: functions used and not provided, in order of use, with repetitions, each
            with whether it is a method; builtins are not looked up.
        has_solution: whether the program has a top-level `class Solution`.
    """

    unresolved: tuple[tuple[str, bool], ...]
    has_solution: bool


def references(source: str) -> References:
    """Finds the functions that `source` uses and does not provide; any text will do."""
    places = resolve(syntax_tree(source))
    stars = [name for node, _ in places for name in _star_imports(node)]
    anything_imported = not all(map(exported_names, stars))
    imported = frozenset[str]().union(*map(exported_names, stars))
    unresolved = []
    for node, scope in places:
        for name, is_method in _used_functions(node):
            if is_method:
                known = _is_method(name, scope)
            else:
                known = anything_imported or name in imported or scope.owner(name) is not None
            if not known:
                unresolved.append((name, is_method))
    return References(tuple(unresolved), any(_is_solution(node, scope) for node, scope in places))


def free_names(source: str) -> list[tuple[str, bool]]:
    """The names that `source` uses, nothing in it binds and Python does not have, in order.

    Each comes once, with whether an attribute is asked of it anywhere. What a
    `from X import *` brings is bound; of a module that is not well known that is anything.
    """
    places = resolve(syntax_tree(source))
    stars = [name for node, _ in places for name in _star_imports(node)]
    if not all(map(exported_names, stars)):
        return []
    bound = _BUILTINS.union(*map(exported_names, stars))
    found: dict[str, bool] = {}
    for node, name, owner in variables(places):
        if owner is None and name not in bound:
            found[name] = found.get(name, False) or _is_asked(node)
    return list(found.items())


def _is_asked(node: "Node") -> bool:
    """Whether `node` is what an attribute is asked of."""
    parent = node.parent
    return parent is not None and parent.type == "attribute" and parent.children[0] == node


@cache
def exported_names(module: str) -> frozenset[str]:
    """What `from module import *` brings; nothing for modules that are not well known."""
    if module not in _KNOWN_MODULES:
        return frozenset()
    found = importlib.import_module(module)
    return frozenset(getattr(found, "__all__", [n for n in dir(found) if not n.startswith("_")]))


def _is_solution(node: "Node", scope: Scope) -> bool:
    """Whether `node`, in `scope`, is a top-level `class Solution`."""
    is_class = node.type == "class_definition" and scope.kind is Kind.MODULE
    return is_class and text_of(node.child_by_field_name("name")) == "Solution"


def _is_method(name: str, scope: Scope) -> bool:
    """Whether `self.name` is there, or may be: only a `Solution` without bases is looked into."""
    owner = scope.enclosing_class()
    if not owner or not owner.outer or not _is_solution(owner.node, owner.outer):
        return True
    bases = text_of(owner.node.child_by_field_name("superclasses")).strip("() \t\n")
    return bases not in ("", "object") or name in owner.bound or name in owner.attributes


def _star_imports(node: "Node") -> Iterator[str]:
    """The module of which `node` imports everything."""
    if node.type == "import_from_statement" and any(
        child.type == "wildcard_import" for child in node.named_children
    ):
        yield text_of(node.child_by_field_name("module_name"))


def _used_functions(node: "Node") -> Iterator[tuple[str, bool]]:
    """The functions that `node` itself calls, and whether as a method of `self`."""
    if node.type == "decorator" and node.named_children:
        yield from _function(node.named_children[0])
    if node.type == "keyword_argument" and text_of(node.child_by_field_name("name")) == "key":
        yield from _function(node.child_by_field_name("value"))
    if node.type == "call":
        function = node.child_by_field_name("function")
        yield from _function(function)
        arguments = node.child_by_field_name("arguments")
        if text_of(function).rpartition(".")[2] in _CALLERS and arguments:
            yield from _function(next(iter(arguments.named_children), None))


def _function(node: "Node | None") -> Iterator[tuple[str, bool]]:
    if node is None:
        return
    if node.type == "identifier":
        yield text_of(node), False
    elif node.type == "attribute" and text_of(node.child_by_field_name("object")) == "self":
        yield text_of(node.child_by_field_name("attribute")), True
