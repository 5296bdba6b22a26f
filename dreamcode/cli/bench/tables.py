"""Measures as tables for a terminal."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dreamcode.cli.fitting import print_table

Report = dict[str, Any]


def print_measures(report: Report, console: Console) -> None:
    """Shares of problems with their intervals: all, by difficulty and by platform."""
    groups = report.get("difficulty", {})
    spare = [f"pass@{k}" for k in reversed(report["all"]["pass_at"]) if int(k) > 1]
    spare += ["tokens", "programs", "oracle"]
    spare += [*(["pass@1"] if "chosen" in report["all"] else []), "n"]
    print_table(make_table("difficulty", groups | {"all": report["all"]}), console, spare)
    if len(report.get("platform", {})) > 1:
        print_table(make_table("platform", report["platform"]), console, spare)
    if report["spent"]["calls"]:
        console.print(describe_spending(report["spent"]), highlight=False)


def make_table(title: str, groups: dict[str, Report]) -> Table:
    """One row per group; percent of its problems, with 95 % intervals, and what one of them took.

    That is programs and completion tokens of the mean problem.
    """
    first, *others = groups.values()
    ks = [k for k in first["pass_at"] if all(k in own["pass_at"] for own in others)]
    ranked = all("chosen" in own for own in groups.values())
    several = any(own["written"] > 1 for own in groups.values())
    spent = any(own["tokens"] for own in groups.values())
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for column in (
        "n",
        *(["chosen"] if ranked else []),
        *(f"pass@{k}" for k in ks),
        *(["oracle"] if several else []),
        *(["programs", "tokens"] if spent else []),
    ):
        table.add_column(column, justify="right", no_wrap=True)
    for place, (name, own) in enumerate(groups.items(), start=2):
        cells = [percent(own["chosen"])] if ranked else []
        cells += [percent(own["pass_at"][k]) for k in ks]
        cells += [f"{100 * own['oracle']['value']:.2f}"] if several else []
        cells += [f"{own['written']:.1f}", f"{own['tokens']:,.0f}"] if spent else []
        table.add_row(Text(name), str(own["problems"]), *cells, end_section=place == len(groups))
    return table


def percent(estimate: Report, *, sign: bool = False) -> str:
    """A share with its interval, in percent."""
    form = "+.2f" if sign else ".2f"
    low, high = (f"{100 * estimate[end]:{'+.1f' if sign else '.1f'}}" for end in ("low", "high"))
    return f"{100 * estimate['value']:{form}} [{low}, {high}]"


def describe_spending(spent: Report) -> str:
    """One line: tokens, calls, dollars."""
    line = (
        f"{spent['completion_tokens']:,} tokens written, {spent['prompt_tokens']:,} read, "
        f"{spent['calls']:,} calls"
    )
    if spent["tokens_a_solved_problem"] is not None and spent["completion_tokens"]:
        line += f"; {spent['tokens_a_solved_problem']:,.0f} written per solved problem"
    if "dollars" in spent:
        line += f"; ${spent['dollars']:.2f}"
    return line
