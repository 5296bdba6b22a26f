"""`dreamcode bench` as a person runs it: whole, killed, resumed, misused."""

import json
import os
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real import CANDIDATES, SAMPLES, read_jsonl_gz
from dreamcode.runs.journal import read_records
from dreamcode.runs.result_files import load_results
from tests.cli.command import dreamcode, start, wait
from tests.problems.test_livecodebench import make_row
from tests.search.programs import RIGHT, WRONG
from tests.training.world import LATE


class Hostile:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("id; touch executed",)


STATEMENT = "Print twice the number."
PROGRAMS = [WRONG, RIGHT, LATE, "print(1)\n"]


def make_tests(*numbers: int) -> str:
    return json.dumps(
        [{"input": f"{n}\n", "output": f"{2 * n}\n", "testtype": "stdin"} for n in numbers]
    )


def make_rows(count: int) -> list[dict[str, Any]]:
    return [
        make_row(
            question_id=f"double_{number}",
            question_content=STATEMENT,
            difficulty=("easy", "medium", "hard")[number % 3],
            contest_date=f"2024-0{1 + number % 6}-03T00:00:00",
            contest_id="c1",
            public_test_cases=make_tests(2, 5),
            private_test_cases=make_tests(3, 70),
        )
        for number in range(count)
    ]


def write_lines(path: Path, lines: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def record(problem: str, programs: Sequence[str]) -> list[dict[str, Any]]:
    """What a journal says of a policy that wrote these programs in one call."""
    return [
        {
            "kind": "write",
            "key": f"{problem} {place}",
            "asked": {"problem": problem, "prefix": "", "until": "program"},
            "answer": {
                "proposal": {"text": text, "ending": "program", "tokens": 9},
                "usage": {
                    "calls": 0 if place else 1,
                    "prompt_tokens": 0 if place else 50,
                    "completion_tokens": 9,
                },
            },
        }
        for place, text in enumerate(programs)
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    rows = make_rows(12)
    write_lines(tmp_path / "rows.jsonl", rows)
    recorded = [
        line
        for place, row in enumerate(rows)
        for line in record(row["question_id"], PROGRAMS[place % 2 :] + PROGRAMS[: place % 2])
    ]
    write_lines(tmp_path / "recorded.jsonl", recorded)
    return tmp_path


def bench(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return dreamcode(
        "bench", "livecodebench", "--data", "rows.jsonl", "--model", "recorded/recorded.jsonl",
        "--prompt", "plain", "--n", "4", "--stop", "never", "--sandbox", "local", *arguments,
        home=home,
    )  # fmt: skip


def test_a_run_prints_a_table_and_leaves_what_repeats_it(home: Path) -> None:
    done = bench(home, "--reward", "none", "--run-dir", "run", "--prices", "1", "4")
    assert done.returncode == 0, done.stderr
    assert "rows.jsonl, contests from 2024-01-03 to 2024-06-03, 12 problems" in done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if "[" in line}
    assert list(rows) == ["easy", "medium", "hard", "all"]
    # One of four programs is right, and public tests leave two to choose from.
    assert "25.00 [18.4, 44.8]" in rows["all"]
    assert "432 tokens written" in done.stdout
    assert "$0.00" in done.stdout
    run = home / "run"
    config = json.loads((run / "config.json").read_text())
    assert config["source"] == "rows.jsonl"
    assert config["settings"]["prompt"] == "plain"
    environment = json.loads((run / "environment.json").read_text())
    assert environment["sandbox"]
    assert environment["sandbox_python"].startswith("3.")
    assert len(load_results(run)) == 12
    graded = json.loads(
        (run / "official" / "Scenario.codegeneration_4_0.8_eval_all.json").read_text()
    )
    assert [row["question_id"] for row in graded] == sorted(f"double_{n}" for n in range(12))
    again = dreamcode("bench", "stats", "run", home=home)
    assert again.stdout.splitlines()[:8] == done.stdout.splitlines()[:8]


def test_json_is_all_that_is_printed(home: Path) -> None:
    done = bench(home, "--json", "--limit", "2", "--run-dir", "run")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["measures"]["all"]["problems"] == 2
    assert printed["part"] == "the first 2"
    assert done.stderr == ""


def test_a_window_a_shard_and_a_protocol_are_kept(home: Path) -> None:
    done = bench(
        home, "--from", "2024-02-01", "--before", "2024-05-01", "--shard", "1/2", "--protocol",
        "livecodebench", "--run-dir", "run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    config = json.loads((home / "run" / "config.json").read_text())
    assert config["part"] == "from 2024-02-01, before 2024-05-01, part 1 of 2"
    assert config["problems"] == 3
    assert config["protocol"] == "livecodebench"
    assert config["public_tests"] is False
    settings = config["settings"]
    assert (settings["n"], settings["temperature"], settings["top_p"]) == (4, 0.2, 0.95)
    assert settings["reward"] == "none"
    assert "chosen" not in done.stdout
    assert config["window"] == "contests from 2024-02-03 to 2024-04-03"


def test_a_benchmark_may_be_set_up_in_a_file(home: Path) -> None:
    (home / "dreamcode.toml").write_text(
        'data = "rows.jsonl"\nmodel = "recorded/recorded.jsonl"\nsandbox = "local"\n'
        'protocol = "livecodebench"\nfrom = 2024-02-01\nbefore = "2024-05-01"\n'
        'difficulty = ["easy", "hard"]\nprices = [1, 4]\njson = true\nrun_dir = "run"\n'
        "temperature = 0.7\ntime_limit = 3\n"
    )
    done = dreamcode("bench", "livecodebench", "--n", "4", "--public-tests", home=home,
                     DREAMCODE_SHARD="1/2", DREAMCODE_TOP_P="0.5")  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["part"] == "from 2024-02-01, before 2024-05-01, easy, hard, part 1 of 2"
    assert printed["measures"]["spent"]["dollars"] is not None
    # The protocol goes before file and environment, flags before the protocol.
    assert (printed["time_limit"], printed["public_tests"]) == (6, True)
    settings = printed["settings"]
    assert (settings["n"], settings["temperature"], settings["top_p"]) == (4, 0.2, 0.95)


def test_grades_reranks_and_comparisons_take_what_runs_leave(home: Path) -> None:
    assert bench(home, "--reward", "none", "--run-dir", "run").returncode == 0
    custom = home / "run" / "official" / "custom_evaluator.json"
    graded = dreamcode(
        "bench", "grade", custom, "--data", "rows.jsonl", "--run-dir", "graded",
        "--sandbox", "local", home=home,
    )  # fmt: skip
    assert graded.returncode == 0, graded.stderr
    assert "25.00 [18.4, 44.8]" in graded.stdout  # every problem has one right sample of four
    by_run, by_file = load_results(home / "run"), load_results(home / "graded")
    for one, other in zip(by_run, by_file, strict=True):
        assert sorted(one.graded) == sorted(other.graded)
    ranked = dreamcode(
        "bench", "rerank", "graded", "--prm", "embedded", "--run-dir", "ranked", home=home
    )
    assert ranked.returncode == 0, ranked.stderr
    assert "chosen" in ranked.stdout
    compared = dreamcode("bench", "compare", "run", "ranked", "--json", home=home)
    report = json.loads(compared.stdout)["ranked"]
    assert report["problems"] == 12
    shown = dreamcode("bench", "compare", "run", "ranked", home=home)
    assert "won:" in shown.stdout
    assert "solved by one alone" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--release", "v9"], "release v9 picks files of a folder"),
        (["--from", "2030-01-01"], "none of the 12 problems is left (from 2030-01-01)"),
        (["--shard", "3/2"], "--shard '3/2'"),
        (["--protocol", "mine"], "unknown protocol 'mine'"),
        (["--search", "beam"], "--prompt plain does not ask for"),
        (["--resume"], "no unfinished run with these settings"),
        (["--problem", "double_99"], "no problem 'double_99'"),
        (["--model", "recorded/nowhere.jsonl"], "nowhere.jsonl"),
        (["--n", "9"], "no more samples"),
    ],
)
def test_bad_input_is_named_in_one_line(home: Path, arguments: list[str], said: str) -> None:
    done = bench(home, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"private_test_cases": "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg=="},
            "question double_3",
        ),
        ({"question_id": "double_1"}, "rows.jsonl:4: problem 'double_1' stands twice"),
        ({"public_test_cases": 7}, "question double_3: field 'public_test_cases' is 7"),
        ({"contest_date": "soon"}, "rows.jsonl:4: contest_date is 'soon'"),
    ],
)
def test_a_bad_row_is_named_and_executes_nothing(
    home: Path, change: dict[str, Any], said: str
) -> None:
    rows = make_rows(5)
    rows[3] |= change
    write_lines(home / "rows.jsonl", rows)
    done = bench(home, "--run-dir", "run")
    assert done.returncode == 2
    assert said in done.stderr
    assert "uid=" not in done.stdout + done.stderr
    assert not (home / "executed").exists()


def kill_after(home: Path, arguments: Sequence[str | Path], records: int, delay: float) -> bool:
    """Starts the command and kills it `delay` seconds after its journals have so many records.

    Returns:
        Whether it was still running then.
    """
    command = start(*arguments, home=home, channels=home / "channels")
    while command.is_alive():
        if count_records(home / "broken") >= records:
            time.sleep(delay)
            command.kill()
            break
        time.sleep(0.005)
    return wait(command, 60) != 0


def count_records(run: Path) -> int:
    journals = (run / "problems").glob("*/journal.jsonl")
    return sum(journal.read_bytes().count(b"\n") for journal in journals)


def check_killed(home: Path, arguments: list[str | Path], kills: int) -> None:
    """Kills a run so often, resumes it, and compares it with one that nobody disturbed."""
    whole = dreamcode(*arguments, "--json", "--run-dir", "whole", home=home)
    assert whole.returncode == 0, whole.stderr
    records = count_records(home / "whole")
    chance = random.Random(kills)
    moments = sorted(chance.randrange(records) for _ in range(kills))
    for moment in moments:
        resume = ["--resume"] if (home / "broken" / "config.json").exists() else []
        broken = [*arguments, "--run-dir", "broken", *resume]
        assert kill_after(home, broken, moment, chance.random() / 50)
    done = dreamcode(*arguments, "--json", "--run-dir", "broken", "--resume", home=home)
    assert done.returncode == 0, done.stderr
    one, other = json.loads(whole.stdout), json.loads(done.stdout)
    for report in (one, other):
        report.pop("run")
        report["measures"]["spent"].pop("problem_seconds")
    assert one == other
    assert count_records(home / "broken") == records
    for journal in (home / "broken" / "problems").glob("*/journal.jsonl"):
        keys = [entry.key for entry in read_records(journal)[0]]
        assert len(set(keys)) == len(keys)


def test_killed_and_resumed_a_run_says_the_same_and_grades_nothing_twice(home: Path) -> None:
    arguments: list[str | Path] = [
        "bench", "livecodebench", "--data", "rows.jsonl", "--model", "recorded/recorded.jsonl",
        "--prompt", "plain", "--n", "4", "--sandbox", "local", "--concurrency", "2",
        "--reward", "none",
    ]  # fmt: skip
    check_killed(home, arguments, 5)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_real_problems_survive_twenty_kills(real_data: Path, tmp_path: Path) -> None:
    rows, recorded = [], []
    samples = {row["question_id"]: row for row in read_jsonl_gz(real_data / SAMPLES)}
    for entry in read_jsonl_gz(real_data / CANDIDATES):
        row = samples.get(entry["question_id"])
        if row is None or len(rows) == 120:
            continue
        # The statement's samples are all the tests there are.
        rows.append(row | {"private_test_cases": row["public_test_cases"]})
        codes = [candidate["code"] for candidate in entry["candidates"]][:6]
        recorded.extend(record(row["question_id"], [code or "pass\n" for code in codes]))
    assert len(rows) >= 100
    write_lines(tmp_path / "rows.jsonl", rows)
    write_lines(tmp_path / "recorded.jsonl", recorded)
    arguments: list[str | Path] = [
        "bench", "livecodebench", "--data", "rows.jsonl", "--model", "recorded/recorded.jsonl",
        "--prompt", "plain", "--n", "6", "--reward", "none",
    ]  # fmt: skip
    check_killed(tmp_path, arguments, 20)


def rerank(home: Path, file: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return dreamcode("bench", "rerank", file, *arguments, home=home)


def test_what_is_stored_is_chosen_from_in_every_way_that_it_tells_of(home: Path) -> None:
    assert bench(home, "--run-dir", "run", "--reward", "likelihood").returncode == 0
    for select in ("tests", "majority"):
        done = rerank(home, "run", "--select", select, "--run-dir", select, "--json")
        assert done.returncode == 0, done.stderr
        printed = json.loads(done.stdout)
        assert (printed["select"], printed["public_tests"]) == (select, select == "tests")
        assert printed["measures"]["all"]["chosen"]["value"] in (0, 0.25, 0.5, 0.75, 1)
    voted = load_results(home / "majority")[0].programs
    assert all(one.vote is not None and one.vote >= one.copies for one in voted)
    assert rerank(home, "run", "--select", "vote", "--prm", "embedded").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--public-tests", "--prm", "embedded"], "does not say which public tests"),
        (["--select", "tests"], "does not say which public tests"),
        (["--select", "likelihood"], "log-likelihoods"),
        ([], "name a reward model with --prm"),
        (["--select", "vote"], "name a reward model with --prm"),
        (["--prm", "majority"], "--select majority"),
        (["--prm", "likelihood"], "choose by --select majority, likelihood"),
        (["--select", "best"], "best"),
    ],
)
def test_a_choice_that_the_file_tells_nothing_of_is_refused(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    rows = [{"question_id": "a", "code_list": ["print(1)", "print(1)"], "graded_list": [True] * 2}]
    (tmp_path / "eval_all.json").write_text(json.dumps(rows))
    done = rerank(tmp_path, "eval_all.json", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    kept = rerank(tmp_path, "eval_all.json", "--select", "majority")
    assert kept.returncode == 0, kept.stderr
