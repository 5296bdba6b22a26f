"""How answers are compared, as a person sets and sees it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import dreamcode
from tests.cli.test_bench import make_rows, make_tests, write_lines
from tests.policies.server import ModelServer
from tests.problems.packages import Package

STATEMENT = """# Split

Print two numbers whose sum is n. {note}

Sample Input 1

```
5
```

Sample Output 1

```
1 4
```
"""
SEVERAL = "If there are several answers, print any."
NEAR = "The answer is accepted if its absolute or relative error is at most $10^{-6}$."
PROGRAM = "print(1.0000001, int(input()) - 1)\n"
OTHER = "print(int(input()) - 1, 1)\n"
CHECK = """def check(input, expected, output):
    return sum(map(float, output.split())) == int(input)
"""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer({"several answers": [OTHER], "two numbers": [PROGRAM]}) as opened:
        yield opened


def _solve(home: Path, server: ModelServer, note: str, *more: str, front: str = "") -> Any:
    path = home / "split.md"
    path.write_text(front + STATEMENT.format(note=note))
    (home / "check.py").write_text(CHECK)
    flags = ["--model", "openai/tiny", "--base-url", server.url, "--sandbox", "local", "--n", "1"]
    return dreamcode("solve", path, *flags, *more, home=home)


def test_a_tolerance_is_hinted_at_and_set(tmp_path: Path, server: ModelServer) -> None:
    done = _solve(tmp_path, server, NEAR)
    assert done.returncode == 1
    assert "wrong answer" in done.stderr
    assert 'speaks of a tolerance ("absolute or relative error")' in done.stderr
    assert "--tolerance 1e-6" in done.stderr
    hinted = json.loads(_solve(tmp_path, server, NEAR, "--json").stdout)
    assert "--tolerance 1e-6" in hinted["hint"]
    assert hinted["programs"][0]["outcomes"][0]["verdict"] == "wrong answer"
    shown = dreamcode("show", hinted["run"], home=tmp_path).stdout
    assert "--tolerance 1e-6" in " ".join(shown.split())
    for more, front in (["--tolerance", "1e-6"], ""), ([], "---\ntolerance: 1e-6\n---\n"):
        done = _solve(tmp_path, server, NEAR, *more, front=front)
        assert done.returncode == 0
        assert "speaks of" not in done.stderr


def test_a_checker_is_hinted_at_and_set(tmp_path: Path, server: ModelServer) -> None:
    done = _solve(tmp_path, server, SEVERAL)
    assert done.returncode == 1
    assert 'allows several answers ("several answers, print any")' in done.stderr
    for more, front in (
        (["--checker", str(tmp_path / "check.py")], ""),
        ([], "---\nchecker: check.py\n---\n"),
        (["--compare", "unordered"], ""),
    ):
        done = _solve(tmp_path, server, SEVERAL, *more, front=front)
        assert done.returncode == 0, done.stderr


def test_a_fault_of_the_checker_is_told(tmp_path: Path, server: ModelServer) -> None:
    front = "---\nchecker: bad.py\n---\n"
    (tmp_path / "bad.py").write_text("raise ValueError('what is this')\n")
    done = _solve(tmp_path, server, SEVERAL, front=front)
    assert done.returncode == 1
    assert "checker error" in done.stderr
    assert "bad.py, line 1, failed (runtime error): ValueError: what is this" in done.stderr
    assert "wrong answer" not in done.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--checker", "none.py"], "none.py: no such file"),
        (["--checker", "check.py", "--tolerance", "1"], "a checker decides alone"),
        (["--compare", "floats"], "say how near too"),
        (["--compare", "words"], "words"),
        (["--tolerance", "-1"], "-1"),
    ],
)
def test_what_cannot_be_set_is_bad_input(
    tmp_path: Path, server: ModelServer, more: list[str], message: str
) -> None:
    done = _solve(tmp_path, server, SEVERAL, *more)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def _grade(home: Path, programs: list[str], *more: str | Path) -> Any:
    rows = make_rows(1)
    rows[0] |= {"private_test_cases": make_tests(3), "question_content": f"Double it. {NEAR}"}
    data = write_lines(home / "rows.jsonl", rows)
    file = home / "programs.json"
    file.write_text(json.dumps([{"question_id": "double_0", "code_list": programs}]))
    flags = ["--data", data, "--sandbox", "local", "--json"]
    return dreamcode("bench", "grade", file, *flags, *more, home=home)


def test_grading_adds_no_call_and_takes_a_tolerance(tmp_path: Path) -> None:
    never = "def main():\n    print(2 * int(input()))\n"
    programs = [never, never + "main()\n", "print(2 * int(input()) + 1e-9)\n"]
    done = _grade(tmp_path, programs)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["comparison"] is None
    assert report["measures"]["all"]["pass_at"]["1"]["value"] == pytest.approx(1 / 3)
    assert "--tolerance 1e-6" in done.stderr
    report = json.loads(_grade(tmp_path, programs, "--tolerance", "1e-6").stdout)
    assert report["comparison"] == "tolerance 1e-06"
    assert report["measures"]["all"]["pass_at"]["1"]["value"] == pytest.approx(2 / 3)


def test_a_folder_of_packages_is_graded_as_they_say(tmp_path: Path) -> None:
    config = "validator_flags: float_tolerance 1e-6"
    root = Package("third", {}, "0.333333\n", config).write(tmp_path / "data")
    file = tmp_path / "programs.json"
    codes = ["print(1/3)\n", "print(0.34)\n"]
    file.write_text(json.dumps([{"question_id": "package", "code_list": codes}]))
    flags = ["--benchmark", "folder", "--data", root.parent, "--sandbox", "local", "--json"]
    done = dreamcode("bench", "grade", file, *flags, home=tmp_path)
    assert done.returncode == 0, done.stderr
    results = (Path(json.loads(done.stdout)["run"]) / "results.jsonl").read_text()
    verdicts = [program["grade"]["verdict"] for program in json.loads(results)["programs"]]
    assert verdicts == ["accepted", "wrong answer"]
