"""The search tree as text: a branch from branching to branching, and what its signs mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat

from rich.cells import chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from dreamcode.cli.output import visible
from dreamcode.results import Program, Result
from dreamcode.rewards.falls import find_fall
from dreamcode.runs.branches import (
    Look,
    Mark,
    describe_scale,
    living_first,
    mark_node,
    straight_path,
)
from dreamcode.runs.trace import Node, Trace, name_step

STYLES: dict[Look, str] = {"right": "bold green", "wrong": "red", "cut": "yellow", "plain": "dim"}

FALL = "▼"
"""Stands before the reward of the function with which it falls."""

TITLE = "functions written so far"


@dataclass(slots=True)
class _Branch:
    """A branch that is drawn: its own lines, without guides, and those that follow."""

    lines: list[Text]
    following: list["_Branch"] = field(default_factory=list)


class DrawnTree:
    """The tree of a search and its legend, in at most so many lines; what is left out is counted.

    Nothing of a branch is cut off: it goes on in the next line, wherever that is possible
    between two functions.

    Args:
        trace: the search, which may go on meanwhile.
        lines: most lines.
    """

    def __init__(self, trace: Trace, lines: int) -> None:
        self._trace = trace
        self._most = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        legend = list_legend(self._trace)
        under = pack([Text(words, style="dim") for words in legend], width, Text(" · ", "dim"))
        around = 2 + len(under)  # the title, and a line on what is left out
        yield Text(TITLE, style="bold")
        yield from _Drawing(self._trace, width, max(1, self._most - around)).lines
        yield from under


class _Drawing:
    """The lines of a tree at a width."""

    def __init__(self, trace: Trace, width: int, left: int) -> None:
        self._scored = bool(trace.reward_model)
        self._width = width
        self._left = left
        self._hidden = 0
        branches = self._pick(trace.root, 1)
        if self._hidden:
            plural = "es" if self._hidden > 1 else ""
            branches.append(_Branch([Text(f"… {self._hidden} more branch{plural}", style="dim")]))
        self.lines = [*_add_guides(branches, "", width)]

    def _pick(self, parent: Node, depth: int) -> list[_Branch]:
        """The branches behind `parent` for which there is room, those with life first."""
        picked: list[_Branch] = []
        for child in living_first(parent):  # to whose children the search may add meanwhile
            path = straight_path(child)
            lines = self._write(path, self._width - _indent(depth, self._width))
            first = not picked and depth == 1
            if len(lines) > self._left and not first:
                self._hidden += 1
                continue
            branch = _Branch(lines[: max(1, self._left)])
            self._left -= len(branch.lines)
            branch.following = self._pick(path[-1], depth + 1)
            picked.append(branch)
        return picked

    def _write(self, path: Sequence[Node], width: int) -> list[Text]:
        last = path[-1]
        pieces = [draw_mark(mark_node(last))] if mark_node(last) else []
        if last.samples > 1:
            pieces.append(Text(f"×{last.samples}", style="magenta"))
        if last.sample:
            pieces.append(Text(f"sample {last.sample}", style="dim"))
        if last.recombined:
            pieces.append(Text("recombined", style="magenta"))
        head = Text("  ").join(pieces)
        steps = [
            draw_step(
                node.name, node.reward if self._scored else node.likelihood, node.falls, node.origin
            )
            for node in path
        ]
        return pack([head, *steps] if head else steps, width, Text(" → ", "dim"), bool(head))


class DrawnChain:
    """A program's functions in a row, with what is known of each.

    Args:
        result: what the program is part of.
        program: the program.
    """

    def __init__(self, result: Result, program: Program) -> None:
        texts = accumulate(program.steps)
        fall = find_fall(program.rewards, result.reward_model)
        self._steps = [
            draw_step(name_step(source, text), reward, place == fall, origin)
            for place, (source, text, reward, origin) in enumerate(
                zip(
                    texts,
                    program.steps,
                    program.rewards or repeat(None),
                    program.origins or repeat(0),
                    strict=False,
                )
            )
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from pack(self._steps, options.max_width, Text(" → ", "dim"))


def draw_step(name: str, number: float | None, falls: bool, origin: int) -> Text:
    """A function: its name, what it was given, whether that falls, and the sample it is from."""
    step = Text(visible(name), style="cyan")
    if number is not None:
        style = "bold yellow" if falls else "default"
        step.append(f" {FALL if falls else ''}{number:.2f}", style)
    if origin:
        step.append(f" from sample {origin}", "magenta")
    return step


def draw_mark(mark: Mark | None) -> Text:
    """A mark in its colour; nothing where there is none."""
    return Text(mark.words, style=STYLES[mark.look]) if mark else Text("")


def list_legend(trace: Trace) -> list[str]:
    """What the signs in the tree mean, those that are in it."""
    nodes = [*_walk(trace.root)]
    scale = describe_scale(trace.reward_model)
    numbers = [node.reward if trace.reward_model else node.likelihood for node in nodes]
    marks = {(mark_node(node) or Mark("plain", "")).words[:1] for node in nodes}
    signs = {
        f"numbers: {scale}": any(number is not None for number in numbers),
        f"{FALL} the reward falls here": any(node.falls for node in nodes),
        "×2: samples with the same text": any(node.samples > 1 for node in nodes),
        "recombined: functions of several samples": any(node.recombined for node in nodes),
        "✓ ✗ public tests passed": bool(marks & {"✓", "✗"}),
        "✂ dropped, and why": "✂" in marks,
        "… being written": "…" in marks,
    }
    return [words for words, there in signs.items() if there]


def pack(pieces: Sequence[Text], width: int, between: Text, head: bool = False) -> list[Text]:
    """Pieces in as few lines as they need; what does not fit goes on in the next, indented.

    Args:
        pieces: what must stay in one line where it can.
        width: cells per line.
        between: what stands between two pieces.
        head: whether the first piece stands for itself, with only spaces behind it.
    """
    lines: list[Text] = []
    for place, piece in enumerate(pieces):
        gap = Text("  ") if head and place == 1 else between
        if lines and lines[-1].cell_len + gap.cell_len + piece.cell_len <= width:
            lines[-1].append_text(gap).append_text(piece)
        elif lines:
            lines += _fold(Text("  ").append_text(gap[1:]).append_text(piece), width)
        else:
            lines += _fold(piece, width)
    return lines


def _fold(line: Text, width: int) -> Iterator[Text]:
    """The line in pieces of at most `width` cells, cut between words where there are several."""
    while line.cell_len > width:
        fitting = len(chop_cells(line.plain, width)[0])
        space = line.plain.rfind(" ", 0, fitting + 1)
        cut = space if len(line.plain[: max(0, space)].strip()) > 1 else fitting
        yield line[:cut]
        line = Text("  ").append_text(line[cut + (cut == space) :])
    yield line


def _walk(root: Node) -> Iterator[Node]:
    waiting = [*root.children]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children


def _indent(depth: int, width: int) -> int:
    """Cells before a branch: two per level, as long as half of the width is left to read."""
    return min(2 * depth, width // 4 * 2)


def _add_guides(branches: Sequence[_Branch], above: str, width: int) -> Iterator[Text]:
    """The lines of branches behind what shows where they belong."""
    for place, branch in enumerate(branches, start=1):
        last = place == len(branches)
        room = width // 4 * 2
        for number, line in enumerate(branch.lines):
            own = ("└ " if last else "├ ") if number == 0 else ("  " if last else "│ ")
            guides = (above + own)[-room:]
            yield Text(guides, style="dim").append_text(line)
        yield from _add_guides(branch.following, above + ("  " if last else "│ "), width)
