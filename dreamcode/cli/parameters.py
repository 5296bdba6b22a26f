"""Gives a command a flag for every setting that it takes."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from dreamcode.cli.option import Setting
from dreamcode.cli.settings import list_settings

Command = Callable[..., None]


def takes_settings(command: str) -> Callable[[Command], Command]:
    """Makes a command of a function whose first argument is the `Settings` in force.

    Typer sees the function's other arguments, then the settings that name `command`.
    """
    taken = [setting for setting in list_settings() if command in setting.option.commands]
    flags = [make_parameter(setting) for setting in taken]

    def decorate(body: Command) -> Command:
        def run(**given: Any) -> None:
            from dreamcode.cli.sources import load_settings

            values = {setting.name: given.pop(setting.name) for setting in taken}
            body(load_settings(values), **given)

        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in list(inspect.signature(body).parameters.values())[1:]
        ]
        run.__doc__ = body.__doc__
        run.__annotations__ = {}  # Typer takes them from the signature
        run.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
        return run

    return decorate


def make_parameter(setting: Setting) -> inspect.Parameter:
    """The flag of a setting; its value is None where it is not given."""
    option = setting.option
    # What a file switches on, a flag can switch off.
    flag = f"{setting.flag}/--no-{setting.flag[2:]}" if setting.kind is bool else setting.flag
    described = typer.Option(
        *filter(None, (flag, option.short)),
        help=setting.meaning,
        show_default=setting.shown or False,
        metavar=option.metavar,
        rich_help_panel=option.panel,
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[setting.parsed | None, described],
    )
