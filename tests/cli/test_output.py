"""Text of strangers on a terminal: shown, never obeyed."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from dreamcode.cli.output import open_console, visible
from tests.cli.command import COMMAND, environment
from tests.policies.server import ModelServer

STEERING = (
    "\x1b[2J \x1b]52;c;aGk=\x07 \x9b31m \x9d0;t\x9c \r over \b\b \x7f \x0b \x0c \x00 "
    "\u202e rtl \u2066 \u200f \u2028 \U000e0041 \x1bP+q\x1b\\ \x1b]8;;http://x\x1b\\"
)
OBEYED = [mark for mark in STEERING if not mark.isprintable() and mark != " "]


def on_terminal(arguments: list[str], home: Path, **variables: str) -> str:
    """What `dreamcode ARGUMENTS` sends to a terminal, standard error included."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=home,
        env=environment(home, **variables) | {"TERM": "dumb", "NO_COLOR": "1"},
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # how Linux says that nobody writes any more
            break
        if not data:
            break
        said += data
    os.close(ours)
    command.wait(60)
    return said.decode().replace("\r\n", "\n")


def assert_shown(said: str, times: int = 1) -> None:
    assert said.count("\\x1b[2J") >= times, said
    assert [mark for mark in OBEYED if mark in said] == []


def test_what_steers_is_shown_as_python_writes_it() -> None:
    assert visible("a\x1b[2J\r\nb\tc\rd\u202ee\x9b") == "a\\x1b[2J\nb\tc\\rd\\u202ee\\x9b"
    assert visible("häßlich 数 🙂 é") == "häßlich 数 🙂 é"
    assert [mark for mark in OBEYED if mark in visible(STEERING)] == []
    assert visible("\ud83d") == "\\ud83d"


def test_nothing_that_is_printed_on_a_console_steers_it(capsys: pytest.CaptureFixture[str]) -> None:
    console = open_console()
    table = Table(STEERING)
    table.add_row(STEERING)
    for one in (STEERING, table):
        console.print(one, markup=False)
    with console.status(STEERING):
        pass
    said = capsys.readouterr().out
    assert_shown(said, 2)


def test_sandbox_run(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"import sys\nprint({STEERING!r})\nsys.exit({STEERING!r})\n")
    said = on_terminal(["sandbox", "run", "program.py", "--sandbox", "local"], tmp_path)
    assert_shown(said, 2)
    program.write_text(f"raise ValueError({STEERING!r})\n")
    assert_shown(on_terminal(["sandbox", "run", "program.py", "--sandbox", "local"], tmp_path))
    program.write_text(f"# {STEERING}\nx = (\n")
    run = [*COMMAND, "sandbox", "run", "program.py", "--sandbox", "local"]
    piped = subprocess.run(run, capture_output=True, cwd=tmp_path, env=environment(tmp_path))
    assert b"\x1b" not in piped.stderr


def test_files_and_pipes_get_the_output_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os\nos.write(1, b'\\x1b[2J\\r')\n")
    run = [*COMMAND, "sandbox", "run", "program.py", "--sandbox", "local"]
    piped = subprocess.run(run, capture_output=True, cwd=tmp_path, env=environment(tmp_path))
    assert piped.stdout == b"\x1b[2J\r"


PROBLEM = """---
title: "steer \\e[2J \\e]52;c;aGk=\\a \\u202e"
---
Print what steers.

Sample Input 1

```
\x1b[2J \x9b31m \u202e
```

Sample Output 1

```
\x1b[2J \x9d0;t\x9c \u2066
```
"""


def test_solve_show_and_score(tmp_path: Path) -> None:
    """A model's program carries them in its text and its names, and prints them."""
    (tmp_path / "problem.md").write_text(PROBLEM)
    text = "\x1b[2J \x9b31m \u202e"
    program = f"def main():\n    print({STEERING!r})  # {text}\n\n\nmain()\n"
    with ModelServer({"Print what steers": [program]}) as server:
        solve = ["solve", "problem.md", "--model", "openai/tiny", "--base-url", server.url]
        solve += ["--sandbox", "local", "-n", "1", "--run-dir", "run"]
        assert_shown(on_terminal(solve, tmp_path), 2)
    assert_shown(on_terminal(["show", "run"], tmp_path), 3)
    helper = f"def weak(x):  # {text}\n    return x\n"
    (tmp_path / "program.py").write_text(f"{helper}\n\n{program}")
    assert_shown(on_terminal(["score", "problem.md", "program.py"], tmp_path))


def test_errors_and_the_program_name(tmp_path: Path) -> None:
    said = on_terminal(["show", STEERING.replace("\0", "")], tmp_path)
    assert_shown(said)
    assert sys.executable not in said
