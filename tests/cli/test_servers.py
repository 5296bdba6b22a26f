"""Runs against servers of every kind are killed and resumed: nothing is paid for twice."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import dreamcode, start, wait
from tests.cli.test_resume import PROGRAMS
from tests.cli.test_solve import STATEMENT
from tests.policies.server import ModelServer

N = 12
ON_ITS_WAY = 0.4
"""Seconds before a kill in which a reply may have arrived without being on record."""

O4_MINI = ["prefill", "n", "max_tokens", "temperature", "top_p", "logprobs", "stop", "seed"]
SERVERS: dict[str, dict[str, Any]] = {
    "thinks in tags, one by one": {"thinks": "tags", "refuses": ["n"]},
    "thinks apart": {"thinks": "apart", "refuses": ["n"]},
    "refuses nearly everything": {"thinks": "counted", "refuses": O4_MINI},
    "Responses alone": {"endpoints": ["responses"]},
    "streams alone": {"streams": True, "thinks": "apart", "refuses": ["n"]},
    "so many per minute": {"per_minute": 6, "minute": 0.6, "thinks": "apart", "refuses": ["n"]},
    "goes on with what is begun": {"tells_stop_reason": True, "refuses": ["n"]},
    "ignores n and counts nothing": {"ignores": ["n"], "counts": False, "thinks": "tags"},
}


def run_killed(
    arguments: list[str], home: Path, run: Path, after: float, how: signal.Signals
) -> tuple[float, int]:
    """Starts or resumes the run and kills it; when that was, and its exit code."""
    resume = ["--resume"] if (run / "config.json").exists() else []
    channels = run.with_name(f"{run.name}-channels")
    command = start(*arguments, *resume, "--run-dir", run, home=home, channels=channels)
    while command.is_alive() and not (run / "journal.jsonl").exists():
        time.sleep(0.005)
    command.join(after)
    killed = time.monotonic()
    if command.is_alive():
        os.kill(command.pid or 0, how)
    return killed, wait(command, 60)


def check_kills(home: Path, manners: dict[str, Any], kills: int, seed: int) -> None:
    """Kills a run at random moments, resumes it to its end, and counts what was answered."""
    (home / "double.md").write_text(STATEMENT)
    chance = random.Random(seed)
    with ModelServer({"Print twice the number": PROGRAMS}, delay=0.05, **manners) as server:
        arguments = ["solve", "double.md", "--model", "openai/tiny", "--base-url", server.url,
                     "--sandbox", "local", "--n", str(N), "--reward", "none"]  # fmt: skip
        whole = dreamcode(*arguments, "--json", "--run-dir", home / "whole", home=home)
        assert whole.returncode == 0, whole.stderr
        needed, run = server.answered, home / "run"
        server.answered, server.delivered = 0, []
        excused = 0
        for number in range(kills):
            how = signal.SIGKILL if number % 2 else signal.SIGINT
            killed, code = run_killed(arguments, home, run, chance.uniform(0.0, 0.5), how)
            assert code in (0, -9, 130)
            time.sleep(0.1)  # what was under way comes to its end, for nobody
            excused += sum(moment > killed - ON_ITS_WAY for moment in server.delivered)
            excused += server.at_once
        done = dreamcode(*arguments, "--json", "--run-dir", run, "--resume", home=home)
        assert done.returncode == 0, done.stderr
        answered = server.answered

    def texts(printed: str) -> list[tuple[str, int]]:
        result = json.loads(printed)
        programs = [("".join(one["steps"]), one["copies"]) for one in result["programs"]]
        return sorted(programs)

    assert sum(copies for _, copies in texts(done.stdout)) == N
    if "seed" not in server.refuses and "responses" not in server.endpoints:
        assert texts(done.stdout) == texts(whole.stdout)  # else no server gives the same again
    # Every start asks for one sample to see how the model answers.
    assert answered <= needed + excused + kills + 1, (answered, needed, excused)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("manners", SERVERS.values(), ids=SERVERS.keys())
def test_killed_and_resumed_nothing_is_paid_for_twice(
    tmp_path: Path, manners: dict[str, Any]
) -> None:
    check_kills(tmp_path, manners, 2, seed=3)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("manners", SERVERS.values(), ids=SERVERS.keys())
def test_killed_twenty_times_nothing_is_paid_for_twice(
    tmp_path: Path, manners: dict[str, Any]
) -> None:
    check_kills(tmp_path, manners, 20, seed=11)
