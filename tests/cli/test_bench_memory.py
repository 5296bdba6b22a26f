"""A whole release with large hidden tests, and the memory that grading it takes."""

import base64
import json
import pickle
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamcode.runs.result_files import load_results
from tests.cli.command import COMMAND, environment
from tests.problems.test_livecodebench import make_row

PROBLEMS = 1055
LIMIT_MIB = 1536
PROGRAM = "import sys\nnumbers = sys.stdin.read().split()\nprint(len(numbers))\n"


def pack_tests(tests: int, numbers: int, problem: int) -> str:
    """Hidden tests as the data set packs them: base64 of zlib of a pickled JSON string."""
    text = " ".join(str((problem + place) % 1000) for place in range(1000))
    given = (text + "\n") * (numbers // 1000)
    found = [{"input": given, "output": f"{numbers}\n", "testtype": "stdin"} for _ in range(tests)]
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(found)), 1)).decode()


def write_release(path: Path) -> int:
    """Rows whose tests unpack to 0.4 MB each, every hundredth row's to 60 MB; their sum in MB."""
    total = 0
    with path.open("w") as file:
        for problem in range(PROBLEMS):
            tests, numbers = (15, 1_000_000) if problem % 100 == 7 else (5, 20_000)
            total += tests * numbers * 4
            row = make_row(
                question_id=f"large_{problem}",
                private_test_cases=pack_tests(tests, numbers, problem),
                public_test_cases=json.dumps(
                    [{"input": "1 2 3\n", "output": "3\n", "testtype": "stdin"}]
                ),
                contest_date="2024-02-03T00:00:00",
            )
            file.write(json.dumps(row) + "\n")
    return total // 10**6


def peak_mib(process: subprocess.Popen[bytes]) -> int:
    """The most memory that the process itself ever had resident."""
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        found = [line for line in status.splitlines() if line.startswith("VmHWM")]
        if found:
            peak = max(peak, int(found[0].split()[1]) // 1024)
        time.sleep(0.1)
    return peak


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_release_with_large_tests_is_graded_in_little_memory(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    total = write_release(tmp_path / "rows.jsonl")
    assert total > 1000
    custom = [{"question_id": f"large_{n}", "code_list": [PROGRAM]} for n in range(PROBLEMS)]
    (tmp_path / "custom.json").write_text(json.dumps(custom))
    process = subprocess.Popen(
        [*COMMAND, "bench", "grade", "custom.json", "--data", "rows.jsonl", "--run-dir", "run"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = peak_mib(process)
    assert process.wait() == 0
    results = load_results(tmp_path / "run")
    assert len(results) == PROBLEMS
    assert all(one.graded == (True,) for one in results)
    record_property("peak_mib", peak)
    assert peak < LIMIT_MIB, f"{peak} MiB for {total} MB of tests"
