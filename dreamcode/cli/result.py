"""A solution for people and for programs."""

from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dreamcode.cli.settings import Settings
from dreamcode.cli.tree import describe_report
from dreamcode.codec import encode
from dreamcode.search.selection import Candidate
from dreamcode.solver import Solution
from dreamcode_sandbox.cases import StdinTest, Test, TestResult
from dreamcode_sandbox.verdicts import Verdict

SHORT = 60
"""Characters of a test's text that a table cell shows."""


def describe_solution(solution: Solution, settings: Settings) -> dict[str, Any]:
    """All of a solution as JSON values; nothing in it depends on time or place."""
    best = solution.best
    return {
        "problem": solution.problem.id,
        "accepted": solution.accepted,
        "checked": bool(solution.problem.public_tests),
        "program": best.program if best else None,
        "search": settings.search,
        "n": settings.n,
        "width": settings.width,
        "reward": solution.reward,
        "aggregation": solution.aggregation,
        "exhausted": solution.exhausted,
        "spent": encode(solution.spent),
        "candidates": [_describe_candidate(candidate) for candidate in solution.candidates],
    }


def _describe_candidate(candidate: Candidate) -> dict[str, Any]:
    report = candidate.report
    return {
        "program": candidate.program,
        "steps": list(candidate.draft.steps),
        "copies": candidate.copies,
        "rewards": list(candidate.rewards),
        "reward": candidate.reward,
        "mean_logprob": candidate.draft.mean_logprob,
        "verdict": report.verdict if report else None,
        "public_tests_passed": report.passed if report else None,
        "public_tests": report.tests if report else 0,
    }


def print_program(program: str, console: Console) -> None:
    """The program: in colours on a terminal, as plain text elsewhere."""
    if console.is_terminal:
        console.print(Syntax(program.rstrip("\n"), "python", background_color="default"))
    else:
        console.file.write(program)


def print_evidence(solution: Solution, sandbox: str, console: Console) -> None:
    """What speaks for the program and what it cost."""
    best = solution.best
    if best is None:
        console.print(Text("No program was finished.", style="bold red"))
    elif best.report is None:
        console.print(
            Text("The problem has no public tests: nothing could be checked.", style="yellow")
        )
    else:
        console.print(_tests_table(best, solution.problem.public_tests))
        line = describe_report(best.report)
        line.append(f" public tests, {sandbox} sandbox", style="default not bold")
        if best.reward is not None:
            line.append(f" · reward {best.reward:.2f} ({solution.reward})", style="dim not bold")
        console.print(line)
    if solution.exhausted:
        console.print(Text(f"The budget of {solution.exhausted} ran out.", style="yellow"))


def print_spending(solution: Solution, seconds: float, console: Console) -> None:
    """One line: tokens, calls, programs, seconds."""
    spent = solution.spent
    programs = sum(candidate.copies for candidate in solution.candidates)
    console.print(
        f"{programs} programs, {len(solution.candidates)} distinct · "
        f"{spent.completion_tokens:,} tokens written, {spent.prompt_tokens:,} read · "
        f"{spent.calls} calls · {seconds:.1f} s",
        style="dim",
        highlight=False,
    )


def _tests_table(best: Candidate, tests: tuple[Test, ...]) -> Table:
    table = Table("public test", "verdict", "input", "expected", "got", "CPU s")
    results = best.report.results if best.report else ()
    for number, (test, result) in enumerate(zip(tests, results, strict=False), start=1):
        accepted = result.verdict is Verdict.ACCEPTED
        table.add_row(
            str(number),
            Text(str(result.verdict), style="green" if accepted else "red"),
            *map(_shorten, _texts(test, result)),
            f"{result.cpu_seconds:.2f}",
        )
    return table


def _texts(test: Test, result: TestResult) -> tuple[str, str, str]:
    got = result.output or result.error.strip().rpartition("\n")[2]
    if isinstance(test, StdinTest):
        return test.input, test.output, got
    arguments = ", ".join(map(repr, test.arguments))
    return f"{test.function}({arguments})", repr(test.output), got


def _shorten(text: str) -> Text:
    text = text.rstrip()
    return Text(text if len(text) <= SHORT else text[: SHORT - 1] + "…")
