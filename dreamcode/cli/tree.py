"""The search tree as text: one line from branching to branching."""

from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from dreamcode.cli.output import visible
from dreamcode.runs.branches import Look, Mark, living_first, mark_node, straight_path
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
    for child in living_first(parent):  # to whose children the search may add meanwhile
        path = straight_path(child)
        if left > 0:
            branch = tree.add(_line(path))
            left = _add_branches(branch, path[-1], left - 1)
        else:
            left = left - 1
    return left


def _line(path: Sequence[Node]) -> Text:
    last = path[-1]
    line = Text(overflow="ellipsis", no_wrap=True)
    # The mark comes first, where a narrow window cannot cut it.
    line.append_text(draw_mark(mark_node(last))).append("  ")
    if last.samples > 1:
        line.append(f"×{last.samples}  ", style="magenta")
    for index, node in enumerate(path):
        if index:
            line.append(" → ", style="dim")
        line.append(visible(node.name), style="cyan")
        if node.reward is not None:
            line.append(f" {node.reward:.2f}")
        elif node.likelihood is not None:
            line.append(f" {node.likelihood:.2f}", style="dim")
    return line


def draw_mark(mark: Mark | None) -> Text:
    """A mark in its colour; nothing where there is none."""
    return Text(mark.words, style=STYLES[mark.look]) if mark else Text("")
