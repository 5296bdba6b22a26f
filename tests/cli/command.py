"""Runs the real command in a process of its own.

The libraries of others take most of a command's time to load. They are loaded once, into a process
that forks for every command; the command itself is imported anew each time.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from dreamcode_sandbox.cache import cache_folder

COMMAND = [sys.executable, "-m", "dreamcode"]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.cli.libraries"])


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a user who has set nothing, with `home` for a home folder.

    What the sandbox has installed for Pythons of this machine is there already.
    """
    shared = home / cache_folder().relative_to(Path.home())
    if not shared.is_symlink():
        cache_folder().mkdir(parents=True, exist_ok=True)
        shared.parent.mkdir(parents=True, exist_ok=True)
        shared.symlink_to(cache_folder())
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DREAMCODE_", "OPENAI_", "XDG_", "COLUMNS", "NO_COLOR", "FORCE_"))
    }
    return kept | {"HOME": str(home), "TERM": "dumb", "COLUMNS": "120"} | variables


def dreamcode(
    *arguments: str | Path, home: Path, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs `dreamcode ARGUMENTS` to its end."""
    with TemporaryDirectory() as folder:
        channels = Path(folder)
        command = start(*arguments, home=home, channels=channels, stdin=stdin, **variables)
        try:
            code = wait(command, 240)
        except TimeoutError:
            command.kill()
            raise
        out, error = ((channels / name).read_text() for name in ("out", "error"))
    return subprocess.CompletedProcess(arguments, code, out, error)


def start(
    *arguments: str | Path, home: Path, channels: Path, stdin: str = "", **variables: str
) -> ForkServerProcess:
    """Starts `dreamcode ARGUMENTS`; what it writes is in the files `out` and `error`."""
    channels.mkdir(exist_ok=True)
    (channels / "in").write_text(stdin)
    given = (list(map(str, arguments)), home, environment(home, **variables), channels)
    command = FORKS.Process(target=_run, args=given)
    command.start()
    return command


def wait(command: ForkServerProcess, seconds: float) -> int:
    """The exit code, negative for a signal.

    Raises:
        TimeoutError: it is still running after `seconds`.
    """
    command.join(seconds)
    code = command.exitcode
    if code is None:
        raise TimeoutError(f"{command} is still running after {seconds} seconds")
    return code


def _run(arguments: list[str], home: Path, variables: dict[str, str], channels: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(home)
    for number, name in enumerate(("in", "out", "error")):
        flags = os.O_RDONLY if name == "in" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(channels / name, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a number, open to the end
    sys.argv = ["dreamcode", *arguments]
    # Python reads it when it starts, and this process has started already.
    sys.path[1:1] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    runpy.run_module("dreamcode", run_name="__main__", alter_sys=True)
