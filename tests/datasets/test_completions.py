"""What completes HumanEval's prompts is judged as the official harness judges it."""

import asyncio
import re
from pathlib import Path

import pytest

from dreamcode.datasets.humaneval import HumanEval
from dreamcode.grading.judge import Judge
from dreamcode.problems.task import Task
from dreamcode.runs.journal import Journal
from dreamcode_sandbox.cases import Sandbox
from tests.datasets.completions import ACCEPTED, DIFFERENT, REFUSED, ROWS, Row
from tests.datasets.rows import write_lines
from tests.references.humaneval_harness import accepts

Case = tuple[Row, str]
DOCS = Path(__file__).parents[2] / "docs" / "judging.md"


@pytest.fixture
def exams(tmp_path: Path) -> dict[str, Task]:
    return {task.id: task for task in HumanEval().read(write_lines(tmp_path, *ROWS), None)}


async def judge_both_ways(
    cases: dict[str, Case], exams: dict[str, Task], judge: Judge
) -> tuple[dict[str, bool], dict[str, bool]]:
    """By the completion's name, whether the official harness accepts it, and whether we do."""

    async def judge_here(row: Row, text: str) -> bool:
        return (await judge.passes(exams[row["task_id"]].exam, [text]))[0]

    there = asyncio.gather(*(asyncio.to_thread(accepts, *case) for case in cases.values()))
    here = asyncio.gather(*(judge_here(*case) for case in cases.values()))
    return (
        dict(zip(cases, await there, strict=True)),
        dict(zip(cases, await here, strict=True)),
    )


async def test_completions_are_judged_as_there(
    exams: dict[str, Task], sandbox: Sandbox, journal: Journal
) -> None:
    there, here = await judge_both_ways(ACCEPTED | REFUSED, exams, Judge(sandbox, journal))
    assert there == dict.fromkeys(ACCEPTED, True) | dict.fromkeys(REFUSED, False)
    assert here == there


async def test_where_we_differ_the_table_says_so(
    exams: dict[str, Task], sandbox: Sandbox, journal: Journal
) -> None:
    cases = {name: (row, text) for name, (row, text, _) in DIFFERENT.items()}
    there, here = await judge_both_ways(cases, exams, Judge(sandbox, journal))
    assert here == {name: accepted for name, (_, _, accepted) in DIFFERENT.items()}
    assert there == {name: not accepted for name, accepted in here.items()}
    said = re.search(r"Of (\d+) completions .* (\d+) differ", DOCS.read_text("utf-8"))
    assert said is not None
    total = len(ACCEPTED) + len(REFUSED) + len(DIFFERENT)
    assert said.groups() == (str(total), str(len(DIFFERENT)))
