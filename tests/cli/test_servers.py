"""Runs against servers of many kinds are killed again and again: nothing is paid for twice."""

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dreamcode.runs.result_files import load_result, load_results
from tests.cli.command import dreamcode, start, wait
from tests.cli.test_bench import make_rows, write_lines
from tests.cli.test_solve import STATEMENT
from tests.policies.server import ModelServer
from tests.search.programs import GUARD, MAIN, ONE_STEP, READ, RIGHT

# Between its functions stand imports and decorators, at which servers stop too early.
DECORATED = (
    MAIN.replace("\n\n\n", "\n\n\nimport sys\n\n\n")
    + "def read_number():\n    return int(sys.stdin.readline())\n\n\n"
    + "from functools import cache\n\n\n@cache\ndef double(number):\n    return 2 * number\n"
    + GUARD
)
PROGRAMS = [
    RIGHT,
    ONE_STEP,
    DECORATED,
    *(
        MAIN + READ + f"def double(number):\n    return number + {extra}\n" + GUARD
        for extra in range(3)
    ),
]
O4_MINI = ["prefill", "n", "max_tokens", "temperature", "top_p", "logprobs", "stop"]
STEPS = ["--grain", "step"]
# What the server is like, and what else to say on the command line.
KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "like o4-mini": ({"refuses": O4_MINI, "thinks": "counted"}, []),
    "a function per answer, stops at imports": ({"refuses": ["n"], "tells_stop_reason": True}, []),
    "refuses to answer now and then": ({"refuses": ["n"], "shy": 3, "thinks": "tags"}, []),
    "limit per minute": ({"refuses": ["n"], "per_minute": 4, "minute": 0.8}, ["--prefill", "off"]),
    "ignores prefill and n": ({"ignores": ["prefill", "n"]}, []),
    "one reply for all samples": ({"thinks": "apart"}, []),
    "Responses API alone": ({"endpoints": ["responses"], "thinks": "counted"}, []),
    "streams alone": ({"streams": True, "refuses": ["n"], "thinks": "apart"}, []),
    "thinks in tags, a function per answer": ({"refuses": ["n"], "thinks": "tags"}, STEPS),
    "trims prefills": ({"trims": True, "ignores": ["n"]}, []),
    "completions": ({"refuses": ["n"]}, ["--endpoint", "completions"]),
    "counts nothing, refuses seeds": (
        {"counts": False, "refuses": ["n", "seed", "logprobs"]},
        ["--prefill", "off"],
    ),
    "one reply for all that share a prefix": ({"tells_stop_reason": True}, []),
}
QUICK = [
    "like o4-mini",
    "a function per answer, stops at imports",
    "refuses to answer now and then",
    "limit per minute",
    "one reply for all that share a prefix",
]
PACE = 0.12
"""Seconds per answer."""

SURE = 0.3
"""Seconds after which an answer that was sent is taken to be on record, on a busy machine."""

Outcome = dict[str, list[tuple[str, int]]]


class Killing:
    """A command against a server, to be run as a whole or killed on the way.

    Attributes:
        kills: how often it was killed so far.
    """

    def __init__(self, home: Path, server: ModelServer, arguments: list[str]) -> None:
        self.kills = 0
        self._killed = 0.0
        self._home = home
        self._server = server
        self._arguments = arguments

    def undisturbed(self) -> tuple[Outcome, Counter[str]]:
        """What a run comes to that nobody disturbs, and what the server answers for it."""
        run = self._home / "whole"
        done = dreamcode(*self._arguments, "--run-dir", run, home=self._home)
        assert done.returncode in (0, 1), done.stderr
        answered = Counter(one.question for one in self._server.delivered)
        return outcome(run), answered

    def until_done(self, run: Path, chance: random.Random, most: int) -> Counter[str]:
        """Kills and resumes the run until it is done; counts the answers that it had by then.

        An answer that was sent just before the process was killed may not have been read.
        """
        kept: Counter[str] = Counter()
        while True:
            begun = time.monotonic()
            how = chance.choice([signal.SIGKILL, signal.SIGINT]) if self.kills < most else None
            code = self._disturb(run, chance, how)
            is_done = code in (0, 1)
            sure = time.monotonic() if is_done else self._killed - SURE
            own = [one for one in self._server.delivered if one.asked >= begun]
            kept.update(one.question for one in own if one.sent <= sure)
            if is_done:
                return kept
            assert how is not None
            assert code == (130 if how is signal.SIGINT else -how)
            self.kills += 1

    def _disturb(self, run: Path, chance: random.Random, how: signal.Signals | None) -> int:
        """The exit code of a session that is killed soon after some answers, or never."""
        channels = self._home / "channels"
        answers = len(self._server.delivered) + chance.randint(0, 5)
        resume = ["--resume"] if (run / "config.json").exists() else []
        arguments = [*self._arguments, *resume, "--run-dir", str(run)]
        asked = len(self._server.requests)
        command = start(*arguments, home=self._home, channels=channels)
        while how is not None and command.is_alive():
            if len(self._server.requests) > asked and len(self._server.delivered) >= answers:
                time.sleep(chance.uniform(0, 2 * SURE))
                if command.is_alive():
                    self._killed = time.monotonic()
                    os.kill(command.pid or 0, how)
                break
            time.sleep(0.005)
        return wait(command, 60)


def outcome(run: Path) -> Outcome:
    """The programs of a run and their copies, by problem."""
    one = load_result(run)
    results = load_results(run) if one is None else [one]
    return {
        result.problem: sorted((program.text, program.copies) for program in result.programs)
        for result in results
    }


def check_killed(home: Path, server: ModelServer, arguments: list[str], kills: int) -> None:
    """Kills runs of a command so often; compares them with one that nobody disturbs."""
    killing = Killing(home, server, arguments)
    expected, answered = killing.undisturbed()
    assert any(expected.values())
    chance = random.Random(f"{arguments[0]} {kills}")
    for number in range(kills):
        if killing.kills >= kills:
            break
        run = home / f"run-{number}"
        kept = killing.until_done(run, chance, kills)
        assert outcome(run) == expected
        twice = kept - answered
        assert not twice, f"asked again after {killing.kills} kills: {json.dumps(dict(twice))}"
    assert killing.kills >= min(kills, 1)


def check_solve(home: Path, kind: str, kills: int) -> None:
    manners, more = KINDS[kind]
    (home / "double.md").write_text(STATEMENT)
    with ModelServer({"Print twice the number": PROGRAMS}, pace=PACE, **manners) as server:
        arguments = ["solve", "double.md", "--model", "openai/tiny", "--base-url", server.url,
                     "--sandbox", "local", "--n", "8", *more]  # fmt: skip
        check_killed(home, server, arguments, kills)


def check_bench(home: Path, kills: int) -> None:
    write_lines(home / "rows.jsonl", make_rows(3))
    manners, more = KINDS["limit per minute"]
    with ModelServer({"Print twice the number": PROGRAMS}, pace=PACE, **manners) as server:
        arguments = ["bench", "livecodebench", "--data", "rows.jsonl", "--model", "openai/tiny",
                     "--base-url", server.url, "--sandbox", "local", "--n", "3", *more]  # fmt: skip
        check_killed(home, server, arguments, kills)


@pytest.mark.parametrize("kind", QUICK)
def test_killed_and_resumed_a_run_pays_for_nothing_twice(tmp_path: Path, kind: str) -> None:
    check_solve(tmp_path, kind, kills=2)


def test_killed_and_resumed_a_benchmark_pays_for_nothing_twice(tmp_path: Path) -> None:
    check_bench(tmp_path, kills=2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_killed_twenty_times_a_run_pays_for_nothing_twice(tmp_path: Path, kind: str) -> None:
    check_solve(tmp_path, kind, kills=20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_twenty_times_a_benchmark_pays_for_nothing_twice(tmp_path: Path) -> None:
    check_bench(tmp_path, kills=20)
