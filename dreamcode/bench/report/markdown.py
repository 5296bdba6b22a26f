"""A benchmark's report as Markdown."""

import re

from dreamcode.bench.report.run import Run
from dreamcode.bench.report.tables import (
    Table,
    describe_state,
    find_command,
    tabulate_calibration,
    tabulate_curve,
    tabulate_problems,
    tabulate_results,
    tabulate_set_up,
    tabulate_spending,
)
from dreamcode.errors import InputError
from dreamcode.grading.estimates import markdown_table
from dreamcode.texts import clean

INTERVALS = (
    "Brackets hold 95 % bootstrap intervals over problems, exact ones where all have one value."
)

_SPECIAL = re.compile(r"[\\`*<>|&~$]|\](?=[(\[])|(?<!\w)_|_(?!\w)")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def render_markdown(run: Run) -> str:
    """The report of a benchmark's run.

    Raises:
        InputError: the run is none of a benchmark, or libraries are missing.
    """
    if run.benchmark is None:
        raise InputError(f"{run.path} solved one problem; only benchmarks have such a report")
    parts = [f"# {escape(run.benchmark)}", f"{escape(describe_state(run))}.", INTERVALS]
    for table in tabulate_results(run):
        parts += _section(table)
    for optional in (tabulate_curve(run), tabulate_calibration(run)):
        if optional is not None:
            parts += _section(optional)
    parts += _section(tabulate_spending(run))
    parts += _section(tabulate_set_up(run))
    if command := find_command(run):
        parts.append("\n".join(f"    {line}" for line in clean(command).splitlines()))
    parts += _section(tabulate_problems(run))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` as one line that Markdown shows as it is: no markup, no HTML, no new cell."""
    return _SPECIAL.sub(r"\\\g<0>", _BREAKS.sub(" ", clean(text)).strip())


def _section(table: Table) -> list[str]:
    rows = [[escape(cell) for cell in row] for row in table.rows]
    drawn = markdown_table(table.head, rows)
    return [f"## {table.title}", *([table.note] if table.note else []), drawn]
