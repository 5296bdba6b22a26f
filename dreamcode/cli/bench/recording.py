"""What the commands of `dreamcode bench` that make a run share."""

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from dreamcode.bench.measures import measure
from dreamcode.bench.official import official_files
from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.markdown import render_markdown
from dreamcode.bench.report.run import read_run
from dreamcode.bench.run import OnResult
from dreamcode.cli.assembly import choose_folder, run_until_done
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.bench.view import follow_results
from dreamcode.cli.failures import describe_doubts, describe_failures
from dreamcode.cli.live import View, say
from dreamcode.cli.output import open_console
from dreamcode.cli.settings import Settings
from dreamcode.files import write_whole
from dreamcode.results import Result
from dreamcode.runs.folder import MEASURES, hold_run, problem_folder
from dreamcode.runs.result_files import RESULTS, dump_results, load_result

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

    Whatever ends the work, results.jsonl gets what is there.

    Args:
        settings: how the run is kept and shown.
        config: what determines the run's results.
        slug: part of the folder's name, where none is given.
        difficulties: difficulty of each problem, by id, in their order.
        greeting: the line that is said first.
        work: leaves a result in each problem's folder; told the folder, the view, and what is
            to be told of each result.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; a line has said how to go on.
    """
    folder = choose_folder(settings, config, slug)
    view = View(quiet=settings.json)

    async def follow() -> None:
        async with follow_results(view, difficulties) as add:
            await work(folder, view, add)

    with hold_run(folder, config, resume=settings.resume):
        view.say(greeting)
        try:
            run_until_done(folder, follow())
        finally:
            known = (load_result(problem_folder(folder, name)) for name in difficulties)
            results = [result for result in known if result is not None]
            write_whole(folder / RESULTS, dump_results(results))
        if failures := describe_failures(results):
            say(failures)
        for doubt in describe_doubts(results):
            say(doubt)
        report = _write_reports(folder, results, settings)
    if settings.json:
        typer.echo(json.dumps({"run": str(folder), **config, "measures": report}, indent=2))
        return
    print_measures(report, open_console())
    say(f"Run folder: {folder}")


def _write_reports(folder: Path, results: Sequence[Result], settings: Settings) -> Report:
    """Writes what the results come to in every form; returns the measures."""
    report = measure(results)
    (folder / OFFICIAL).mkdir(exist_ok=True)
    for name, text in official_files(results, settings.temperature).items():
        write_whole(folder / OFFICIAL / name, text)
    view = read_run(folder, results, report)
    write_whole(folder / "report.md", render_markdown(view))
    write_whole(folder / "report.html", render_html(view))
    # Its presence says that the run is finished, so it comes last.
    write_whole(folder / MEASURES, json.dumps(report, indent=2) + "\n")
    return report
