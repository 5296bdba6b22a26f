"""Tables that fit where they are printed: whole in a file or a pipe, without spare columns else."""

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

UNBOUNDED = 100_000
"""Columns that no table has."""


def print_table(table: Table, console: Console, spare: Sequence[str] = ()) -> None:
    """Prints the table.

    Where there is no terminal it has the width that it needs. In a terminal that is too narrow
    for it, columns go until it fits.

    Args:
        table: what to print; its columns are changed.
        console: where to.
        spare: heads of the columns that may go, the least important first.
    """
    if not console.is_terminal:
        console.width = max(console.width, _needed(table, console))
    for head in spare:
        if _needed(table, console) <= console.width:
            break
        table.columns[:] = [column for column in table.columns if column.header != head]
    console.print(table)


def _needed(table: Table, console: Console) -> int:
    options = console.options.update(width=UNBOUNDED)
    return Measurement.get(console, options, table).maximum
