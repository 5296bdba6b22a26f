"""Results for people, on a terminal: a problem with its programs, a benchmark with its measures."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dreamcode.bench.report.problem import describe_problem, list_facts
from dreamcode.bench.report.run import Run
from dreamcode.bench.report.tables import describe_state, tabulate_problems
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.failures import describe_doubts, describe_failures
from dreamcode.cli.fitting import print_table
from dreamcode.cli.output import visible
from dreamcode.cli.tree import FALL, DrawnChain, DrawnTree, draw_mark
from dreamcode.policies.policy import Usage
from dreamcode.results import REASONS, Program, Result, describe_result, shorten
from dreamcode.rewards.falls import find_fall
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.runs.branches import describe_scale, mark_grade, mark_public
from dreamcode.search.limits import describe_limit
from dreamcode.texts import clean

WIDTH_OF_PIPES = 160
"""Columns where the output goes to no terminal, so that little is cut."""

LINES = 400
"""Of a tree; what is left out is counted."""

SHORT = 60
"""Characters of a test's text that a cell shows while a person waits for a solution."""


def describe_run(run: Run) -> dict[str, Any]:
    """A benchmark's run as JSON values: what was asked, the measures, every result."""
    return {
        "run": str(run.path),
        "config": run.config,
        "environment": run.environment,
        "measures": run.measures,
        "results": [describe_result(result) for result in run.results],
    }


def describe_one(run: Run, result: Result) -> dict[str, Any]:
    """A problem's result with its search tree, as JSON values."""
    return {"run": str(run.path)} | describe_problem(result, run.trace(result))


def print_run(run: Run, console: Console) -> None:
    """The measures of a benchmark and the list of its problems."""
    console.print(Text(visible(f"{run.benchmark}: {describe_state(run)}"), style="bold"))
    print_measures(run.measures, console)
    problems = tabulate_problems(run)
    table = _table(*problems.head)
    for row in problems.rows:
        table.add_row(*(Text(visible(cell), overflow="fold") for cell in row))
    print_table(table, console, ("tokens", "reward", "difficulty", "right samples"))
    console.print(Text(problems.note, style="dim"))


def print_problem(run: Run, result: Result, console: Console) -> None:
    """The search tree of a problem, its programs with their evidence, the text of the first.

    Raises:
        InputError: the journal is damaged.
    """
    trace = run.trace(result)
    console.print(Text(visible(f"{result.problem}: {result.title}"), style="bold"))
    facts = " · ".join(f"{name} {value}" for name, value in list_facts(result))
    console.print(Text(visible(facts), style="dim"))
    if not run.ended:
        line = "The run has not ended: this is what its journal holds."
        console.print(Text(line, style="yellow"))
    if trace.root.children:
        console.print(DrawnTree(trace, LINES))
    if not result.programs:
        console.print(Text("No program was finished.", style="bold red"))
        return
    print_table(_programs_table(result), console, ("functions", "nats per token", "copies"))
    first = result.programs[0]
    if first.outcomes:
        print_table(_tests_table(result, first), console, ("CPU s",))
    print_chain(result, first, console)
    print_program(visible(first.text), console)


def print_chain(result: Result, program: Program, console: Console) -> None:
    """The program's functions, their rewards, and where these fall."""
    console.print(DrawnChain(result, program))
    if any(reward is not None for reward in program.rewards):
        words = [describe_scale(result.reward_model)]
        if find_fall(program.rewards, result.reward_model) is not None:
            words.append(f"{FALL} falls here")
        elif result.reward_model == Likelihood.name:
            words.append("likelihoods name no function")
        console.print(Text(" · ".join(words), style="dim"))


def print_program(text: str, console: Console) -> None:
    """The program: in colours and made visible on a terminal, as it is elsewhere."""
    if console.is_terminal:
        console.print(Syntax(visible(text.rstrip("\n")), "python", background_color="default"))
    else:
        console.file.write(clean(text))


def print_evidence(result: Result, sandbox: str, console: Console) -> None:
    """What speaks for the program that `solve` has found, and what it cost."""
    best = result.best
    if best is None:
        console.print(Text("No program was finished.", style="bold red"))
    elif best.public is None:
        console.print(
            Text("The problem has no public tests: nothing could be checked.", style="yellow")
        )
    elif not result.tests:
        console.print(Text("The program does not compile, and no other does.", style="bold red"))
    else:
        print_table(_tests_table(result, best, SHORT), console, ("CPU s",))
        line = draw_mark(mark_public(best.public))
        line.append(f" public tests, {sandbox} sandbox", style="default not bold")
        if best.reward is not None:
            by = result.reward_model + _name_aggregate(result)
            line.append(f" · reward {best.reward:.2f} ({by})", "dim not bold")
        console.print(line)
    if best is not None and best.origins:
        console.print(DrawnChain(result, best))
    if result.exhausted:
        limit = describe_limit(result.exhausted)
        console.print(Text(f"The limit of {limit} was reached.", style="yellow"))
    if failures := describe_failures([result]):
        console.print(Text(visible(failures), style="yellow"), soft_wrap=True)
    for doubt in describe_doubts([result]):
        console.print(Text(visible(doubt), style="yellow"), soft_wrap=True)
    if result.stopped:
        console.print(Text(f"No more were needed: {REASONS[result.stopped]}.", style="dim"))
    spent = result.spent
    allowed = f" of {result.allowed}" if result.allowed else ""
    recombined = sum(bool(program.origins) for program in result.programs)
    others = f", {recombined} put together from their functions" if recombined else ""
    console.print(
        f"{result.samples - recombined}{allowed} programs written{others}, "
        f"{len(result.programs)} distinct · "
        f"{spent.completion_tokens:,} tokens written, {spent.prompt_tokens:,} read · "
        f"{spent.calls} calls{describe_cost(spent)} · {result.seconds:.1f} s",
        style="dim",
        highlight=False,
    )


def describe_cost(spent: Usage) -> str:
    """What the calls cost; nothing where they were free."""
    if spent.dollars is None:
        return " (price unknown)"
    return f" · ${spent.dollars:.4f}" if spent.dollars else ""


def _programs_table(result: Result) -> Table:
    graded = any(program.grade for program in result.programs)
    voted = any(program.vote is not None for program in result.programs)
    names = ("program", "public", *(["hidden"] if graded else []))
    names += (f"reward{_name_aggregate(result)}",)
    names += ("vote",) if voted else ()
    table = _table(*names, "copies", "nats per token", "functions")
    for number, program in enumerate(result.programs, start=1):
        cells = [Text(f"{number}{' chosen' if number == 1 and result.ranked else ''}")]
        cells.append(draw_mark(mark_public(program.public)) if program.public else _nothing())
        if graded:
            cells.append(draw_mark(mark_grade(program.grade)) if program.grade else _nothing())
        cells.append(_number(program.reward, ".3f"))
        if voted:
            cells.append(_number(program.vote, ".3f"))
        cells.append(Text(str(program.copies)))
        cells.append(_number(program.mean_logprob, ".3f"))
        cells.append(Text(str(len(program.steps))))
        table.add_row(*cells)
    return table


def _tests_table(result: Result, program: Program, most: int | None = None) -> Table:
    """What the program did on each public test; texts are cut to `most` characters."""
    table = _table("public test", "verdict", "input", "expected", "got", "CPU s")
    for number, outcome in enumerate(program.outcomes, start=1):
        known = number <= len(result.tests)
        test = result.tests[number - 1] if known else None
        texts = [test.input if test else "", test.expected if test else "", outcome.got]
        cells = [visible(shorten(text, most) if most else text) for text in texts]
        right = outcome.verdict == "accepted"
        table.add_row(
            str(number),
            Text(str(outcome.verdict), style="green" if right else "red"),
            *(Text(cell, overflow="fold") for cell in cells),
            f"{outcome.seconds:.2f}",
        )
    return table


def _table(*names: str) -> Table:
    return Table(*names, box=SIMPLE, pad_edge=False)


def _number(value: float | None, form: str) -> Text:
    return _nothing() if value is None else Text(format(value, form))


def _nothing() -> Text:
    return Text("-", style="dim")


def _name_aggregate(result: Result) -> str:
    """How rewards became one number, where it is another than the last one."""
    return "" if result.aggregation == "last" else f", {result.aggregation}"
