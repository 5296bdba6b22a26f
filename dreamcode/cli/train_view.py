"""What a person sees of a training run: bars with rate and time left, or plain lines."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from dreamcode_training.plan import Plan
    from dreamcode_training.progress import Progress

SECONDS_BETWEEN_LINES = 5.0
UNITS = {"chains": "programs", "labels": "rollouts", "prm": "tokens", "eval": "programs"}
COUNTED = {
    "chains": ("policy tokens", "programs"),
    "labels": ("policy tokens", "rollouts", "programs"),
    "prm": ("training tokens",),
    "eval": ("programs",),
}
"""What is worth a number in the plan of each stage."""


class TrainView(Protocol):
    """Follows a training run."""

    def say(self, line: str) -> None:
        """What begins, is skipped or falls back."""
        ...

    def tell(self, progress: "Progress") -> None:
        """How far the stage is."""
        ...


class Lines:
    """Plain lines for logs and pipes, one every few seconds and one at the end of a stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._last = time.monotonic()

    def say(self, line: str) -> None:
        """The line with the time."""
        seconds = time.monotonic() - self._started
        self._console.print(
            f"[{seconds:7.1f} s] {line}", markup=False, highlight=False, soft_wrap=True
        )

    def tell(self, progress: "Progress") -> None:
        """A line, if the last one was a while ago."""
        now = time.monotonic()
        if progress.done == progress.total or now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            what = "steps" if progress.stage == "prm" else "problems"
            done = f"{progress.done} of {progress.total} {what}"
            self.say(f"{progress.stage}: {done}, {describe(progress)}")


class LiveBars:
    """A bar a stage, redrawn in place."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def say(self, line: str) -> None:
        """The line, above the bars."""
        self._bars.console.print(Text(line, style="dim"), soft_wrap=True)

    def tell(self, progress: "Progress") -> None:
        """Moves the stage's bar."""
        stage = progress.stage
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=progress.total, note="")
        self._bars.update(
            self._tasks[stage],
            completed=progress.done,
            total=progress.total,
            note=describe(progress),
        )


class Silence:
    """Shows nothing: the view of all but the first of several processes."""

    def say(self, line: str) -> None:
        """Nothing."""

    def tell(self, progress: "Progress") -> None:
        """Nothing."""


@contextmanager
def open_train_view(console: Console) -> Iterator[TrainView]:
    """The view that fits where the output goes."""
    if os.environ.get("RANK", "0") != "0":
        yield Silence()
        return
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        TextColumn("{task.description:6}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bars(*columns, console=console) as bars:
        yield LiveBars(bars)


def describe(progress: "Progress") -> str:
    """Rate and time left, in words."""
    left = progress.seconds_left
    rate = f"{progress.rate:,.1f} {UNITS[progress.stage]}/s"
    if progress.done == progress.total or left is None:
        return rate
    return f"{rate}, {duration(left)} left"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def draw_plan(plan: "Plan", console: Console) -> None:
    """The plan as a table; a question mark where nothing is known without sampling."""

    def number(value: float | None, due: str | None) -> str:
        return "-" if due is None else "?" if value is None else f"{value:,.0f}"

    columns = ("policy tokens", "rollouts", "programs", "training tokens")
    table = Table("stage", "", *columns, "time")
    for cost in plan.stages:
        counts = (cost.policy_tokens, cost.rollouts, cost.programs, cost.training_tokens)
        # What a stage never has stays empty, so that a question mark is a real one.
        cells = [
            number(value, cost.due) if column in COUNTED[cost.stage] else ""
            for column, value in zip(columns, counts, strict=True)
        ]
        time_needed = "-" if cost.due is None else "?"
        if cost.seconds is not None:
            time_needed = duration(cost.seconds)
        table.add_row(
            cost.stage, f"runs: {cost.due}" if cost.due else "up to date", *cells, time_needed
        )
    console.print(table)
    for note in plan.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    if plan.seconds:
        console.print(f"in all about {duration(plan.seconds)}", highlight=False)
