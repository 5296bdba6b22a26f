"""What the commands of all experiments share: how they speak, and how errors end them."""

import sys

import typer

from dreamcode.errors import DreamcodeError
from dreamcode_sandbox import SandboxError


def say(line: str) -> None:
    """Tells how far it is; standard output stays empty."""
    typer.echo(line, err=True)


def run(app: typer.Typer) -> None:
    """Errors that a person can act on are one line and an exit code."""
    try:
        app()
    except (DreamcodeError, SandboxError) as error:
        say(f"error: {error}")
        sys.exit(error.exit_code if isinstance(error, DreamcodeError) else 3)
