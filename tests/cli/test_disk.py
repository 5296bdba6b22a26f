"""A disk that fills up while a run is put on record: one line, exit 3, and --resume goes on."""

import resource
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, environment
from tests.cli.test_solve import STATEMENT
from tests.policies.server import ModelServer
from tests.search.programs import RIGHT, WRONG


def run(arguments: list[str], home: Path, most: int | None) -> subprocess.CompletedProcess[str]:
    """`dreamcode ARGUMENTS`, which can write `most` bytes into a file."""

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=home,
        env=environment(home),
        preexec_fn=limit,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("most", [10, 1_500, 3_000])
@pytest.mark.parametrize(
    "command", [["solve", "problems/p0.md"], ["bench", "folder", "--data", "problems"]]
)
def test_a_full_disk_is_said_in_one_line(tmp_path: Path, most: int, command: list[str]) -> None:
    (tmp_path / "problems").mkdir()
    for number in range(3):
        (tmp_path / f"problems/p{number}.md").write_text(STATEMENT)
    with ModelServer({"Print twice the number": [WRONG, RIGHT]}) as server:
        flags = [
            "--model",
            "openai/tiny",
            "--base-url",
            server.url,
            "--sandbox",
            "local",
            "-n",
            "6",
        ]
        flags += ["--run-dir", "run"]
        full = run([*command, *flags], tmp_path, most)
        assert full.returncode == 3, full
        assert full.stderr.splitlines()[-1].startswith("error: cannot write"), full.stderr
        assert "Traceback" not in full.stderr
        again = ["--resume"] if (tmp_path / "run/config.json").exists() else []
        roomy = run([*command, *flags, *again], tmp_path, None)
        assert roomy.returncode == 0, roomy.stderr
