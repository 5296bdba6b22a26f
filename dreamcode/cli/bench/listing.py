"""`dreamcode bench list`: the benchmarks there are."""

from typing import Annotated

import typer


def list_benchmarks(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the benchmarks and where their problems come from."""
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dreamcode.bench.datasets.dataset_names import list_datasets, open_dataset

    found = {name: open_dataset(name).summary for name in list_datasets()}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("benchmark", "problems")
    for name, summary in found.items():
        table.add_row(Text(name), Text(summary))
    Console().print(table)
