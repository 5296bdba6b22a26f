"""Whether a JSON value can be what a Python annotation says."""

import ast
from typing import Any


def fits(value: Any, annotation: str) -> bool:
    """False only where the value surely is not of that type; unknown types fit anything.

    Lists fit linked lists and trees, and so does null; a number or text is a tree's node.
    """
    try:
        return not annotation or _fits(value, ast.parse(annotation, mode="eval").body)
    except SyntaxError:  # a note in quotes, not a type
        return True


def _fits(value: Any, node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(quoted)):
            return fits(value, quoted)
        case ast.Constant(value=None):
            return value is None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _fits(value, left) or _fits(value, right)
        case ast.Attribute(attr=name):  # typing.List
            return _fits(value, ast.Name(name))
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            return _fits_generic(value, name, inner)
        case ast.Name(id=name):
            return _fits_name(value, name)
    return True


def _fits_name(value: Any, name: str) -> bool:
    match name:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "list" | "List" | "tuple" | "Tuple":
            return isinstance(value, list)
        case "dict" | "Dict":
            return isinstance(value, dict)
        case "ListNode":
            return value is None or isinstance(value, list)
        case "TreeNode":
            return not isinstance(value, dict | bool)
    return True


def _fits_generic(value: Any, name: str, inner: ast.expr) -> bool:
    match name:
        case "Optional":
            return value is None or _fits(value, inner)
        case "Union" if isinstance(inner, ast.Tuple):
            return any(_fits(value, item) for item in inner.elts)
        case "list" | "List":
            return isinstance(value, list) and all(_fits(item, inner) for item in value)
    return _fits_name(value, name)
