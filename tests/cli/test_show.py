"""`dreamcode show` as a user runs it, on the terminal and through a browser's eyes."""

import http.client
import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.bench.report.pages import Page
from tests.bench.report.runs import EVIL_ID, make_benchmark, make_recombination, make_solution
from tests.cli.command import COMMAND, dreamcode, environment
from tests.interrupts import take_interrupts


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_benchmark(folder / "bench")
    make_solution(folder / "solve")
    make_recombination(folder / "mixed")
    return folder


def shown(*arguments: str, home: Path) -> str:
    done = dreamcode("show", *arguments, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_benchmark_is_its_measures_and_its_problems(runs: Path) -> None:
    text = shown("bench", home=runs)
    assert "doubles: five doubles (of ours), 5 problems" in text
    assert re.search(r"all +5 +60\.00 \[", text)
    assert re.search(r"double-easy +easy +accepted +2 of 6 +0\.60", text)
    assert re.search(r"double-hard +hard +wrong answer \(3 of 4 passed\) +2 of 6 +0\.90", text)


def test_a_problem_is_its_tree_and_its_programs(runs: Path) -> None:
    text = shown("bench", "--problem", "double-hard", home=runs)
    assert "functions written so far" in text
    assert "✓ 2/2  ×4  double 0.90" in text
    assert re.search(r"1 chosen +✓ 2/2 +✗ wrong answer, 3/4 +0\.900", text)
    assert "return 2 * number if number < 50 else 0" in text


def test_a_solved_problem_shows_public_tests_only(runs: Path) -> None:
    text = shown("solve", home=runs)
    assert "✂ outranked" in text
    assert re.search(r"1 chosen +✓ 2/2", text)
    assert "hidden" not in text


def test_recombined_programs_say_which_sample_a_function_is_from(runs: Path) -> None:
    text = shown("mixed", home=runs)
    assert "├ ✗ 1/2 wrong answer  sample 2  double ▼0.30\n" in text
    assert "└ ✓ 2/2  recombined  double 0.60 from sample 1\n" in text
    found = json.loads(shown("mixed", "--json", home=runs))
    assert [program["origins"] for program in found["programs"]] == [[], [2, 2, 1], [], [1, 1, 2]]
    assert found["falls"] == [None, None, 2, 2]


def test_nothing_steers_the_terminal(runs: Path, tmp_path: Path) -> None:
    run = copytree(runs / "solve", tmp_path / "run")
    result = json.loads((run / "result.json").read_text())
    result["programs"][0]["steps"][-1] += "# \x1b]0;owned\x07\x9b31m\n"
    (run / "result.json").write_text(json.dumps(result))
    text = shown("run", home=tmp_path)
    assert "owned" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_json_holds_all_of_it(runs: Path) -> None:
    whole = json.loads(shown("bench", "--json", home=runs))
    assert whole["config"]["benchmark"] == "doubles"
    assert whole["measures"]["all"]["problems"] == 5
    by_id = {result["problem"]: result for result in whole["results"]}
    hard = by_id["double-hard"]
    assert hard["programs"][0]["grade"] == {
        "verdict": "wrong answer",
        "passed": 3,
        "tests": 4,
        "fault": "",
    }
    assert hard["samples"] == 6
    one = json.loads(shown("bench", "--problem", "double-hard", "--json", home=runs))
    assert len(one["programs"]) == 2
    assert one["tree"][0]["children"] == [1]
    assert [step["name"] for step in one["tree"][1]["steps"]] == ["main", "read_number"]
    solved = json.loads(shown("solve", "--json", home=runs))
    assert solved["problem"] == "double"


def test_a_journal_whose_last_line_was_torn_is_shown(runs: Path, tmp_path: Path) -> None:
    run = copytree(runs / "solve", tmp_path / "run")
    whole = shown("run", home=tmp_path)
    with (run / "journal.jsonl").open("a") as journal:
        journal.write('{"kind": "write", "key": "torn", "ask')
    assert shown("run", home=tmp_path) == whole


def test_a_run_that_has_not_ended_is_shown_as_far_as_it_is(runs: Path, tmp_path: Path) -> None:
    run = copytree(runs / "solve", tmp_path / "run")
    (run / "result.json").unlink()
    text = shown("run", home=tmp_path)
    assert "The run has not ended" in text
    assert "✂ outranked" in text


BAD = {
    "no such folder": (["nowhere"], "nowhere does not exist"),
    "a file": (["file"], "file is a file"),
    "a folder without a run": (["empty"], "no config.json"),
    "a run of another kind": (["other"], "another kind"),
    "a config that is none": (["broken"], "config.json"),
    "a benchmark without results": (["early"], "resume"),
    "a problem that is not there": (["bench", "--problem", "double-hrad"], "'double-hard'"),
    "another problem than that of solve": (["solve", "--problem", "triple"], "'triple'"),
    "a journal with a torn line in its middle": (["torn"], "journal.jsonl:2"),
    "a journal of something else": (["strange"], "journal.jsonl"),
    "two ways to show": (["bench", "--web", "--json"], "--web"),
    "a port for nothing": (["bench", "--port", "8000"], "--port"),
}


@pytest.fixture(scope="module")
def bad(runs: Path) -> Path:
    (runs / "file").write_text("")
    (runs / "empty").mkdir()
    configs = {"other": "{}", "broken": "{", "early": '{"benchmark": "doubles"}'}
    for name, config in configs.items():
        (runs / name).mkdir()
        (runs / name / "config.json").write_text(config)
    torn = copytree(runs / "solve", runs / "torn") / "journal.jsonl"
    first, _, *others = torn.read_text().splitlines(keepends=True)
    torn.write_text("".join([first, '{"kind": \n', *others]))
    strange = copytree(runs / "solve", runs / "strange") / "journal.jsonl"
    strange.write_text('{"kind": "write", "key": "1"}\n')
    return runs


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(bad: Path, case: str) -> None:
    arguments, named = BAD[case]
    done = dreamcode("show", *arguments, home=bad)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert named in line


def test_an_id_may_be_any_text(runs: Path) -> None:
    assert EVIL_ID in shown("bench", "--problem", EVIL_ID, home=runs)


@pytest.fixture
def served(runs: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command at work, and the address that it printed."""
    process = subprocess.Popen(
        [*COMMAND, "show", "bench", "--web", "--problem", "double-hard"],
        cwd=runs,
        env=environment(runs),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=take_interrupts,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_web_serves_this_one_page_to_this_machine(
    served: tuple[subprocess.Popen[str], str], runs: Path
) -> None:
    process, address = served
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/#problem=double-hard", address)
    assert found is not None
    port = int(found[1])
    with urllib.request.urlopen(address.partition("#")[0]) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        page = Page(answer.read().decode())
    assert len(page.problems) == 5

    def ask(path: str, host: str = f"127.0.0.1:{port}", method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest(method, path, skip_host=True)
        if host:
            connection.putheader("Host", host)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    assert ask("/", f"localhost:{port}")[0] == 200
    assert ask("/?theme=dark")[0] == 200
    assert ask("/", method="HEAD") == (200, b"")
    for path in ("/config.json", "/results.jsonl", "/problems/", "/..%2f", "/favicon.ico"):
        assert ask(path)[0] == 404
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "", "[bad"):
        status, body = ask("/", host)
        assert status in (400, 403)
        assert b"double" not in body
    assert ask("/", method="POST")[0] == 501

    taken = dreamcode("show", "solve", "--web", "--port", str(port), home=runs)
    assert taken.returncode == 2
    assert "--port" in taken.stderr

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
