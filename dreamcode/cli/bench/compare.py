"""`dreamcode bench compare`: runs against each other, problem by problem."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dreamcode.cli.bench.commands import Strict

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 12
"""Names of problems in a line."""


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_A RUN_B [...]",
            help="Run folders, results.jsonl or _eval_all.json files; the others are compared "
            "with the first.",
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print as JSON, and nothing else.")
    ] = False,
    strict: Strict = False,
) -> None:
    """Compare runs over the same problems: difference, interval, exact McNemar test.

    Exit codes: 0 done, 2 bad input.
    """
    import json

    from dreamcode.bench.comparison import compare as compare_results
    from dreamcode.bench.files import load_results
    from dreamcode.cli.live import say
    from dreamcode.cli.output import open_console
    from dreamcode.errors import InputError

    if len(runs) < 2:
        raise InputError("compare needs two runs at least: dreamcode bench compare RUN_A RUN_B")
    first, *others = [load_results(run, strict=strict, warn=say) for run in runs]
    reports = {
        str(path): compare_results(results, first)
        for path, results in zip(runs[1:], others, strict=True)
    }
    if as_json:
        typer.echo(json.dumps(reports, indent=2))
        return
    console = open_console()
    for path, report in reports.items():
        print_comparison(path, str(runs[0]), report, console)


def print_comparison(ours: str, theirs: str, report: dict[str, Any], console: "Console") -> None:
    """What one run is worth beside another."""
    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.bench.tables import percent
    from dreamcode.cli.fitting import print_table

    table = Table("difficulty", "problems", "difference, points", "solved by one alone", "p")
    groups = report.get("by_difficulty", {})
    for name, own in (groups | {"all": report["difference"]}).items():
        test = own["mcnemar"]
        table.add_row(
            Text(name or "unknown"),
            str(own["problems"]),
            percent(own, sign=True),
            f"{test['only_first']} : {test['only_second']}",
            f"{test['p_value']:.3g}",
            end_section=name != "all",
        )

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    say("chosen programs" if report["compared"] == "chosen" else "shares of right samples")
    say(f"{ours}: {percent(report['first'])} %")
    say(f"{theirs}: {percent(report['second'])} %")
    print_table(table, console, spare=("p", "solved by one alone"))
    say(f"won:  {_names(report['won'])}")
    say(f"lost: {_names(report['lost'])}")
    if report["needed"] is not None:
        say(
            f"A difference like this one needs about {report['needed']:,} problems to be found "
            "(power 0.8, level 0.05)."
        )
    if report["left_out"]:
        say(f"left out, since only one run has them: {_names(report['left_out'])}")


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN]) or "none"
    more = len(names) - SHOWN
    return f"{len(names)}: {shown}{f' and {more} more' if more > 0 else ''}" if names else shown
