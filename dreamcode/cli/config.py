"""`dreamcode config`: the settings in force and where each comes from."""

import json
from typing import Annotated

import typer


def config(
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show what it changes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show every setting, its value and where the value comes from.

    Settings come from dreamcode.toml (the user's, then this folder's), then from the profile that is chosen there, then from DREAMCODE_* variables, then from flags; later ones win.
    """  # noqa: E501 - help keeps line breaks
    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.fitting import print_table
    from dreamcode.cli.option import show_value
    from dreamcode.cli.output import open_console
    from dreamcode.cli.settings import list_settings
    from dreamcode.cli.sources import find_values, make_settings, toml_files

    values = find_values({"profile": profile})
    settings = make_settings(values)
    rows = [
        (
            setting,
            getattr(settings, setting.name),
            values[setting.name].source if setting.name in values else "default",
        )
        for setting in list_settings()
    ]
    if as_json:
        described = {
            setting.key: {"value": value, "source": source} for setting, value, source in rows
        }
        typer.echo(json.dumps(described, indent=2, default=str))
        return
    table = Table("setting", "value", "from", "meaning")
    for setting, value, source in rows:
        words = show_value(value) or setting.option.shown or ""
        table.add_row(setting.key, *map(Text, (words, source, setting.meaning)))
    console = open_console()
    print_table(table, console)
    console.print("Files looked for: " + ", ".join(str(file) for file in toml_files()), style="dim")
