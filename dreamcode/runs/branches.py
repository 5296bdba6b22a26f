"""The search tree as a flat list of branches, from branching to branching, and how each stands."""

from dataclasses import dataclass
from typing import Literal

from dreamcode.policies.policy import Ending
from dreamcode.results import Grade
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.runs.trace import Node
from dreamcode.search.search import Pruning

Look = Literal["right", "wrong", "cut", "plain"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How something stands.

    Attributes:
        look: how to colour it.
        words: what to say.
    """

    look: Look
    words: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps in a row of which none but the last has several that follow.

    Attributes:
        nodes: one per step.
        texts: own text of each node's step.
        mark: how the last one stands; None where it only branches.
        children: places, in the list of branches, of those that follow.
    """

    nodes: tuple[Node, ...]
    texts: tuple[str, ...]
    mark: Mark | None
    children: tuple[int, ...]


def list_branches(root: Node) -> list[Branch]:
    """All branches under `root`, parents before children; the first one is empty: the root's.

    Dropped ones come after their siblings, as on a terminal. Not recursive, since a chain may
    be longer than Python's stack.
    """
    paths: list[tuple[Node, ...]] = [(root,)]
    above = [""]
    children: list[tuple[int, ...]] = []
    for path in paths:  # which grows meanwhile
        following = living_first(path[-1])
        first = len(paths)
        paths += [straight_path(child) for child in following]
        above += [path[-1].source] * len(following)
        children.append(tuple(range(first, len(paths))))
    branches = [
        Branch(path, _cut(path, source), mark_node(path[-1]), own)
        for path, source, own in zip(paths, above, children, strict=True)
    ]
    branches[0] = Branch((), (), None, children[0])
    return branches


def mark_public(grade: Grade) -> Mark:
    """How many public tests passed, and the verdict where not all did."""
    if grade.accepted:
        return Mark("right", f"✓ {grade.passed}/{grade.tests}")
    if not grade.tests:
        return Mark("wrong", f"✗ {grade.verdict}")
    return Mark("wrong", f"✗ {grade.passed}/{grade.tests} {grade.verdict}")


def mark_grade(grade: Grade) -> Mark:
    """What all tests said, the run ending at the first that failed."""
    if grade.accepted:
        return Mark("right", f"✓ {grade.verdict}")
    return Mark("wrong", f"✗ {grade.verdict}, {grade.passed}/{grade.tests}")


def describe_scale(reward_model: str) -> str:
    """What the numbers beside functions are, where rewards are that model's; "" if nobody's."""
    if reward_model == Likelihood.name:
        return "likelihood per token so far"
    return f"reward so far, by {reward_model}" if reward_model else "likelihood per token"


def living_first(node: Node) -> list[Node]:
    """The children in a list of its own, dropped ones last: where room is scarce, life is seen."""
    return sorted(node.children, key=lambda child: child.dropped is not None)


def straight_path(node: Node) -> tuple[Node, ...]:
    """`node` and its only descendants, down to where the tree branches or ends."""
    path = [node]
    while len(path[-1].children) == 1:
        path.append(path[-1].children[0])
    return tuple(path)


def _cut(path: tuple[Node, ...], above: str) -> tuple[str, ...]:
    """What each node adds to the text before it."""
    before = (above, *(node.source for node in path[:-1]))
    return tuple(node.source[len(text) :] for node, text in zip(path, before, strict=True))


def mark_node(node: Node) -> Mark | None:
    """How a node stands: growing, dropped and why, finished, or what the public tests said."""
    if node.public is not None:
        return mark_public(node.public)
    if node.ending is Ending.LENGTH:
        return Mark("cut", f"✂ {Pruning.CUT_OFF}")
    if node.ending is Ending.PROGRAM:
        return Mark("plain", "finished")
    if node.dropped is not None:
        return Mark("cut", ", ".join(filter(None, (f"✂ {node.dropped}", node.aggregate))))
    return None if node.children else Mark("plain", "…")
