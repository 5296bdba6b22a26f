"""What is shown of a search: the tree of functions, or lines about what it writes and runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from dreamcode.cli.live import View
from dreamcode.cli.tree import draw_tree
from dreamcode.codec import decode
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.trace import Trace
from dreamcode_sandbox.cases import Report

LINES_AROUND_TREE = 6


@contextmanager
def follow_search(view: View, trace: Trace, journal: Journal) -> Iterator[None]:
    """Feeds `trace` with what `journal` gets, and shows it until the context ends."""
    growth = _Growth(trace, journal)

    def tell(record: Record) -> None:
        trace.feed(record)
        if record.kind == "write":
            view.update(lambda: f"writing: {growth.counters}")
        elif record.kind == "run":
            report = decode(Report, record.answer)
            tests = f"{report.passed} of {report.tests} public tests"
            view.update(lambda: f"program {trace.programs}: {report.verdict}, {tests}", due=True)

    journal.listen(tell)
    with view.show(growth):
        yield


class _Growth:
    """The tree as it is now, with counters below."""

    def __init__(self, trace: Trace, journal: Journal) -> None:
        self._trace = trace
        self._journal = journal

    @property
    def counters(self) -> str:
        trace = self._trace
        return f"{trace.tokens:,} tokens · {trace.calls:,} calls · {trace.programs:,} programs run"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield draw_tree(self._trace.root, max(3, console.height - LINES_AROUND_TREE))
        yield Text(f"{self.counters} · {self._journal.seconds:.1f} s", style="bold")
