"""`dreamcode sandbox` and `dreamcode doctor`, with the engine there and without."""

import json
from pathlib import Path

import pytest

from tests.cli.command import dreamcode
from tests.sandbox.conftest import require_docker

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
ECHO = "print(input()[::-1])\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(ECHO)
    return path


def test_a_program_runs_and_its_output_comes_back(tmp_path: Path, program: Path) -> None:
    (tmp_path / "in.txt").write_text("stressed\n")
    for source, given in (("in.txt", ""), ("-", "stressed\n")):
        arguments = ["sandbox", "run", program, "--stdin", source, "--sandbox", "local"]
        done = dreamcode(*arguments, home=tmp_path, stdin=given)
        assert (done.returncode, done.stdout) == (0, "desserts\n"), done.stderr
        assert "ended after" in done.stderr


def test_a_program_that_fails_says_how(tmp_path: Path, program: Path) -> None:
    done = dreamcode("sandbox", "run", program, "--sandbox", "local", home=tmp_path)
    assert done.returncode == 1
    assert "EOFError" in done.stderr
    assert "runtime error after" in done.stderr


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text("while True:\n    pass\n")
    arguments = ["sandbox", "run", "loop.py", "--sandbox", "local", "--time-limit", "0.2"]
    done = dreamcode(*arguments, home=tmp_path)
    assert done.returncode == 1
    assert "time limit after" in done.stderr


def test_docker_that_is_not_there_is_said_in_one_line(tmp_path: Path, program: Path) -> None:
    for arguments in (
        ["sandbox", "run", program, "--sandbox", "docker"],
        ["sandbox", "build"],
    ):
        done = dreamcode(*arguments, home=tmp_path, **NO_ENGINE)
        assert (done.returncode, done.stdout) == (3, "")
        [line] = done.stderr.splitlines()
        assert line.startswith("error: ")
        assert "Docker" in line


def test_auto_falls_back_and_says_so(tmp_path: Path, program: Path) -> None:
    arguments = ["sandbox", "run", program, "--stdin", "-"]
    done = dreamcode(*arguments, home=tmp_path, stdin="ab\n", **NO_ENGINE)
    assert (done.returncode, done.stdout) == (0, "ba\n")
    assert "falling back to the local sandbox" in done.stderr


@pytest.mark.docker
def test_an_image_that_cannot_be_built_is_said_in_one_line(tmp_path: Path) -> None:
    require_docker()
    done = dreamcode("sandbox", "build", "--base", "no-such-image:at-all", home=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    [error] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "could not be built" in error


def checks(tmp_path: Path, **variables: str) -> tuple[int, dict[str, bool | None]]:
    done = dreamcode("doctor", "--json", home=tmp_path, **variables)
    return done.returncode, {check["name"]: check["works"] for check in json.loads(done.stdout)}


def test_doctor_without_an_engine(tmp_path: Path) -> None:
    code, found = checks(tmp_path, **NO_ENGINE)
    assert code == 0
    assert found["docker engine"] is None
    assert found["local sandbox"] is True
    assert found["embedded policy"] is True
    assert "docker sandbox" not in found


@pytest.mark.docker
def test_doctor_with_an_engine(tmp_path: Path) -> None:
    require_docker()
    code, found = checks(tmp_path)
    assert code == 0
    assert found["docker engine"] is True
    assert found["docker sandbox"] is True
    assert found["local sandbox"] is True
