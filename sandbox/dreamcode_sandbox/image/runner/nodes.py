"""Linked lists and trees as LeetCode writes them: [3, 1, 2] and [1, null, 2]."""

from collections import deque
from collections.abc import Callable
from typing import Any


class ListNode:
    """LeetCode's own class of this name."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:
        self.val = val
        self.next = next


class TreeNode:
    """LeetCode's own class of this name."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val = val
        self.left = left
        self.right = right


def provide(request: dict[str, Any], names: dict[str, Any]) -> None:
    """Puts classes of its own where the program finds them, if the test needs them."""
    if request["form"]:
        for known in (ListNode, TreeNode):  # what a program does to them, no other test sees
            name = known.__name__
            names[name] = type(name, (known,), {"__module__": names["__name__"]})


def call(function: Callable[..., Any], request: dict[str, Any], names: dict[str, Any]) -> Any:
    """What `function` answers, as a JSON value where it is made of nodes.

    Args:
        function: the program's function.
        request: its `arguments` as JSON values, and their `form`; see `cases.CallForm`.
        names: the program's globals; it may have defined the classes itself.
    """
    form = request["form"]
    if not form:
        return function(*request["arguments"])
    arguments: list[Any] = []
    for value, kind in zip(request["arguments"], form["arguments"], strict=True):
        arguments.append(_make(value, kind, names, arguments))
    answer = function(*arguments)
    return _tell(answer if form["changed"] is None else arguments[form["changed"]], form["answer"])


def _make(value: Any, kind: str, names: dict[str, Any], before: list[Any]) -> Any:
    if kind.startswith("["):
        return [_make(one, kind[1:-1], names, before) for one in value]
    if kind == "ListNode":
        return _make_list(value, names[kind])
    if kind == "TreeNode":
        return _make_tree(value, names[kind]) if isinstance(value, list) else _find(value, before)
    return value


def _make_list(values: Any, node: Any) -> Any:
    first = None
    for value in reversed(values or ()):
        made = node(value)
        made.next, first = first, made
    return first


def _make_tree(values: Any, node: Any) -> Any:
    """Level by level; a node that is null has no children in the list."""
    if not values or values[0] is None:
        return None
    root = node(values[0])
    above, rest = deque([root]), iter(values[1:])
    while above:
        parent = above.popleft()
        for side in ("left", "right"):
            value = next(rest, None)
            child = None if value is None else node(value)
            setattr(parent, side, child)
            if child is not None:
                above.append(child)
    return root


def _find(value: Any, before: list[Any]) -> Any:
    """The node of an earlier tree that has this value: how LeetCode names a node."""
    waiting = [one for one in before if hasattr(one, "left")]
    while waiting:
        node = waiting.pop()
        if node.val == value:
            return node
        waiting += [child for child in (node.left, node.right) if child is not None]
    return None


def _tell(answer: Any, kind: str) -> Any:
    if kind.startswith("["):
        return [_tell(one, kind[1:-1]) for one in answer]
    if not kind:
        return answer
    wanted = "ListNode" if kind == "ListNode" else "TreeNode"
    if answer is not None and not hasattr(answer, "next" if wanted == "ListNode" else "left"):
        raise TypeError(f"a {wanted} or None is wanted, not {type(answer).__name__}")
    if kind == "value":
        return None if answer is None else answer.val
    values, seen = [], set()
    waiting = deque([answer])
    while waiting:
        node = waiting.popleft()
        if id(node) in seen and node is not None:
            raise ValueError(f"the answer comes back to its node {node.val!r}")
        seen.add(id(node))
        values.append(None if node is None else node.val)
        if node is not None:
            waiting += [node.next] if kind == "ListNode" else [node.left, node.right]
    if kind == "ListNode":
        return values[:-1]
    while values and values[-1] is None:
        values.pop()
    return values
