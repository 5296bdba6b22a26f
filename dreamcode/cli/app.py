"""The `dreamcode` command: every subcommand is a file beside this one.

Nothing heavy is imported here: help must answer at once. Commands import what they need
when they run.
"""

import os
import sys
from contextlib import suppress

import typer

from dreamcode import __version__
from dreamcode.cli import bench, config, doctor, sandbox, score, serve, show, solve, train

INTERRUPTED = 130
"""Exit code of what Ctrl-C ended."""

app = typer.Typer(
    name="dreamcode",
    help="Writes a program one function at a time, runs what it wrote in a sandbox, and "
    "hands back the program it trusts most.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("solve")(solve.solve)
app.command("score")(score.score)
app.command("show")(show.show)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("config")(config.config)
app.add_typer(bench.app, name="bench")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(train.app, name="train")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dreamcode {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def main() -> None:
    """Runs the command line; errors that a person can act on are one line and an exit code."""
    from dreamcode.errors import DreamcodeError
    from dreamcode_sandbox.errors import SandboxError

    command = typer.main.get_command(app)
    # The list of commands needs no panels, and drawing them would take most of the time.
    command.rich_markup_mode = None  # type: ignore[attr-defined]
    try:
        command()
    except (DreamcodeError, SandboxError) as error:
        from dreamcode.cli.output import visible

        line = " ".join(str(error).split())
        typer.echo(f"error: {visible(line)}", err=True)
        sys.exit(getattr(error, "exit_code", 3))
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    except SystemExit as ending:
        if ending.code == INTERRUPTED:  # what typer makes of Ctrl-C
            _leave(INTERRUPTED)
        raise
    except BrokenPipeError:
        sys.exit(141)  # whoever read our output has seen enough


def _leave(code: int) -> None:
    """Ends the process at once. All that must be closed has been.

    Python would take seconds to tear down torch, and would wait for a model at work.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)
