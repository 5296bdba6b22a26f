"""Final grading: which programs pass all tests, hidden ones included; each is run once."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from dreamcode.chain.imports import run_before
from dreamcode.codec import encode
from dreamcode.concurrency import together
from dreamcode.grading.memory_gate import MemoryGate
from dreamcode.problems.exam import Exam
from dreamcode.results import Grade, grade_report
from dreamcode.runs.journal import Journal
from dreamcode.search.selection import identify
from dreamcode_sandbox.cases import Sandbox, Test

OPEN_CHARACTERS = 2**25
"""Tests, written as JSON, that are kept at hand: unpacking them takes longer than most programs
run, but those of a whole release would not fit into memory."""


async def grade_exam(
    exam: Exam, programs: Sequence[str], sandbox: Sandbox, journal: Journal, gate: MemoryGate
) -> list[Grade]:
    """What the tests say of each of `programs`; the tests are forgotten afterwards.

    Raises:
        SandboxError: the sandbox failed.
        InputError: the hidden tests cannot be read.
    """
    judge = Judge(sandbox, journal)
    async with gate.hold(lambda: judge.open(exam)):
        return await judge.grade(exam, programs)


def fingerprint(exam: Exam, program: str) -> str:
    """Eight hex digits that are the same for programs that count as the same."""
    form = identify(program, exam.problem.function)
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class Judge:
    """Judges programs on public and hidden tests, stopping at the first failure.

    Programs that differ only in comments, docstrings and local names are the same one. A grade
    is journaled under the program's normal form, the tests and the limits; what the program
    printed is not kept.

    Args:
        sandbox: where programs run.
        journal: what was judged before.
        at_once: most programs handed to the sandbox together.
    """

    def __init__(self, sandbox: Sandbox, journal: Journal, at_once: int = 16) -> None:
        self._sandbox = sandbox
        self._journal = journal
        self._places = asyncio.Semaphore(at_once)
        self._opened: OrderedDict[int, _Opened] = OrderedDict()

    @property
    def python(self) -> str:
        """The version of Python that programs are judged on, as in "3.13"."""
        return self._sandbox.python

    def open(self, exam: Exam) -> int:
        """Unpacks the exam's tests, if they are not at hand; says how many characters they are.

        Raises:
            InputError: the hidden tests cannot be read.
        """
        return self._open(exam).characters

    async def passes(self, exam: Exam, programs: Sequence[str]) -> list[bool]:
        """Whether each of `programs` passes every test. See `grade`."""
        return [grade.accepted for grade in await self.grade(exam, programs)]

    async def grade(self, exam: Exam, programs: Sequence[str]) -> list[Grade]:
        """What the tests say of each of `programs`.

        Args:
            exam: the problem and its tests.
            programs: their text, which runs as it stands.

        Raises:
            SandboxError: the sandbox failed.
            InputError: the hidden tests cannot be read.
        """
        opened = self._open(exam)
        forms = [identify(text, exam.problem.function) for text in programs]
        distinct = dict(zip(forms, programs, strict=True))
        grades = await together(self._judge(opened, form, text) for form, text in distinct.items())
        known = dict(zip(distinct, grades, strict=True))
        return [known[form] for form in forms]

    async def _judge(self, opened: "_Opened", form: str, text: str) -> Grade:
        problem = opened.exam.problem

        async def run() -> Grade:
            program = run_before(problem.given, text) + opened.exam.harness
            async with self._places:
                report = await self._sandbox.run(
                    program, opened.tests, problem.limits, stop_at_first_failure=True
                )
            return grade_report(report)

        inputs = {"problem": problem.id, "tests": opened.digest, "program": form}
        asked = {"problem": problem.id}
        return await self._journal.remember("verdict", inputs, run, Grade, asked)

    def _open(self, exam: Exam) -> "_Opened":
        known = self._opened.get(id(exam))
        if known is None:
            known = self._opened[id(exam)] = _open_tests(exam)
        self._opened.move_to_end(id(exam))
        while sum(one.characters for one in self._opened.values()) > OPEN_CHARACTERS:
            if len(self._opened) == 1:
                break
            self._opened.popitem(last=False)
        return known


@dataclass(frozen=True, slots=True)
class _Opened:
    """An exam whose tests are at hand.

    Attributes:
        exam: the exam, kept so that its identity stays its own.
        tests: public ones, then hidden ones.
        digest: digest of the tests, the harness and the limits.
        characters: length of the tests as JSON.
    """

    exam: Exam
    tests: tuple[Test, ...]
    digest: str
    characters: int


def _open_tests(exam: Exam) -> _Opened:
    problem = exam.problem
    public = problem.public_tests if exam.graded_by_public else ()
    tests = (*public, *exam.hidden.open())
    digest = hashlib.sha256(json.dumps([encode(problem.limits), exam.harness]).encode())
    characters = 0
    for test in tests:
        text = json.dumps(encode(test))
        digest.update(text.encode())
        characters += len(text)
    return _Opened(exam, tests, digest.hexdigest(), characters)
