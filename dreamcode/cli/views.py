"""What a person sees while a search runs: a live tree, plain lines, or nothing."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from dreamcode.cli.tree import draw_tree
from dreamcode.codec import decode
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.trace import Trace
from dreamcode_sandbox.cases import Report

LINES_AROUND_TREE = 6


class View(Protocol):
    """Follows a run."""

    def say(self, message: str) -> None:
        """Something worth a line: a fallback, a retry, what is being loaded."""
        ...

    def follow(self, trace: Trace, journal: Journal) -> AbstractContextManager[object]:
        """Shows a search as it goes, until the context ends."""
        ...


class SilentView:
    """Shows nothing."""

    def say(self, message: str) -> None:
        """Nothing."""

    def follow(self, trace: Trace, journal: Journal) -> AbstractContextManager[object]:
        """Nothing either, but the trace is kept."""
        journal.listen(trace.feed)
        return nullcontext()


class LineView:
    """Lines, for logs and pipes: one a program that ran, and one a second while it writes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._last_counters = 0.0

    def say(self, message: str) -> None:
        """The message with the time."""
        seconds = time.monotonic() - self._started
        self._console.print(f"[{seconds:6.1f} s] {message}", markup=False, soft_wrap=True)

    def follow(self, trace: Trace, journal: Journal) -> AbstractContextManager[object]:
        """Says how far the policy is and what became of every program that ran."""

        def tell(record: Record) -> None:
            trace.feed(record)
            if record.kind == "write":
                now = time.monotonic()
                if now - self._last_counters >= 1:
                    self._last_counters = now
                    self.say(f"writing: {_counters(trace)}")
            elif record.kind == "run":
                report = decode(Report, record.answer)
                self.say(
                    f"program {trace.programs}: {report.verdict}, "
                    f"{report.passed} of {report.tests} public tests"
                )

        journal.listen(tell)
        return nullcontext()


class LiveView:
    """The tree of functions, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, message: str) -> None:
        """The message, above the tree."""
        self._console.print(Text(message, style="dim"))

    def follow(self, trace: Trace, journal: Journal) -> AbstractContextManager[object]:
        """The tree and the counters, several times a second."""
        journal.listen(trace.feed)

        def draw() -> RenderableType:
            lines = max(3, self._console.height - LINES_AROUND_TREE)
            seconds = f"{journal.seconds:.1f} s"
            counters = Text(f"{_counters(trace)} · {seconds}", style="bold")
            return Group(draw_tree(trace.root, lines), counters)

        return Live(
            get_renderable=draw, console=self._console, refresh_per_second=8, transient=True
        )


def open_view(console: Console, *, quiet: bool) -> View:
    """The view that fits where the output goes."""
    if quiet:
        return SilentView()
    return LiveView(console) if console.is_terminal else LineView(console)


def _counters(trace: Trace) -> str:
    return f"{trace.tokens:,} tokens · {trace.calls:,} calls · {trace.programs:,} programs run"
