"""The search tree as text: one line from branching to branching."""

from collections.abc import Iterator

from rich.text import Text
from rich.tree import Tree

from dreamcode.runs.branches import Look, Mark, mark_node
from dreamcode.runs.trace import Node

STYLES: dict[Look, str] = {"right": "bold green", "wrong": "red", "cut": "yellow", "plain": "dim"}


def draw_tree(root: Node, lines: int) -> Tree:
    """The tree under `root`, at most `lines` lines of it, with a count of what is left out."""
    tree = Tree(Text("functions written so far", style="bold"), guide_style="dim")
    left = _add_branches(tree, root, lines)
    if left < 0:
        tree.add(Text(f"… {-left} more branches", style="dim"))
    return tree


def _add_branches(tree: Tree, parent: Node, left: int) -> int:
    """Adds one line per child; returns the lines left, below zero where some found no place."""
    # Dropped branches last: where room is scarce, what is alive is seen. A list of its own,
    # because the search may add to the children meanwhile.
    for child in sorted(parent.children, key=lambda child: child.dropped is not None):
        path = list(_straight_path(child))
        if left > 0:
            branch = tree.add(_line(path))
            left = _add_branches(branch, path[-1], left - 1)
        else:
            left = left - 1
    return left


def _straight_path(node: Node) -> Iterator[Node]:
    """`node` and its only descendants, down to where the tree branches or ends."""
    yield node
    while len(node.children) == 1:
        node = node.children[0]
        yield node


def _line(path: list[Node]) -> Text:
    last = path[-1]
    line = Text(overflow="ellipsis", no_wrap=True)
    line.append_text(draw_mark(mark_node(last))).append(
        "  "
    )  # first, where a narrow window cannot cut it
    if last.samples > 1:
        line.append(f"×{last.samples}  ", style="magenta")
    for index, node in enumerate(path):
        if index:
            line.append(" → ", style="dim")
        line.append(node.name, style="cyan")
        if node.reward is not None:
            line.append(f" {node.reward:.2f}")
        elif node.likelihood is not None:
            line.append(f" {node.likelihood:.2f}", style="dim")
    return line


def draw_mark(mark: Mark | None) -> Text:
    """A mark in its colour; nothing where there is none."""
    return Text(mark.words, style=STYLES[mark.look]) if mark else Text("")
