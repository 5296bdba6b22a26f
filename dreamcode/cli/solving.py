"""What `dreamcode solve` does, and what it shows of the search meanwhile."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from dreamcode.cli import show_result
from dreamcode.cli.assembly import (
    check_settings,
    choose_folder,
    describe_settings,
    make_attempt,
    open_services,
    run_until_done,
)
from dreamcode.cli.live import View, say
from dreamcode.cli.output import open_console
from dreamcode.cli.settings import Settings
from dreamcode.cli.tree import DrawnTree
from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.problems.comparing import make_comparison
from dreamcode.problems.limits import limit_time
from dreamcode.problems.problem import Problem
from dreamcode.problems.read import read_problem
from dreamcode.results import Result, describe_result
from dreamcode.runs.folder import hold_run, open_journal
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.result_files import save_result
from dreamcode.runs.trace import Trace
from dreamcode.solver import attempt_problem
from dreamcode_sandbox.cases import Report

LINES_AROUND_TREE = 7


def solve_problem(settings: Settings, source: str) -> bool:
    """Solves the problem, prints what came of it, and says whether the program is accepted.

    Raises:
        InputError: settings or problem cannot be used.
        InfrastructureError: model server or disk failed.
        SandboxError: the sandbox failed.
        KeyboardInterrupt: Ctrl-C was pressed; a line has said how to go on.
    """
    check_settings(settings)
    check_output(settings.output)
    comparison = make_comparison(settings.compare, settings.tolerance, settings.checker)
    problem = read_problem(source, settings.tests, comparison)
    problem = limit_time(problem, settings.time_limit)
    config = {"settings": describe_settings(settings), "problem": encode(problem)}
    folder = choose_folder(settings, config, problem.id)
    view = View(quiet=settings.quiet or settings.json)
    if problem.doubt:
        view.say(f"samples: {problem.doubt}")
    with hold_run(folder, config, resume=settings.resume):
        work = _solve(settings, problem, folder, view)
        result, sandbox = run_until_done(folder, work)
    if result.best and settings.output:
        remedy = "the program is in the run folder too"
        write_whole(settings.output, result.best.text, remedy)
    if settings.json:
        typer.echo(json.dumps({"run": str(folder)} | describe_result(result), indent=2))
        return result.accepted
    if result.best:
        show_result.print_program(result.best.text, open_console())
    if not settings.quiet:
        show_result.print_evidence(result, sandbox, open_console(stderr=True))
        say(f"Run folder: {folder}")
    elif result.best is None:
        typer.echo("error: no program was finished", err=True)
    return result.accepted


async def _solve(
    settings: Settings, problem: Problem, folder: Path, view: View
) -> tuple[Result, str]:
    """The result, which is on record then, and the sandbox's name."""
    attempt, trace = make_attempt(settings), Trace(problem.function)
    async with open_services(settings, folder, view.say, view.pulse) as services:
        with open_journal(folder) as journal:
            async with follow_search(view, trace, journal):
                result = await attempt_problem(problem, services, attempt, journal)
        save_result(folder, result)
        return result, services.sandbox.name


@asynccontextmanager
async def follow_search(view: View, trace: Trace, journal: Journal) -> AsyncIterator[None]:
    """Feeds `trace` with what `journal` gets, and shows it; at the end the whole tree stays."""
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
    with view.show(growth, keep=True), view.keep_telling(lambda: f"writing: {growth.counters}"):
        try:
            yield
        finally:
            growth.ended = True


class _Growth:
    """The tree as it is now, with counters below until it has ended."""

    def __init__(self, trace: Trace, journal: Journal) -> None:
        self.ended = False
        self._trace = trace
        self._journal = journal

    @property
    def counters(self) -> str:
        trace = self._trace
        cost = f" · ${trace.dollars:.4f}" if trace.dollars else ""
        return (
            f"{trace.tokens:,} tokens · {trace.calls:,} calls{cost} · "
            f"{trace.programs:,} programs run"
        )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._trace.root.children:
            yield DrawnTree(self._trace, max(3, console.height - LINES_AROUND_TREE))
        if not self.ended:
            yield Text(f"{self.counters} · {self._journal.seconds:.1f} s", style="bold")


def check_output(output: Path | None) -> None:
    """Says early that the program could not be written where it is wanted.

    Raises:
        InputError: `output` is a folder, or lies in no folder.
    """
    if output is None:
        return
    if output.is_dir():
        raise InputError(f"--output {output} is a folder; give a file name in it")
    if not output.parent.is_dir():
        raise InputError(f"--output {output}: there is no folder {output.parent}; make it first")
