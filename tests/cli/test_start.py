"""Help answers at once because it loads nothing that it does not show."""

import subprocess
import sys
from pathlib import Path

from dreamcode import __version__
from tests.cli.command import dreamcode

HEAVY = ("torch", "transformers", "openai", "docker", "tree_sitter", "pydantic", "rich.markdown")


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys, runpy\n"
        "sys.argv = ['dreamcode', '--help']\n"
        "try:\n"
        "    runpy.run_module('dreamcode', run_name='__main__')\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "solve" in done.stdout
    assert done.stderr.strip() == "[]"


def test_version(tmp_path: Path) -> None:
    done = dreamcode("--version", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"dreamcode {__version__}\n")


def test_every_command_explains_itself(tmp_path: Path) -> None:
    for command in (
        "solve",
        "serve",
        "doctor",
        "config",
        "sandbox",
        "sandbox build",
        "sandbox run",
    ):
        done = dreamcode(*command.split(), "--help", home=tmp_path)
        assert done.returncode == 0
        assert f"dreamcode {command}" in done.stdout
