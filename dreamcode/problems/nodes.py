"""Problems on linked lists and trees, and those that change their argument, as LeetCode has them.

Their tests say in JSON what the function gets and gives as nodes; `dreamcode_sandbox` converts.
"""

import ast
import re
from dataclasses import replace
from typing import Any

from dreamcode.problems.signature import Signature
from dreamcode_sandbox.cases import CallForm

NODES = ("ListNode", "TreeNode")
_LISTS = ("list", "List")
_WRAPPERS = ("Optional", "Union")
_IN_PLACE = re.compile(
    r"do not return anything|modif\w+\W+(?:\S+\s+){0,4}in[- ]place", re.IGNORECASE
)


def kind_of(annotation: str) -> str | None:
    """What values of this type are, as `CallForm` names it: "" for JSON as it is.

    Returns:
        None for types that cannot be written as JSON here, such as `Node`.
    """
    if not re.search(r"Node\b", annotation):
        return ""
    try:
        return _kind(ast.parse(annotation, mode="eval").body)
    except SyntaxError:
        return None


def find_form(signature: Signature, arguments: list[Any], output: Any) -> CallForm | None:
    """How a test's values are meant; None where all of them are meant as they are.

    Raises:
        ValueError: a type has no JSON form; says which.
    """
    parameters = (signature.parameters or ())[: len(arguments)]
    kinds = []
    for annotation in (*(parameter.annotation for parameter in parameters), signature.returns):
        kind = kind_of(annotation)
        if kind is None:
            raise ValueError(
                f"{annotation} has no form that tests could be written in: only ListNode, "
                "TreeNode and lists of them are supported so far"
            )
        kinds.append(kind)
    *given, answer = kinds
    changed = _find_changed(signature, given, arguments) if output is not None else None
    if changed is not None:
        answer = given[changed]
    if answer == "TreeNode" and not isinstance(output, list | None):
        answer = "value"
    if changed is None and not any((*given, answer)):
        return None
    return CallForm(tuple(given), answer, changed)


def tidy(value: Any, kind: str) -> Any:
    """An expected answer as the sandbox tells it: null is an empty list, nulls at the end go."""
    if kind.startswith("["):
        return [tidy(one, kind[1:-1]) for one in value] if isinstance(value, list) else value
    if kind in NODES and value is None:
        return []
    if kind == "TreeNode":
        value = list(value)
        while value and value[-1] is None:
            value.pop()
    return value


def settle_result(signature: Signature, text: str) -> Signature:
    """The signature, with the result None where `text` says that nothing is returned."""
    if not signature.returns and _IN_PLACE.search(text):
        return replace(signature, returns="None")
    return signature


def _find_changed(signature: Signature, kinds: list[str], arguments: list[Any]) -> int | None:
    """The argument that a function without a result must change: the first that can be changed."""
    if signature.returns != "None":
        return None
    places = range(len(arguments))
    found = (at for at in places if kinds[at] in NODES or isinstance(arguments[at], list | dict))
    return next(found, None)


def _kind(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(quoted)):
            return kind_of(quoted)
        case ast.Name(id=name) if name in NODES:
            return name
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _single([left, right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            if name in _WRAPPERS:
                return _single(inner.elts if isinstance(inner, ast.Tuple) else [inner])
            inside = _kind(inner)
            return f"[{inside}]" if name in _LISTS and inside else None
    return None


def _single(nodes: list[ast.expr]) -> str | None:
    """The kind of what is either None or one type."""
    rest = [node for node in nodes if not (isinstance(node, ast.Constant) and node.value is None)]
    return _kind(rest[0]) if len(rest) == 1 else None
