"""The tables of docs/settings.md: `python -m dreamcode.cli.reference` prints them."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

from dreamcode.cli.option import Setting
from dreamcode.cli.settings import list_settings
from dreamcode.grading.estimates import markdown_table

HEADER = ("setting", "values", "default", "meaning", "flag of")
KINDS = {int: "integer", float: "number", str: "text", Path: "path", date: "day", bool: "boolean"}
SIGNS = {"Ge": "≥", "Gt": ">", "Le": "≤", "Lt": "<"}


def describe_all() -> str:
    """A table for each panel of help, in Markdown."""
    sections = []
    for panel, settings in groupby(list_settings(), lambda setting: setting.option.panel):
        table = markdown_table(HEADER, [_row(setting) for setting in settings])
        sections.append(f"## {panel or 'Tests, sandbox, output'}\n\n{table}")
    return "\n\n".join(sections) + "\n"


def _row(setting: Setting) -> tuple[str, ...]:
    names = filter(None, (setting.key, setting.option.short))
    default = setting.shown if setting.option.shown else f"`{setting.shown}`"
    return (
        ", ".join(f"`{name}`" for name in names),
        ", ".join(_values(setting)),
        default if setting.shown else "",
        setting.meaning.replace("<", "&lt;"),
        ", ".join(setting.option.commands),
    )


def _values(setting: Setting) -> Iterator[str]:
    if setting.choices:
        yield from (f"`{name}`" for name in setting.choices)
    else:
        yield KINDS.get(setting.kind, "list")
        for bound in setting.bounds:
            sign = type(bound).__name__
            yield f"{SIGNS[sign]} {getattr(bound, sign.lower())}"


if __name__ == "__main__":
    print(describe_all(), end="")  # noqa: T201 - this is a command
