"""What the commands of `dreamcode bench` that make a run share."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from dreamcode.bench.datasets.dataset import Part, parse_shard
from dreamcode.bench.measures import measure
from dreamcode.bench.official import official_files
from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.markdown import render_markdown
from dreamcode.bench.report.run import read_run
from dreamcode.cli.assembly import tell_stopped
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.live import say
from dreamcode.cli.settings import Settings
from dreamcode.codec import encode
from dreamcode.errors import DreamcodeError
from dreamcode.problems.limits import limit_time
from dreamcode.problems.task import Task
from dreamcode.runs.folder import MEASURES, PROBLEMS, problem_folder, write_whole
from dreamcode.runs.result_files import RESULTS, dump_results, load_result
from dreamcode_sandbox.errors import SandboxError

Report = dict[str, Any]

OFFICIAL = "official"


def limit_task(task: Task, seconds: float | None) -> Task:
    """The task with another time limit; None keeps its own."""
    exam = replace(task.exam, problem=limit_time(task.exam.problem, seconds))
    return replace(task, exam=exam)


def digest_problems(tasks: Iterable[Task]) -> str:
    """Differs where statements, tests or limits differ."""
    digest = hashlib.sha256()
    for task in tasks:
        known = [encode(task.exam.problem), task.exam.harness, task.digest]
        digest.update(json.dumps(known).encode())
    return digest.hexdigest()[:16]


def describe_window(tasks: Sequence[Task]) -> str:
    """First and last day of the contests; "" if none is dated."""
    days = [task.contest_date.date() for task in tasks if task.contest_date]
    return f"contests from {min(days)} to {max(days)}" if days else ""


def make_part(settings: Settings) -> Part:
    """The part of a data set that the settings ask for.

    Raises:
        InputError: the shard is not i/n.
    """
    return Part(
        settings.since,
        settings.before,
        settings.difficulty,
        settings.platform,
        settings.problem,
        settings.limit,
        parse_shard(settings.shard) if settings.shard else None,
    )


def record_results(
    folder: Path,
    problems: Sequence[str],
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    temperature: float | None = None,
    prices: tuple[float, float] | None = None,
) -> Report:
    """Does the work, then gathers the problems' results into the run's files.

    Whatever ends the work, results.jsonl gets what is there.

    Args:
        folder: of the run.
        problems: ids in the order of the benchmark.
        work: leaves a result in each problem's folder.
        temperature: of the samples, for the names of the official files.
        prices: see `dreamcode.bench.measures.measure`.

    Raises:
        KeyboardInterrupt: after a line that says how to go on.
    """
    try:
        asyncio.run(work())
    except (KeyboardInterrupt, DreamcodeError, SandboxError):
        if (folder / PROBLEMS).exists():
            tell_stopped(folder)
        raise
    finally:
        known = (load_result(problem_folder(folder, name)) for name in problems)
        results = [result for result in known if result is not None]
        write_whole(folder / RESULTS, dump_results(results))
    report = measure(results, prices=prices)
    (folder / OFFICIAL).mkdir(exist_ok=True)
    for name, text in official_files(results, temperature).items():
        write_whole(folder / OFFICIAL / name, text)
    view = read_run(folder, results, report)
    write_whole(folder / "report.md", render_markdown(view))
    write_whole(folder / "report.html", render_html(view))
    # Its presence says that the run is finished, so it comes last.
    write_whole(folder / MEASURES, json.dumps(report, indent=2) + "\n")
    return report


def print_run(folder: Path, config: dict[str, Any], report: Report, *, as_json: bool) -> None:
    """The measures on standard output, and where the rest is."""
    if as_json:
        typer.echo(json.dumps({"run": str(folder), **config, "measures": report}, indent=2))
        return
    print_measures(report, Console())
    say(f"Run folder: {folder}")
