"""`dreamcode sandbox`: build the image, run one program."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

if TYPE_CHECKING:
    from dreamcode_sandbox.cases import Limits
    from dreamcode_sandbox.execution import Execution

app = typer.Typer(no_args_is_help=True, help="Build the sandbox's image; run a program in it.")


@app.command("build")
@takes_settings("sandbox build")
def build(
    settings: Settings,
    base: Annotated[
        str | None,
        typer.Option(help="Build on this image.", show_default="a plain Python, else this machine"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build again what is there.")] = False,
) -> None:
    """Make ready what programs run in: the Python's packages, the Docker image.

    Also done on first use. Builds on an ordinary Python image where there is one or a registry
    has it, and on a Python of this machine where not. Prints the image's name.
    """
    import contextlib

    from dreamcode.cli.live import say
    from dreamcode_sandbox.build import build_image
    from dreamcode_sandbox.docker import connect
    from dreamcode_sandbox.errors import UnusablePythonError
    from dreamcode_sandbox.machine import choose_python

    # Without Docker too: the local kinds need the packages. A Python that is not on this machine
    # may still come from a registry.
    with contextlib.suppress(UnusablePythonError):
        choose_python(settings.python, say, again=True)
    with contextlib.closing(connect()) as client:
        image = build_image(client, python=settings.python, base=base, rebuild=force, on_event=say)
    typer.echo(image)


@app.command("run")
@takes_settings("sandbox run")
def run(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="A Python program.")],
    stdin: Annotated[
        Path | None, typer.Option(help="What it reads: a file, or - for this command's own input.")
    ] = None,
    memory: Annotated[int, typer.Option(help="MiB.", min=16)] = 1024,
) -> None:
    """Run a program as a candidate would run.

    Its output goes to standard output; how it ended, and its own errors, to standard error.
    Exit code: 0 it ended well, 1 it did not, 2 bad input, 3 the sandbox failed.
    """
    import asyncio

    from dreamcode.cli.live import say
    from dreamcode.cli.output import open_console, visible
    from dreamcode.files import read_standard_input, read_text
    from dreamcode.problems.limits import make_limits

    program = _read_program(file)
    given = ""
    if stdin is not None:
        given = read_standard_input() if str(stdin) == "-" else read_text(stdin)
    console = open_console(stderr=True)
    limits = make_limits(settings.time_limit, memory)

    result, where = asyncio.run(_execute(settings, program, given, limits))
    # Files and pipes get what the program wrote; a terminal would obey it.
    sys.stdout.write(visible(result.output) if sys.stdout.isatty() else result.output)
    sys.stdout.flush()
    if result.error:
        say(result.error.rstrip())
    ended_well = result.verdict is None
    console.print(
        f"{'ended' if ended_well else result.verdict} after {result.cpu_seconds:.2f} CPU seconds "
        f"({result.wall_seconds:.2f} s) in the {where}",
        style="green" if ended_well else "red",
        highlight=False,
    )
    raise typer.Exit(0 if ended_well else 1)


def _read_program(file: Path) -> str:
    """The text of a program, read as Python reads it; what it refuses is left to it."""
    import io
    import tokenize

    from dreamcode.files import read_bytes

    data = read_bytes(file)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return data.decode("utf-8", "surrogateescape")


async def _execute(
    settings: Settings, program: str, stdin: str, limits: "Limits"
) -> tuple["Execution", str]:
    from dreamcode.cli.live import say
    from dreamcode_sandbox import open_sandbox

    async with open_sandbox(settings.sandbox, 1, say, settings.python) as sandbox:
        where = f"{sandbox.name} sandbox, Python {sandbox.python}"
        return await sandbox.execute(program, stdin, limits), where
