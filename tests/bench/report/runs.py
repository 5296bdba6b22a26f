"""Folders of small real runs: programs are written by a copying policy, run, scored and graded."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dreamcode.bench.measures import measure
from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing
from dreamcode.codec import encode
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Request
from dreamcode.problems import Problem
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.task import Task
from dreamcode.prompting import Grain
from dreamcode.results import Result
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.folder import hold_run, open_journal
from dreamcode.runs.result_files import RESULTS, dump_results, save_result
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.search import SearchOptions
from dreamcode.solver import Attempt, Services, attempt_problem
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.cases import CallTest, StdinTest
from tests.policies.copyist import Copyist
from tests.search.programs import DOUBLE, GUARD, MAIN, ONE_STEP, READ, RIGHT, RIGHT_RENAMED, WRONG
from tests.search.recombining import recombine
from tests.training.world import BAD_START, LATE

MARKUP = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
EVIL_ID = 'evil|"><img src=x onerror="window.hacked=1">'
EVIL = MAIN + READ + f"def double(number):\n    # {MARKUP}\n    return number * 2 + 0\n" + GUARD
"""Passes, and is meant for whoever shows it."""

METHOD = "class Solution:\n    def double(self, number: int) -> int:\n"
GOOD_METHOD = METHOD + "        return 2 * number\n"
BAD_METHOD = METHOD + "        return 2 + number\n"

PROGRAMS = {
    "double-easy": [RIGHT, RIGHT_RENAMED, WRONG],
    "double-hard": [RIGHT, LATE, WRONG],
    "hopeless": [WRONG, BAD_START],
    "method": [GOOD_METHOD, BAD_METHOD],
    EVIL_ID: [EVIL, WRONG],
}
SETTINGS = {"model": "copyist", "search": "best-of-n", "n": 6, "reward": "taste", "seed": 0}
WORSE_START = RIGHT.replace("print(double(", "print(2 + double(")
SPREAD = [RIGHT, WRONG, LATE, BAD_START, WORSE_START, ONE_STEP]
PARTS = [
    WRONG,
    RIGHT.replace("print(double(read_number()))", "n = read_number()\n    print(double(n))"),
]
WIDE = {"n": 12, "width": 2}


class Library:
    """Copies, for each problem, the programs that belong to it."""

    name = "library"

    grain: Grain = "step"

    def __init__(self, programs: Mapping[str, Sequence[str]]) -> None:
        self._copyists = {name: Copyist(own) for name, own in programs.items()}

    async def write(self, request: Request) -> Answer:
        answer = await self._copyists[request.problem.id].write(request)
        usage = answer.usage
        dollars = (usage.prompt_tokens + 4 * usage.completion_tokens) / 1e6
        return replace(answer, usage=replace(usage, dollars=dollars))

    async def close(self) -> None:
        pass


class Taste:
    """Likes what fails hidden tests best, and what squares least."""

    name = "taste"
    fingerprint = ""
    aggregation: Aggregation = "last"
    judges = "prefixes"

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        return [
            tuple(
                self._score("".join(draft.steps[:length]))
                for length in range(1, len(draft.steps) + 1)
            )
            for draft in drafts
        ]

    async def close(self) -> None:
        pass

    def _score(self, prefix: str) -> float:
        return 0.9 if "< 50" in prefix else 0.3 if "** 2" in prefix else 0.6


def tasks() -> list[Task]:
    """Five problems: one solved, one with a wrong choice, one never solved, a method, an attack."""

    def double(name: str, title: str = "Double", **known: Any) -> Task:
        problem = replace(DOUBLE, id=name, title=title)
        hidden = (StdinTest("3\n", "6\n"), StdinTest("70\n", "140\n"))
        return Task(Exam(problem, HiddenTests(lambda: hidden)), **known)

    evil = double(EVIL_ID, f"Evil {MARKUP} | `x` \ud800", difficulty="medium", platform="atcoder")
    exam = evil.exam
    problem = replace(exam.problem, statement=f"{MARKUP}\nPrint twice the number. \ud800")
    method = replace(
        DOUBLE,
        id="method",
        starter_code=METHOD,
        function="double",
        public_tests=(CallTest("double", (4,), 8),),
    )
    calls = (CallTest("double", (5,), 10),)
    return [
        double("double-easy", difficulty="easy", platform="atcoder", contest_id="abc1",
               contest_date=datetime(2024, 10, 5)),
        double("double-hard", difficulty="hard", platform="leetcode",
               contest_date=datetime(2024, 11, 9)),
        double("hopeless", difficulty="hard", platform="leetcode",
               contest_date=datetime(2024, 11, 16)),
        Task(Exam(method, HiddenTests(lambda: calls)), difficulty="easy", platform="leetcode",
             contest_date=datetime(2024, 12, 1)),
        replace(evil, exam=replace(exam, problem=problem)),
    ]  # fmt: skip


def make_benchmark(folder: Path) -> Path:
    """A benchmark's run over `tasks`, as it stands when it has ended."""
    results = asyncio.run(_run(folder))
    config = {
        "benchmark": "doubles",
        "source": "five doubles (of ours)",
        "part": "",
        "problems": len(results),
        "settings": SETTINGS,
        "time_limit": None,
    }
    environment = {
        "command": "dreamcode bench doubles --n 6",
        "python": "3.12.1",
        "packages": {"torch": "2.6.0"},
    }
    _write(folder / "config.json", config)
    _write(folder / "environment.json", environment)
    write_results(folder, results)
    return folder


def write_results(folder: Path, results: Sequence[Result]) -> None:
    """What a run writes when it ends."""
    (folder / RESULTS).write_text(dump_results(results))
    _write(folder / "measures.json", measure(results, resamples=1000))


def make_solution(folder: Path) -> Path:
    """A run of `dreamcode solve`: a beam, which drops some of what it wrote."""
    return _solve(folder, "beam", Attempt(beam, SearchOptions(**WIDE)), SPREAD)


def make_recombination(folder: Path) -> Path:
    """A run of `dreamcode solve` by a search that puts programs together."""
    return _solve(folder, "recombine", Attempt(recombine, SearchOptions(n=3)), PARTS)


def _solve(folder: Path, search: str, attempt: Attempt, programs: Sequence[str]) -> Path:
    problem = replace(DOUBLE, title="Double it")
    settings = {"model": "embedded", "search": search, "reward": "likelihood", **WIDE}
    config = {"settings": settings, "problem": encode(problem)}

    async def run() -> None:
        async with open_sandbox("local", 1) as sandbox:
            with hold_run(folder, config, resume=False), open_journal(folder) as journal:
                services = Services(Copyist(programs), Taste(), sandbox)
                result = await attempt_problem(problem, services, attempt, journal)
                save_result(folder, result)

    asyncio.run(run())
    return folder


async def _run(folder: Path) -> list[Result]:
    attempt = Attempt(best_of_n, SearchOptions(n=6), choosing=Choosing("reward", "never"))
    async with open_sandbox("local", 1) as sandbox:
        services = Services(Library(PROGRAMS), Taste(), sandbox)
        return await run_tasks(folder, tasks(), services, attempt, 1)


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=2))
