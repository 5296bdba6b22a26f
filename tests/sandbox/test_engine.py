"""Engines that fall silent, die or talk nonsense: told in seconds, and never deaf to Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamcode_sandbox.build import build_image
from dreamcode_sandbox.docker import connect
from tests.interrupts import take_interrupts
from tests.sandbox.conftest import require_docker
from tests.sandbox.proxy import Proxy

pytestmark = pytest.mark.docker

LONG = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    require_docker()
    build_image(connect())
    proxy = Proxy(tmp_path)
    yield proxy
    proxy.close()


def start(proxy: Proxy, tmp_path: Path, program: str = LONG) -> subprocess.Popen[str]:
    file = tmp_path / "program.py"
    file.write_text(program)
    command = "from dreamcode.cli.app import main; main()"
    options = ["sandbox", "run", str(file), "--sandbox", "docker", "--time-limit", "100"]
    return subprocess.Popen(
        [sys.executable, "-c", command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DOCKER_HOST": proxy.address, "NO_COLOR": "1"},
        preexec_fn=take_interrupts,
    )


def wait_for_job(process: subprocess.Popen[str]) -> None:
    """Until a container of `process` runs; then a little more, for the job to begin."""
    client = connect()
    mark = f"dreamcode-sandbox-{process.pid}-"
    deadline = time.monotonic() + 60
    while not client.containers.list(filters={"name": mark}, sparse=True):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client.close()
    time.sleep(2)


def interrupt(process: subprocess.Popen[str], within: float = 3.0) -> None:
    """One Ctrl-C ends it, soon, without a traceback."""
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert time.monotonic() - started < within
    assert "Traceback" not in said


def test_an_engine_that_never_answers_is_told_in_seconds(proxy: Proxy, tmp_path: Path) -> None:
    proxy.turn("silent")
    started = time.monotonic()
    process = start(proxy, tmp_path)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert "waiting for the Docker engine (5 s)" in said
    assert "error: The Docker engine does not answer" in said
    assert "Traceback" not in said
    assert time.monotonic() - started < 30


def test_ctrl_c_ends_the_wait_for_an_engine_that_never_answers(
    proxy: Proxy, tmp_path: Path
) -> None:
    proxy.turn("silent")
    process = start(proxy, tmp_path)
    assert process.stderr is not None
    assert "waiting for the Docker engine" in process.stderr.readline()
    interrupt(process)


def test_ctrl_c_ends_a_job_on_an_engine_that_froze(proxy: Proxy, tmp_path: Path) -> None:
    process = start(proxy, tmp_path)
    wait_for_job(process)
    proxy.turn("silent")
    interrupt(process)


def test_an_engine_that_froze_in_the_middle_of_a_job_is_told(proxy: Proxy, tmp_path: Path) -> None:
    process = start(proxy, tmp_path)
    wait_for_job(process)
    proxy.turn("silent")
    started = time.monotonic()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 3, said
    assert "does not answer" in said
    assert "Traceback" not in said
    assert time.monotonic() - started < 75


@pytest.mark.parametrize("mood", ["dead", "mad"])
def test_an_engine_that_dies_or_goes_mad_in_the_middle_of_a_job(
    proxy: Proxy, tmp_path: Path, mood: str
) -> None:
    process = start(proxy, tmp_path, "import time\ntime.sleep(5)\nprint(1)\n")
    wait_for_job(process)
    proxy.turn(mood)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert said.splitlines()[-1].startswith("error: "), said
    assert "Traceback" not in said


def test_an_engine_that_talks_nonsense_from_the_start(proxy: Proxy, tmp_path: Path) -> None:
    proxy.turn("mad")
    process = start(proxy, tmp_path)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said
    assert "Traceback" not in said
