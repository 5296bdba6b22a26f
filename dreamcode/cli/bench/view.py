"""What is shown of a benchmark run: a table by difficulty, or a line now and then."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from rich.console import Group
from rich.table import Table
from rich.text import Text

from dreamcode.bench.measures import GROUPINGS, group_by, measure_spending, solved
from dreamcode.cli.live import View
from dreamcode.results import Result
from dreamcode_training.progress import format_seconds


@asynccontextmanager
async def follow_results(
    view: View, difficulties: Mapping[str, str]
) -> AsyncIterator[Callable[[Result, bool], None]]:
    """Shows what the results come to until the context ends.

    Args:
        view: where it is shown.
        difficulties: difficulty of each problem, by id.

    Yields:
        What is to be told of each result, and whether it was known already.
    """
    tally = _Tally(difficulties)

    def add(result: Result, known: bool) -> None:
        tally.add(result, known)
        view.update(tally.line)

    with view.show(tally):
        try:
            with view.keep_telling(tally.line):
                yield add
        finally:
            if tally.done:
                view.update(tally.line, due=True)


class _Tally:
    """What the results so far come to; the clock of the rate begins when it is made."""

    def __init__(self, difficulties: Mapping[str, str]) -> None:
        self._difficulties = difficulties
        self._results: list[Result] = []
        self._started = time.monotonic()
        self._fresh = 0

    def add(self, result: Result, known: bool) -> None:
        self._results.append(result)
        self._fresh += not known

    @property
    def done(self) -> int:
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
                parts.append(f"{60 / pace:.1f} per minute")
                parts.append(f"{format_seconds(pace * (len(self._difficulties) - self.done))} left")
            spent = measure_spending(self._results)
            parts.append(f"{spent['completion_tokens']:,} tokens")
            if "dollars" in spent:
                parts.append(f"${spent['dollars']:.2f}")
        return " · ".join(parts)

    def __rich__(self) -> Group:
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
