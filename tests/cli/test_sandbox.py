"""`dreamcode sandbox` and `dreamcode doctor`, with the engine there and without."""

import json
import platform
import sys
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


def test_a_python_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "v.py").write_text("import sys\nprint(*sys.version_info[:3], sep='.')\n")
    arguments = ["sandbox", "run", "v.py", "--sandbox", "local"]
    ours = platform.python_version()
    for more, variables in (
        (["--python", ours], {}),
        (["--python", sys.executable], {}),
        ([], {"DREAMCODE_PYTHON": ours}),
    ):
        done = dreamcode(*arguments, *more, home=tmp_path, **variables)
        assert (done.returncode, done.stdout) == (0, f"{ours}\n"), done.stderr
        assert f"Python {'.'.join(ours.split('.')[:2])}" in done.stderr


@pytest.mark.parametrize("wish", ["3.10", "3.99", "latest", "/nowhere/python3", "/bin/sh"])
def test_a_python_that_cannot_be_had_is_an_input_error(
    tmp_path: Path, program: Path, wish: str
) -> None:
    arguments = ["sandbox", "run", program, "--sandbox", "local", "--python", wish]
    done = dreamcode(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "--python" in line


def test_a_program_file_is_read_as_python_reads_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    arguments = ["sandbox", "run", program, "--sandbox", "local"]
    for text, code, printed in (
        ("# coding: latin-1\nprint('é')".encode("latin-1"), 0, "é\n"),
        ("print('é')".encode("utf-8-sig"), 0, "é\n"),
        ("# coding: latin-1\nprint('é')".encode(), 0, "Ã©\n"),
        (b"print(7)\r\nprint(8)\r\n", 0, "7\n8\n"),
        (b"print(7)\0\n", 1, ""),
        (b"# coding: klingon\nprint(7)", 1, ""),
        ("print('é')".encode("latin-1"), 1, ""),
    ):
        program.write_bytes(text)
        done = dreamcode(*arguments, home=tmp_path)
        assert (done.returncode, done.stdout) == (code, printed), done.stderr
        assert ("compile error" in done.stderr) == bool(code)


def checks(tmp_path: Path, **variables: str) -> tuple[int, dict[str, bool | None], str]:
    done = dreamcode("doctor", "--json", home=tmp_path, **variables)
    found = json.loads(done.stdout)
    told = {check["name"]: check["detail"] for check in found}
    works = {check["name"]: check["works"] for check in found}
    return done.returncode, works, told["local sandbox"]


def test_doctor_without_an_engine(tmp_path: Path) -> None:
    version = platform.python_version()
    code, found, local = checks(tmp_path, DREAMCODE_PYTHON=version, **NO_ENGINE)
    assert code == 0
    assert f"Python {version}, numpy " in local
    assert "sortedcontainers " in local
    assert found["docker engine"] is None
    assert found["local sandbox"] is True
    assert found["embedded policy"] is True
    assert "docker sandbox" not in found


@pytest.mark.docker
def test_doctor_with_an_engine(tmp_path: Path) -> None:
    require_docker()
    code, found, _ = checks(tmp_path)
    assert code == 0
    assert found["docker engine"] is True
    assert found["docker sandbox"] is True
    assert found["local sandbox"] is True
