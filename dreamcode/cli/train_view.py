"""What is shown of a training run: a bar per stage with rate and time left, or lines; its plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from dreamcode.cli.fitting import print_table
from dreamcode.cli.live import View
from dreamcode_training.progress import format_seconds

if TYPE_CHECKING:
    from dreamcode_training.plan import Plan
    from dreamcode_training.progress import OnProgress, Progress

UNITS = {"chains": "programs", "labels": "rollouts", "prm": "tokens", "eval": "programs"}
COUNTED = {
    "chains": ("policy tokens", "programs"),
    "labels": ("policy tokens", "rollouts", "programs"),
    "prm": ("training tokens",),
    "eval": ("programs",),
}
"""What is worth a number in the plan of each stage."""


@contextmanager
def follow_stages(view: View) -> Iterator["OnProgress"]:
    """Shows how far the stages are until the context ends; yields what is to be told of it."""
    bars = Bars(
        TextColumn("{task.description:6}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    tasks: dict[str, TaskID] = {}
    last = "at work"

    def tell(progress: "Progress") -> None:
        stage, done, total = progress.stage, progress.done, progress.total
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total, note="")
        bars.update(tasks[stage], completed=done, total=total, note=describe(progress))
        nonlocal last
        what = "steps" if stage == "prm" else "problems"
        last = f"{stage}: {done} of {total} {what}, {describe(progress)}"
        view.update(lambda: last, due=done == total)

    with view.show(bars, keep=True), view.keep_telling(lambda: last):
        yield tell


def describe(progress: "Progress") -> str:
    """Rate and time left, in words."""
    left = progress.seconds_left
    rate = f"{progress.rate:,.1f} {UNITS[progress.stage]}/s"
    if progress.done == progress.total or left is None:
        return rate
    return f"{rate}, {format_seconds(left)} left"


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
            time_needed = format_seconds(cost.seconds)
        table.add_row(
            cost.stage, f"runs: {cost.due}" if cost.due else "up to date", *cells, time_needed
        )
    print_table(table, console)
    for note in plan.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    if plan.seconds:
        console.print(f"in all about {format_seconds(plan.seconds)}", highlight=False)
