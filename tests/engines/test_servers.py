"""The same benchmark in process, by one server and by three, of which some are killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamcode.bench.measures import solved
from dreamcode.grading.statistics import paired_difference
from dreamcode.results import Result
from dreamcode.runs.result_files import load_results
from tests.engines.places import EMBEDDED
from tests.engines.server import EngineServer, serve_many

pytestmark = pytest.mark.engines

COMMAND = (
    "bench",
    "miniature",
    "--limit",
    "40",
    "--n",
    "4",
    "--stop",
    "never",
    "--sandbox",
    "local",
)
BEHIND = ("--model", f"openai/{EMBEDDED.name}", "--endpoint", "completions", "--prompt", "bare")


@pytest.fixture(scope="module")
def servers() -> Iterator[list[EngineServer]]:
    with serve_many(EMBEDDED, count=3) as three:
        yield three


def begin(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dreamcode", *COMMAND, "--run-dir", str(folder), *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with folder.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environment)


def finish(folder: Path, *options: str) -> list[Result]:
    assert begin(folder, *options).wait() == 0, folder.with_suffix(".log").read_text()
    return read(folder)


def read(folder: Path) -> list[Result]:
    return sorted(load_results(folder / "results.jsonl"), key=lambda result: result.problem)


def urls(servers: list[EngineServer]) -> list[str]:
    return [word for server in servers for word in ("--base-url", server.url)]


def records(folder: Path) -> int:
    files = folder.glob("problems/*/journal.jsonl")
    return sum(len(file.read_text().splitlines()) for file in files)


def are_alike(one: list[Result], other: list[Result]) -> bool:
    """Whether shares of right programs differ by no more than chance."""
    assert [result.problem for result in one] == [result.problem for result in other]
    shares = [
        [sum(p.copies for p in r.programs if p.right) / max(r.samples, 1) for r in results]
        for results in (one, other)
    ]
    found = paired_difference(*shares, 10_000, 0)
    return found.low <= 0 <= found.high


def test_one_three_and_none_solve_as_many(servers: list[EngineServer], tmp_path: Path) -> None:
    inside = finish(tmp_path / "inside", "--model", f"vllm/{EMBEDDED}")
    plain = finish(tmp_path / "plain")
    one = finish(tmp_path / "one", *BEHIND, *urls(servers[:1]))
    three = finish(tmp_path / "three", *BEHIND, *urls(servers))
    assert sum(map(solved, inside)) > 20
    for others in (plain, one, three):
        assert are_alike(inside, others)


def test_one_that_is_killed_costs_nothing_and_all_end_the_run(
    servers: list[EngineServer], tmp_path: Path
) -> None:
    lost = tmp_path / "lost"
    run = begin(lost, *BEHIND, *urls(servers))
    wait_for_records(lost, 60)
    servers[2].kill()
    assert run.wait() == 0, lost.with_suffix(".log").read_text()
    assert len(read(lost)) == 40
    assert all(result.samples == 4 and not result.failures for result in read(lost))

    stopped = tmp_path / "stopped"
    run = begin(stopped, *BEHIND, *urls(servers[:2]), "--retries", "1")
    wait_for_records(stopped, 60)
    for server in servers[:2]:
        server.kill()
    assert run.wait() == 3
    kept = records(stopped)
    assert "--resume" in stopped.with_suffix(".log").read_text()
    with serve_many(EMBEDDED, count=1) as again:
        done = finish(stopped, *BEHIND, *urls(again), "--resume")
    assert records(stopped) > kept
    assert len(done) == 40
    assert all(result.samples == 4 and not result.failures for result in done)


def wait_for_records(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 240
    while records(folder) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
