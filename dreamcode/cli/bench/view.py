"""What a person sees of a benchmark run: a live table by difficulty, or a line now and then."""

import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dreamcode.bench.measures import GROUPINGS, group_by, measure_spending, solved
from dreamcode.cli.train_view import duration
from dreamcode.results import Result

SECONDS_BETWEEN_LINES = 10.0
Prices = tuple[float, float] | None


class BenchView(Protocol):
    """Follows a run; a context in which results come."""

    def say(self, message: str) -> None:
        """Something worth a line."""
        ...

    def add(self, result: Result, known: bool) -> None:
        """Another problem is done."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Tally:
    """What the results so far come to.

    Args:
        difficulties: of all problems, by id.
        prices: dollars for a million tokens read and written.
    """

    def __init__(self, difficulties: Mapping[str, str], prices: Prices) -> None:
        self._difficulties = difficulties
        self._prices = prices
        self._results: list[Result] = []
        self._started = time.monotonic()
        self._fresh = 0

    def start(self) -> None:
        """The clock of the rate begins now: models are loaded."""
        self._started = time.monotonic()

    def add(self, result: Result, known: bool) -> None:
        """Another problem is done."""
        self._results.append(result)
        self._fresh += not known

    @property
    def done(self) -> int:
        """Problems that are done."""
        return len(self._results)

    def line(self) -> str:
        """How far it is, at what rate, and what it cost."""
        seconds = time.monotonic() - self._started
        parts = [f"{self.done} of {len(self._difficulties)} problems"]
        if self._results:
            share = sum(map(solved, self._results)) / self.done
            parts.append(f"{100 * share:.1f} % solved")
            if self._fresh:
                pace = seconds / self._fresh
                parts.append(f"{60 / pace:.1f} a minute")
                parts.append(f"{duration(pace * (len(self._difficulties) - self.done))} left")
            spent = measure_spending(self._results, self._prices)
            parts.append(f"{spent['completion_tokens']:,} tokens")
            if "dollars" in spent:
                parts.append(f"${spent['dollars']:.2f}")
        return " · ".join(parts)

    def draw(self) -> RenderableType:
        """A table by difficulty and the line."""
        totals = Counter(self._difficulties.values())
        groups = group_by(self._results, GROUPINGS["difficulty"])
        table = Table("difficulty", "done", "solved", "oracle")
        for label, own in groups.items():
            share = sum(map(solved, own)) / len(own)
            oracle = sum(any(result.graded) for result in own) / len(own)
            table.add_row(
                Text(label or "all"),
                f"{len(own)} of {totals[label]}",
                f"{100 * share:.1f} %",
                f"{100 * oracle:.1f} %",
            )
        return Group(table, Text(self.line(), style="bold"))


class LiveBenchView:
    """The table, redrawn in place."""

    def __init__(self, console: Console, tally: Tally) -> None:
        self._console = console
        self._tally = tally
        self._live = Live(
            get_renderable=tally.draw, console=console, refresh_per_second=4, transient=True
        )

    def say(self, message: str) -> None:
        """The message, above the table."""
        self._console.print(Text(message, style="dim"))

    def add(self, result: Result, known: bool) -> None:
        """Counts it; the next drawing shows it."""
        self._tally.add(result, known)

    def __enter__(self) -> Self:
        self._tally.start()
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()


class LineBenchView:
    """A line every few seconds, for logs; none at all if `quiet`."""

    def __init__(self, console: Console, tally: Tally, *, quiet: bool) -> None:
        self._console = console
        self._tally = tally
        self._quiet = quiet
        self._last = time.monotonic()

    def say(self, message: str) -> None:
        """The message."""
        if not self._quiet:
            self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def add(self, result: Result, known: bool) -> None:
        """Counts it, and tells of it now and then."""
        self._tally.add(result, known)
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            self.say(self._tally.line())

    def __enter__(self) -> Self:
        self._tally.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tally.done:
            self.say(self._tally.line())


def open_bench_view(
    console: Console, difficulties: Mapping[str, str], prices: Prices, *, quiet: bool
) -> BenchView:
    """The view that fits where the output goes."""
    tally = Tally(difficulties, prices)
    if console.is_terminal and not quiet:
        return LiveBenchView(console, tally)
    return LineBenchView(console, tally, quiet=quiet)
