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

from dreamcode.bench.measures import measure
from dreamcode.bench.official import official_files
from dreamcode.bench.records import RESULT, RESULTS, dump_results, read_result
from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.load import load_run
from dreamcode.bench.report.markdown import render_markdown
from dreamcode.bench.run import Attempt, problem_folder
from dreamcode.cli.assembly import choose_reward, make_options, tell_stopped
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.live import say
from dreamcode.cli.settings import Settings
from dreamcode.cli.solve import limit_time
from dreamcode.codec import encode
from dreamcode.errors import DreamcodeError, InputError
from dreamcode.problems.task import Task
from dreamcode.runs.folder import PROBLEMS, write_whole
from dreamcode.search.budget import Budget
from dreamcode.search.search_names import choose_search
from dreamcode.solver import Services
from dreamcode_sandbox.errors import SandboxError

Report = dict[str, Any]

OFFICIAL = "official"


def limit_task(task: Task, seconds: float | None) -> Task:
    """The task with another time limit; None keeps its own.

    Raises:
        InputError: the limit is not a positive number.
    """
    if seconds is None:
        return task
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


def check_services(folder: Path, services: Services) -> None:
    """Checks that a run goes on with the weights that it began with, as far as they are known.

    Raises:
        InputError: the reward model is another one under the same name.
    """
    file = folder / "services.json"
    now = {"reward": services.reward.fingerprint}
    if not file.exists():
        write_whole(file, json.dumps(now) + "\n")
    elif json.loads(file.read_text("utf-8")) != now:
        raise InputError(
            f"{folder} began with other weights of reward {services.reward.name}; bring them "
            "back, or choose another --run-dir"
        )


def make_attempt(settings: Settings, *, public_tests: bool) -> Attempt:
    """How every problem is attempted, as the settings say."""
    return Attempt(
        choose_search(settings.search, settings.prompt),
        make_options(settings),
        Budget(settings.max_tokens, settings.max_calls),
        settings.max_seconds,
        independent=settings.search == "best-of-n",
        public_tests=public_tests,
        ranked=public_tests or choose_reward(settings) != "none",
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
        known = (read_result(problem_folder(folder, name)) for name in problems)
        results = [result for result in known if result is not None]
        write_whole(folder / RESULTS, dump_results(results))
    report = measure(results, prices=prices)
    (folder / OFFICIAL).mkdir(exist_ok=True)
    for name, text in official_files(results, temperature).items():
        write_whole(folder / OFFICIAL / name, text)
    view = load_run(folder, results, report)
    write_whole(folder / "report.md", render_markdown(view))
    write_whole(folder / "report.html", render_html(view))
    # Its presence says that the run is finished, so it comes last.
    write_whole(folder / RESULT, json.dumps(report, indent=2) + "\n")
    return report


def print_run(folder: Path, config: dict[str, Any], report: Report, *, as_json: bool) -> None:
    """The measures on standard output, and where the rest is."""
    if as_json:
        typer.echo(json.dumps({"run": str(folder), **config, "measures": report}, indent=2))
        return
    print_measures(report, Console())
    say(f"Run folder: {folder}")
