"""`dreamcode config`: the settings in force and where each comes from."""

import json
from typing import Annotated

import typer


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show every setting, its value and where the value comes from.

    Settings come from dreamcode.toml (the user's, then this folder's), then from
    DREAMCODE_* variables, then from flags; later ones win.
    """
    from rich.console import Console
    from rich.table import Table

    from dreamcode.cli.settings import Settings, find_source, load_settings, toml_files

    settings = load_settings()
    rows = [
        (name, getattr(settings, name), find_source(name, {}), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        typer.echo(
            json.dumps({name: {"value": v, "source": s} for name, v, s, _ in rows}, indent=2)
        )
        return
    table = Table("setting", "value", "from", "meaning")
    for name, value, source, meaning in rows:
        table.add_row(name, "" if value is None else str(value), source, meaning)
    console = Console()
    console.print(table)
    console.print("Files looked for: " + ", ".join(str(file) for file in toml_files()), style="dim")
