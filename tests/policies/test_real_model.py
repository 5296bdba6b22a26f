"""A real language model: a tokenizer, a chat template and a size that tests' own models lack."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interrupts import take_interrupts
from tests.real_model import FOLDER

pytestmark = pytest.mark.real_model
EXAMPLE = Path(__file__).parents[2] / "examples" / "mini-2.md"


def interrupt(run: Path, times: int) -> tuple[int, float]:
    """Exit code of a run that Ctrl-C stops while it reads its prompt, and seconds that took."""
    arguments = [EXAMPLE, "--model", f"hf/{FOLDER}", "--run-dir", run, "--sandbox", "local"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dreamcode", "solve", *map(str, arguments)],
        stderr=subprocess.PIPE,
        preexec_fn=take_interrupts,
        text=True,
    )
    services = run / "services.json"  # written when all is loaded
    while not services.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.5)
    started = time.monotonic()
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, errors = process.communicate(timeout=60)
    assert "stopped; nothing done is lost" in errors
    assert "Traceback" not in errors
    return process.returncode, time.monotonic() - started


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_a_run_that_reads_a_long_prompt(tmp_path: Path, times: int) -> None:
    code, seconds = interrupt(tmp_path / "run", times)
    assert code == 130
    assert seconds < 5 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))
