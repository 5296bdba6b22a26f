"""Where the output goes decides what a person sees of what is running."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from dreamcode.cli import live
from dreamcode.cli.bench.view import follow_results
from dreamcode.cli.live import View
from dreamcode.cli.solving import follow_search
from dreamcode.cli.train_view import follow_stages
from dreamcode.policies.policy import Ending
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.trace import Trace
from dreamcode.search.selection import finish_program
from dreamcode_sandbox.verdicts import Verdict
from dreamcode_training.progress import Progress
from tests.bench.test_measures import result
from tests.cli.test_tree import answer, report
from tests.search.programs import MAIN, READ

Read = Callable[[], str]


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """What was written since the last look, without a terminal's codes."""

    def look() -> str:
        captured = capsys.readouterr()
        assert captured.out == ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", captured.err)

    return look


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)


def show_all(view: View) -> None:
    with view.show(Text("picture")):
        view.say("[said]")
        view.update(lambda: "how far")
        view.update(lambda: "the end", due=True)


def test_a_log_gets_lines_with_the_time(read: Read) -> None:
    show_all(View())
    assert re.fullmatch(r"\[   0\.\d s\] \[said\]\n\[   0\.\d s\] the end\n", read())


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_the_picture_and_what_is_said_above_it(read: Read) -> None:
    show_all(View())
    seen = read()
    assert "[said]\n" in seen
    assert seen.count("picture") >= 2
    assert "how far" not in seen
    assert "the end" not in seen


async def test_a_log_is_told_that_the_work_goes_on(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SILENCE", 0.02)
    monkeypatch.setattr(live, "SECONDS_BETWEEN_LINES", 0.01)
    with View().keep_telling(lambda: "at work"):
        await asyncio.sleep(0.2)
    lines = read().splitlines()
    assert 2 <= len(lines) <= 10
    assert all(line.endswith("s] at work") for line in lines)


@pytest.mark.parametrize("forced", ["", "1"])
def test_a_quiet_view_shows_nothing(
    forced: str, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", forced)
    show_all(View(quiet=True))
    assert read() == ""


def follow_two_stages() -> None:
    with follow_stages(View()) as tell:
        tell(Progress("chains", 1, 4, samples=6, seconds=2, seconds_left=6))
        tell(Progress("chains", 4, 4, samples=20, seconds=8, seconds_left=0))
        tell(Progress("prm", 3, 10, samples=900, seconds=3, seconds_left=7))


def test_a_log_gets_the_end_of_every_stage(read: Read) -> None:
    follow_two_stages()
    [line] = read().splitlines()
    assert line.endswith("s] chains: 4 of 4 problems, 2.5 programs/s")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_keeps_a_bar_for_every_stage(read: Read) -> None:
    follow_two_stages()
    chains, prm = read().splitlines()[-2:]
    assert re.fullmatch(r"chains ━+ 4/4 +2\.5 programs/s *", chains)
    assert re.fullmatch(r"prm    [━╺╸ ]+ 3/10 +300\.0 tokens/s, 0:00:07 left *", prm)


async def follow_two_problems() -> None:
    async with follow_results(View(), {"a": "easy", "b": "hard", "c": "hard"}) as add:
        add(result("a", True, difficulty="easy"), False)
        add(result("b", False, True, difficulty="hard"), True)


async def test_a_log_gets_what_the_results_come_to(read: Read) -> None:
    await follow_two_problems()
    [line] = read().splitlines()
    assert "s] 2 of 3 problems · 50.0 % solved · " in line
    assert " per minute · 0:00:00 left · 100 tokens" in line


@pytest.mark.usefixtures("terminal")
async def test_a_terminal_gets_a_table_by_difficulty(read: Read) -> None:
    await follow_two_problems()
    table = [line.strip("│ ") for line in read().splitlines() if line.startswith("│")]
    assert [re.split(r" +│ +", row) for row in table[-2:]] == [
        ["easy", "1 of 1", "100.0 %", "100.0 %"],
        ["hard", "1 of 2", "0.0 %", "100.0 %"],
    ]


async def remember(journal: Journal, number: int, record: Record) -> None:
    """Puts on record what a service answered, as it does."""

    async def work() -> object:
        return record.answer

    inputs = {"number": number}
    await journal.remember(record.kind, inputs, work, Any, record.asked)


async def follow_one_program(path: Path) -> None:
    journal = Journal(path)
    records = (
        answer("", MAIN),
        answer(MAIN, READ, ending=Ending.PROGRAM),
        report(finish_program(MAIN + READ, None), Verdict.ACCEPTED),
    )
    async with follow_search(View(), Trace(), journal):
        for number, record in enumerate(records):
            await remember(journal, number, record)
    journal.close()


async def test_a_log_gets_the_verdict_of_every_program(tmp_path: Path, read: Read) -> None:
    await follow_one_program(tmp_path / "journal.jsonl")
    [line] = read().splitlines()
    assert line.endswith("s] program 1: accepted, 1 of 1 public tests")


@pytest.mark.usefixtures("terminal")
async def test_a_terminal_gets_the_tree_which_stays_when_the_counters_go(
    tmp_path: Path, read: Read
) -> None:
    await follow_one_program(tmp_path / "journal.jsonl")
    seen = read()
    assert "0 tokens · 0 calls · 0 programs run · " in seen
    *_, title, tree, legend = (line.rstrip() for line in seen.splitlines())
    assert title.endswith("functions written so far")
    assert tree == "└ ✓ 1/1  main 0.61 → read_number 0.61"
    assert legend == "numbers: likelihood per token · ✓ ✗ public tests passed"


@pytest.mark.usefixtures("terminal")
async def test_a_terminal_that_cannot_redraw_gets_lines(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    await follow_one_program(tmp_path / "journal.jsonl")
    line, title, tree, _ = read().splitlines()
    assert line.endswith("s] program 1: accepted, 1 of 1 public tests")
    assert title == "functions written so far"
    assert tree == "└ ✓ 1/1  main 0.61 → read_number 0.61"
