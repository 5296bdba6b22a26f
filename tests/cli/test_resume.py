"""Kills real runs with SIGKILL and Ctrl-C, then resumes them."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from dreamcode.runs.journal import read_records
from tests.cli.command import dreamcode, start, wait
from tests.cli.test_solve import STATEMENT
from tests.policies.server import ModelServer, hang, well
from tests.search.programs import GUARD, MAIN, ONE_STEP, READ, RIGHT, WRONG

PROGRAMS = [
    RIGHT,
    WRONG,
    ONE_STEP,
    *(
        MAIN + READ + f"def double(number):\n    return number + {extra}\n" + GUARD
        for extra in range(5)
    ),
]


def stop_at(
    arguments: list[str], home: Path, run: Path, records: int, delay: float, how: signal.Signals
) -> int:
    """Starts the command and signals it `delay` seconds after its journal has `records` lines."""
    channels = run.with_name(f"{run.name}-channels")
    command = start(*arguments, "--run-dir", run, home=home, channels=channels)
    journal = run / "journal.jsonl"
    while command.is_alive():
        if journal.exists() and journal.read_bytes().count(b"\n") >= records:
            time.sleep(delay)
            os.kill(command.pid or 0, how)
            break
        time.sleep(0.002)
    return wait(command, 60)


def check_resumed(arguments: list[str], home: Path, run: Path, expected: str | None) -> None:
    """Resumes and compares with the undisturbed run."""
    before = run / "journal.jsonl"
    kept = read_records(before)[0] if before.exists() else []
    resume = ["--resume"] if (run / "config.json").exists() else []
    done = dreamcode(*arguments, "--json", "--run-dir", run, *resume, home=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["program"] == expected
    records, _ = read_records(run / "journal.jsonl")
    assert records[: len(kept)] == kept
    keys = [record.key for record in records]
    assert len(set(keys)) == len(keys)


def undisturbed(arguments: list[str], home: Path) -> tuple[str, int]:
    """The program of a run nobody disturbs, and the number of its journal's records."""
    done = dreamcode(*arguments, "--json", "--run-dir", home / "whole", home=home)
    assert done.returncode == 0, done.stderr
    records, _ = read_records(home / "whole" / "journal.jsonl")
    return json.loads(done.stdout)["program"], len(records)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("search", "moments"), [("best-of-n", 20), ("beam", 8)])
def test_killed_at_any_moment_a_run_resumes_to_the_same_program(
    tmp_path: Path, search: str, moments: int
) -> None:
    (tmp_path / "double.md").write_text(STATEMENT)
    chance = random.Random(7)
    with ModelServer({"Print twice the number": PROGRAMS}) as server:
        arguments = ["solve", "double.md", "--model", "openai/tiny", "--base-url", server.url,
                     "--sandbox", "local", "--n", "16", "--search", search]  # fmt: skip
        expected, total = undisturbed(arguments, tmp_path)
        for moment in range(moments):
            run = tmp_path / f"run-{moment}"
            records = chance.randint(0, total - 1)
            stop_at(arguments, tmp_path, run, records, chance.uniform(0, 0.03), signal.SIGKILL)
            check_resumed(arguments, tmp_path, run, expected)


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "double.md").write_text(STATEMENT)
    run = tmp_path / "run"
    with ModelServer({"Print twice the number": PROGRAMS}) as server:
        arguments = ["solve", "double.md", "--model", "openai/tiny", "--base-url", server.url,
                     "--sandbox", "local", "--n", "16"]  # fmt: skip
        expected, _ = undisturbed(arguments, tmp_path)
        server.script.extend([well, *[hang] * 20])  # so that it is certainly still at work
        assert stop_at(arguments, tmp_path, run, 1, 0.2, signal.SIGINT) == 130
        assert not (run / "result.json").exists()
        server.script.clear()
        check_resumed(arguments, tmp_path, run, expected)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("example", "search"), [("mini-2.md", "best-of-n"), ("mini-5.md", "compose")]
)
def test_the_embedded_policy_resumes_to_the_same_program(
    tmp_path: Path, example: str, search: str
) -> None:
    problem = Path(__file__).parents[2] / "examples" / example
    chance = random.Random(8)
    arguments = ["solve", str(problem), "--sandbox", "auto", "--n", "16", "--search", search]
    expected, total = undisturbed(arguments, tmp_path)
    for moment in range(20):
        run = tmp_path / f"run-{moment}"
        records = chance.randint(0, total - 1)
        stop_at(arguments, tmp_path, run, records, chance.uniform(0, 0.2), signal.SIGKILL)
        check_resumed(arguments, tmp_path, run, expected)
