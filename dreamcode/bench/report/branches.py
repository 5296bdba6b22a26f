"""The search tree as a flat list of branches, from branching to branching, for JSON."""

from dataclasses import dataclass
from typing import Literal

from dreamcode.grading.judge import Grade
from dreamcode.policies.policy import Ending
from dreamcode.runs.trace import Node
from dreamcode.search.search import Pruning
from dreamcode_sandbox.verdicts import Verdict

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
        nodes: one a step.
        texts: their steps' own text.
        mark: how the last one stands; None where it only branches.
        children: places of those that follow in the list of branches.
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
        following = sorted(path[-1].children, key=lambda child: child.dropped is not None)
        first = len(paths)
        paths += [_straight_path(child) for child in following]
        above += [path[-1].source] * len(following)
        children.append(tuple(range(first, len(paths))))
    branches = [
        Branch(path, _cut(path, source), _mark(path[-1]), own)
        for path, source, own in zip(paths, above, children, strict=True)
    ]
    branches[0] = Branch((), (), None, children[0])
    return branches


def mark_report(verdict: Verdict, passed: int, tests: int) -> Mark:
    """How many public tests passed, and the verdict where not all did."""
    if verdict is Verdict.ACCEPTED:
        return Mark("right", f"✓ {passed}/{tests}")
    return Mark("wrong", f"✗ {passed}/{tests} {verdict}")


def mark_grade(grade: Grade) -> Mark:
    """What all tests said, the run ending at the first that failed."""
    if grade.accepted:
        return Mark("right", f"✓ {grade.verdict}")
    return Mark("wrong", f"✗ {grade.verdict}, {grade.passed}/{grade.tests}")


def _straight_path(node: Node) -> tuple[Node, ...]:
    path = [node]
    while len(path[-1].children) == 1:
        path.append(path[-1].children[0])
    return tuple(path)


def _cut(path: tuple[Node, ...], above: str) -> tuple[str, ...]:
    """What each node adds to the text before it."""
    before = (above, *(node.source for node in path[:-1]))
    return tuple(node.source[len(text) :] for node, text in zip(path, before, strict=True))


def _mark(node: Node) -> Mark | None:
    if node.report is not None:
        return mark_report(node.report.verdict, node.report.passed, node.report.tests)
    if node.ending is Ending.LENGTH:
        return Mark("cut", f"✂ {Pruning.CUT_OFF}")
    if node.ending is Ending.PROGRAM:
        return Mark("plain", "finished")
    if node.dropped is not None:
        number = "" if node.chain_reward is None else f" {node.chain_reward:.2f}"
        return Mark("cut", f"✂ {node.dropped}{number}")
    return None if node.children else Mark("plain", "…")
