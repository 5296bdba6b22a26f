"""What the commands of `dreamcode bench` that make a run share."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from dreamcode.bench.measures import measure
from dreamcode.bench.official import official_files
from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.markdown import render_markdown
from dreamcode.bench.report.run import read_run
from dreamcode.bench.run import OnResult
from dreamcode.cli.assembly import choose_folder, tell_stopped
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.bench.view import follow_results
from dreamcode.cli.failures import describe_failures
from dreamcode.cli.live import View, say
from dreamcode.cli.settings import Settings
from dreamcode.errors import DreamcodeError
from dreamcode.runs.folder import MEASURES, PROBLEMS, hold_run, problem_folder, write_whole
from dreamcode.runs.result_files import RESULTS, dump_results, load_result
from dreamcode_sandbox.errors import SandboxError

Report = dict[str, Any]

OFFICIAL = "official"


def record(
    settings: Settings,
    config: dict[str, Any],
    slug: str,
    difficulties: Mapping[str, str],
    greeting: str,
    work: Callable[[Path, View, OnResult], Coroutine[Any, Any, None]],
) -> None:
    """Makes a run of it: does the work in its folder, records and prints what it comes to.

    Args:
        settings: how the run is kept and shown.
        config: what determines its results.
        slug: of the folder, where none is named.
        difficulties: of its problems, by id, in their order.
        greeting: said first.
        work: leaves a result in each problem's folder; told the folder, the view, and what is
            to be told of each result.

    Raises:
        KeyboardInterrupt: after a line that says how to go on.
    """
    folder = choose_folder(settings, config, slug)
    view = View(quiet=settings.json)

    async def follow() -> None:
        with follow_results(view, difficulties, settings.prices) as add:
            await work(folder, view, add)

    with hold_run(folder, config, resume=settings.resume):
        view.say(greeting)
        report = record_results(
            folder,
            list(difficulties),
            follow,
            temperature=settings.temperature,
            prices=settings.prices,
        )
    if settings.json:
        typer.echo(json.dumps({"run": str(folder), **config, "measures": report}, indent=2))
        return
    print_measures(report, Console())
    say(f"Run folder: {folder}")


def record_results(
    folder: Path,
    problems: Sequence[str],
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    temperature: float | None = None,
    prices: tuple[float, float] | None = None,
) -> Report:
    """Does the work, then gathers the problems' results into the run's files.

    Whatever ends the work, results.jsonl gets what is there. Says which samples failed.

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
    if failures := describe_failures(results):
        say(failures)
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
