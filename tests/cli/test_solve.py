"""`dreamcode solve` as a user runs it, against a real model server and the local sandbox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamcode.runs.journal import read_records
from tests.cli.command import dreamcode
from tests.policies.server import (
    ModelServer,
    cut,
    error,
    hang,
    invalid_json,
    no_choices,
    well,
)
from tests.search.programs import ONE_STEP, RIGHT, WRONG

STATEMENT = """# Double

Print twice the number.

Sample Input 1

```
2
```

Sample Output 1

```
4
```

Sample Input 2

```
5
```

Sample Output 2

```
10
```
"""


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "double.md"
    path.write_text(STATEMENT)
    return path


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer({"Print twice the number": [WRONG, RIGHT, ONE_STEP]}) as opened:
        yield opened


def flags(server: ModelServer) -> list[str]:
    return ["--model", "openai/tiny", "--base-url", server.url, "--sandbox", "local"]


def test_the_program_goes_to_stdout_and_the_evidence_to_stderr(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    done = dreamcode("solve", problem, *flags(server), "-o", "out.py", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout in (RIGHT, ONE_STEP)
    assert (tmp_path / "out.py").read_text() == done.stdout
    assert "✓ 2/2" in done.stderr
    assert "Run folder" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_json_is_the_same_twice_but_for_time_and_place(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    results = []
    for _ in range(2):
        done = dreamcode("solve", problem, *flags(server), "--json", home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        results.append(json.loads(done.stdout))
    first, second = results
    run = Path(first["run"])
    assert run != Path(second["run"])
    assert timeless(first) == timeless(second)
    assert first["accepted"]
    assert first["programs"][0]["public"]["passed"] == 2
    assert json.loads((run / "result.json").read_text())["program"] == first["program"]
    assert (run / "solution.py").read_text() == first["program"]
    assert json.loads((run / "config.json").read_text())["problem"]["id"] == "double"


def timeless(result: dict[str, Any]) -> dict[str, Any]:
    """The result without what differs from one run to the next."""
    programs = [
        program | {"outcomes": [one | {"seconds": 0} for one in program["outcomes"]]}
        for program in result["programs"]
    ]
    return result | {"run": "", "seconds": 0, "programs": programs}


def test_quiet_prints_the_program_only(tmp_path: Path, problem: Path, server: ModelServer) -> None:
    done = dreamcode("solve", problem, *flags(server), "--quiet", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in (RIGHT, ONE_STEP)


def test_the_problem_may_come_from_standard_input(tmp_path: Path, server: ModelServer) -> None:
    done = dreamcode("solve", "-", *flags(server), "-q", home=tmp_path, stdin=STATEMENT)
    assert done.returncode == 0, done.stderr


def test_exit_code_1_and_the_best_program_when_nothing_passes(
    tmp_path: Path, problem: Path
) -> None:
    with ModelServer({"Print twice the number": [WRONG]}) as server:
        done = dreamcode("solve", problem, *flags(server), home=tmp_path)
    assert done.returncode == 1
    assert done.stdout == WRONG
    assert "✗ 1/2 wrong answer" in done.stderr


def test_a_problem_without_tests_is_solved_unchecked(tmp_path: Path, server: ModelServer) -> None:
    (tmp_path / "p.md").write_text("Print twice the number.\n")
    done = dreamcode("solve", "p.md", *flags(server), home=tmp_path)
    assert done.returncode == 0
    assert "nothing could be checked" in done.stderr


def test_samples_that_cannot_be_told_apart_are_told_in_one_line(tmp_path: Path) -> None:
    problem = tmp_path / "sum.md"
    problem.write_text("Add.\n\nSample 1:\nInput\nOutput\n3 4\n7\n")
    with ModelServer({"Add.": [WRONG]}) as opened:
        done = dreamcode("solve", problem, *flags(opened), home=tmp_path)
    [line] = [line for line in done.stderr.splitlines() if "stand together" in line]
    assert "--tests FILE" in line
    assert "nothing could be checked" in done.stderr


def test_a_budget_is_kept_and_said(tmp_path: Path, problem: Path, server: ModelServer) -> None:
    done = dreamcode("solve", problem, *flags(server), "--max-calls", "1", "--json", home=tmp_path)
    result = json.loads(done.stdout)
    assert result["exhausted"] == "calls"
    # What was under way is finished, in as many requests as the server wants; nothing is begun.
    records, _ = read_records(Path(result["run"]) / "journal.jsonl")
    written = [record for record in records if record.kind == "write"]
    assert {record.asked["prefix"] for record in written} == {""}
    assert sum(record.answer["usage"]["calls"] for record in written) == result["spent"]["calls"]


def test_settings_rise_from_file_to_environment_to_flag(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    (tmp_path / "dreamcode.toml").write_text(
        f'model = "openai/tiny"\nbase_url = "{server.url}"\nsandbox = "local"\nn = 2\nseed = 5\n'
    )

    def asked(*arguments: str, **variables: str) -> tuple[int, int]:
        done = dreamcode("solve", problem, "--json", *arguments, home=tmp_path, **variables)
        config = json.loads((Path(json.loads(done.stdout)["run"]) / "config.json").read_text())
        return config["settings"]["n"], config["settings"]["seed"]

    assert asked() == (2, 5)
    assert asked(DREAMCODE_N="3") == (3, 5)
    assert asked("--n", "4", DREAMCODE_N="3") == (4, 5)


def test_all_of_a_command_line_may_stand_in_a_file(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    tests = [{"input": "7", "output": "14"}]
    (tmp_path / "tests.json").write_text(json.dumps(tests))
    (tmp_path / "dreamcode.toml").write_text(
        f'model = "openai/tiny"\nbase_url = "{server.url}"\nsandbox = "local"\nn = 2\n'
        'tests = "tests.json"\ntime_limit = 3\noutput = "out.py"\nrun_dir = "run"\njson = true\n'
        "[profile.again]\nresume = true\njson = false\nquiet = true\n"
    )
    done = dreamcode("solve", problem, home=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["run"] == "run"
    assert (tmp_path / "out.py").read_text() == result["program"]
    asked = json.loads((tmp_path / "run" / "config.json").read_text())["problem"]
    assert asked["limits"]["seconds"] == 3
    assert len(asked["public_tests"]) == 1
    again = dreamcode("solve", problem, "--profile", "again", home=tmp_path)
    assert (again.stdout, again.stderr) == (result["program"], "")
    told = dreamcode("solve", problem, "--profile", "again", "--no-quiet", home=tmp_path)
    assert "Run folder: run" in told.stderr


@pytest.mark.parametrize("search", ["beam", "diverse-beam"])
def test_a_guided_search_shows_what_led_it_and_what_it_dropped(
    tmp_path: Path, problem: Path, server: ModelServer, search: str
) -> None:
    arguments = ["--search", search, "--reward", "likelihood", "--width", "2", "--n", "6"]
    done = dreamcode("solve", problem, *flags(server), *arguments, "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    asked = json.loads((Path(result["run"]) / "config.json").read_text())["settings"]
    assert (asked["search"], asked["width"], asked["n"]) == (search, 2, 6)
    assert (result["reward_model"], result["aggregation"]) == ("likelihood", "last")
    for candidate in result["programs"]:
        assert len(candidate["rewards"]) == len(candidate["steps"])
        assert candidate["reward"] == candidate["rewards"][-1]
    records, _ = read_records(Path(result["run"]) / "journal.jsonl")
    kinds = {record.kind for record in records}
    assert kinds - {"observe"} == {"write", "score", "prune", "run"}


def test_rewards_are_joined_as_asked_and_none_is_none(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    def solved(*arguments: str) -> dict[str, Any]:
        done = dreamcode(
            "solve", problem, *flags(server), "--n", "6", "--json", *arguments, home=tmp_path
        )
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    for candidate in solved("--aggregation", "min")["programs"]:
        assert candidate["reward"] == min(candidate["rewards"])
    for candidate in solved("--reward", "none")["programs"]:
        assert candidate["reward"] is None
        assert candidate["rewards"] == [None] * len(candidate["steps"])


def test_the_embedded_policy_under_beam_search(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "mini-2.md"
    done = dreamcode("solve", example, "--search", "beam", "--reward", "likelihood",
                     "--sandbox", "local", "--json", home=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["programs"][0]["public"]["passed"] > 0
    run = Path(result["run"])
    config = json.loads((run / "config.json").read_text())["settings"]
    assert (config["search"], config["width"], config["reward"]) == ("beam", None, "likelihood")


@pytest.mark.parametrize(
    "fault",
    [
        error(429, retry_after=0),
        error(500),
        cut,
        hang,
        invalid_json,
        no_choices,
    ],
    ids=["429", "500", "cut", "hang", "json", "empty"],
)
def test_a_server_that_stumbles_is_asked_again(
    tmp_path: Path, problem: Path, server: ModelServer, fault: object
) -> None:
    server.script.extend([well, fault, well, fault])  # type: ignore[list-item]
    done = dreamcode("solve", problem, *flags(server), "--timeout", "1", "--n", "4", "--json",
                     home=tmp_path)  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["program"] in (RIGHT, WRONG, ONE_STEP)


def test_a_server_that_is_down_ends_the_run(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    server.script.extend([error(500)] * 40)
    done = dreamcode("solve", problem, *flags(server), "--n", "4", "--retries", "1", home=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert server.url in line
    assert "Traceback" not in done.stderr


def test_a_server_that_goes_down_loses_nothing_and_is_asked_again(
    tmp_path: Path, problem: Path, server: ModelServer
) -> None:
    arguments = ["solve", problem, *flags(server), "--n", "4", "--retries", "1", "--run-dir",
                 tmp_path / "run"]  # fmt: skip
    server.script.extend([well, well, *[error(500)] * 40])
    done = dreamcode(*arguments, home=tmp_path)
    assert done.returncode in (0, 1)
    [line] = [line for line in done.stderr.splitlines() if "samples failed" in line]
    assert server.url in line
    assert "--resume asks for them again" in line
    failures = json.loads((tmp_path / "run" / "result.json").read_text())["failures"]
    assert line.startswith(f"{len(failures)} of 4 samples failed")
    kept, _ = read_records(tmp_path / "run" / "journal.jsonl")
    assert "write" in {record.kind for record in kept}

    server.script.clear()
    asked = len(server.requests)
    again = dreamcode(*arguments, "--resume", home=tmp_path)
    assert again.returncode in (0, 1), again.stderr
    assert "samples failed" not in again.stderr
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["failures"] == []
    assert sum(program["copies"] for program in result["programs"]) == 4
    everything, _ = read_records(tmp_path / "run" / "journal.jsonl")
    assert everything[: len(kept)] == kept
    assert len({record.key for record in everything}) == len(everything)
    assert len(server.requests) > asked
