"""Runs the real command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "dreamcode"]


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a user who has set nothing, with `home` for a home folder."""
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
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=home,
        env=environment(home, **variables),
        check=False,
    )
