"""Runs and their problems on a terminal, and as JSON values."""

import re
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dreamcode.bench.report.branches import Mark, list_branches, mark_grade, mark_report
from dreamcode.bench.report.contents import describe_state, tabulate_problems
from dreamcode.bench.report.describe import describe_tests, find_reports, list_facts
from dreamcode.bench.report.load import RunView
from dreamcode.bench.report.views import ProblemView, ProgramView
from dreamcode.cli.bench.tables import print_measures
from dreamcode.cli.result import print_program
from dreamcode.cli.tree import draw_tree
from dreamcode.codec import encode

WIDTH_OF_PIPES = 160
"""Columns where the output goes to no terminal, so that little is cut."""

LINES = 400
"""Of a tree; what is left out is counted."""

STYLES = {"right": "green", "wrong": "red", "cut": "yellow", "plain": "dim"}

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def describe_run(view: RunView) -> dict[str, Any]:
    """A benchmark's run as JSON values: what was asked, the measures, a line a problem."""
    return {
        "run": str(view.path),
        "config": view.config,
        "environment": view.environment,
        "measures": view.measures,
        "problems": [_describe_outcome(problem) for problem in view.problems],
    }


def describe_problem(view: RunView, problem: ProblemView) -> dict[str, Any]:
    """A problem with its programs, and its search tree as a list of branches, the root first."""
    return {
        "run": str(view.path),
        "problem": encode(problem),
        "tree": [
            {
                "steps": [
                    {"name": node.name, "likelihood": node.likelihood, "reward": node.reward}
                    for node in branch.nodes
                ],
                "samples": branch.nodes[-1].samples if branch.nodes else 0,
                "mark": branch.mark.words if branch.mark else None,
                "children": list(branch.children),
            }
            for branch in list_branches(view.trace(problem).root)
        ],
    }


def print_run(view: RunView, console: Console) -> None:
    """The measures of a benchmark and the list of its problems."""
    console.print(Text(visible(f"{view.benchmark}: {describe_state(view)}"), style="bold"))
    print_measures(view.measures, console)
    problems = tabulate_problems(view)
    table = _table(*problems.head)
    for row in problems.rows:
        table.add_row(*(Text(visible(cell), overflow="fold") for cell in row))
    console.print(table)
    console.print(Text(problems.note, style="dim"))


def print_problem(view: RunView, problem: ProblemView, console: Console) -> None:
    """The search tree of a problem, its programs with their evidence, the text of the first.

    Raises:
        InputError: the journal is damaged.
    """
    trace = view.trace(problem)
    console.print(Text(visible(f"{problem.id}: {problem.title}"), style="bold"))
    facts = " · ".join(f"{name} {value}" for name, value in list_facts(problem))
    console.print(Text(visible(facts), style="dim"))
    if view.benchmark is None and problem.spent is None:
        console.print(
            Text("The run has not ended: this is what its journal holds.", style="yellow")
        )
    if trace.root.children:
        console.print(draw_tree(trace.root, LINES))
    if not problem.programs:
        console.print(Text("No program was finished.", style="bold red"))
        return
    console.print(_programs_table(problem))
    first = problem.programs[0]
    tests = describe_tests(find_reports(trace).get("".join(first.steps)), problem.tests)
    if any("got" in test for test in tests):
        console.print(_tests_table(tests))
    print_program(visible(first.program), console)


def visible(text: str) -> str:
    """`text` without characters that steer a terminal: programs come from strangers."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def _describe_outcome(problem: ProblemView) -> dict[str, Any]:
    first = problem.chosen
    return {
        "id": problem.id,
        "difficulty": problem.difficulty,
        "platform": problem.platform,
        "contest_date": encode(problem)["contest_date"],
        "chosen": encode(first.grade) if first and first.grade else None,
        "right": problem.right,
        "samples": problem.samples,
        "reward": first.reward if first else None,
        "tokens": problem.spent.completion_tokens if problem.spent else None,
    }


def _programs_table(problem: ProblemView) -> Table:
    graded = any(program.grade for program in problem.programs)
    names = ("program", "public", *(["hidden"] if graded else []), "reward", "copies")
    table = _table(*names, "nats a token", "functions")
    for number, program in enumerate(problem.programs, start=1):
        cells = [Text(f"{number}{' chosen' if number == 1 and problem.ranked else ''}")]
        cells.append(_show(_mark_public(program)))
        if graded:
            cells.append(_show(mark_grade(program.grade) if program.grade else None))
        cells.append(_number(program.reward, ".3f"))
        cells.append(Text(str(program.copies)))
        cells.append(_number(program.mean_logprob, ".3f"))
        cells.append(Text(str(len(program.steps))))
        table.add_row(*cells)
    return table


def _tests_table(tests: list[dict[str, Any]]) -> Table:
    table = _table("public test", "verdict", "input", "expected", "got", "CPU s")
    for number, test in enumerate(tests, start=1):
        texts = (str(test.get(name, "")) for name in ("verdict", "input", "expected", "got"))
        cells = (Text(visible(text), overflow="fold") for text in texts)
        table.add_row(str(number), *cells, f"{test['seconds']:.2f}")
    return table


def _mark_public(program: ProgramView) -> Mark | None:
    if program.public is None:
        return None
    return mark_report(program.public, program.public_passed, program.public_tests)


def _table(*names: str) -> Table:
    return Table(*names, box=SIMPLE, pad_edge=False)


def _show(mark: Mark | None) -> Text:
    return Text(mark.words, style=STYLES[mark.look]) if mark else Text("-", style="dim")


def _number(value: float | None, form: str) -> Text:
    return Text("-", style="dim") if value is None else Text(format(value, form))
