"""Which programs pass all tests of a problem; every distinct one is run once."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakValueDictionary

from dreamcode.codec import encode
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.selection import finish_program, identify
from sandbox.cases import Sandbox, Test
from sandbox.verdicts import Verdict

OPEN_EXAMS = 48
"""Exams whose tests are kept at hand: unpacking them takes longer than most programs run."""


def fingerprint(exam: Exam, program: str) -> str:
    """Eight hex digits that are the same for programs that count as the same."""
    form = _find_form(program, exam.problem.function)
    return hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class Judge:
    """Judges programs on public and hidden tests, stopping at the first failure.

    Programs that differ only in comments, docstrings and local names are the same one. A
    verdict is journaled under the program's normal form, the tests and the limits; what the
    program printed is not kept.

    Args:
        sandbox: where programs run.
        journal: what was judged before.
        at_once: most programs handed to the sandbox together.
    """

    def __init__(self, sandbox: Sandbox, journal: Journal, at_once: int = 16) -> None:
        self._sandbox = sandbox
        self._journal = journal
        self._places = asyncio.Semaphore(at_once)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._opened: OrderedDict[int, tuple[Exam, tuple[Test, ...], str]] = OrderedDict()

    async def passes(self, exam: Exam, programs: Sequence[str]) -> list[bool]:
        """Whether each of `programs` passes every test.

        Args:
            exam: the problem and its tests.
            programs: their text; `main` is called where a program that reads stdin defines
                it and does not call it.

        Raises:
            SandboxError: the sandbox failed.
            InputError: the hidden tests cannot be read.
        """
        tests, digest = self._open(exam)
        forms = [_find_form(text, exam.problem.function) for text in programs]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    form: group.create_task(self._judge(exam, tests, digest, form, text))
                    for form, text in dict(zip(forms, programs, strict=True)).items()
                }
        except* Exception as failures:
            raise failures.exceptions[0] from None
        return [tasks[form].result() for form in forms]

    async def _judge(
        self, exam: Exam, tests: tuple[Test, ...], digest: str, form: str, text: str
    ) -> bool:
        key = make_key("verdict", {"problem": exam.problem.id, "tests": digest, "program": form})
        # Whoever comes second waits for the first and finds its verdict.
        async with self._locks.setdefault(key, asyncio.Lock()):
            record = self._journal.find(key)
            if record is None:
                program = finish_program(text, exam.problem.function)
                async with self._places:
                    report = await self._sandbox.run(
                        program, tests, exam.problem.limits, stop_at_first_failure=True
                    )
                record = self._journal.add(
                    "verdict", key, problem=exam.problem.id, verdict=str(report.verdict)
                )
        return bool(record["verdict"] == Verdict.ACCEPTED)

    def _open(self, exam: Exam) -> tuple[tuple[Test, ...], str]:
        """All tests, and a hash of them and the limits."""
        known = self._opened.get(id(exam))
        if known is None:
            tests = (*exam.problem.public_tests, *exam.hidden.open())
            asked = [encode(exam.problem.limits), [encode(test) for test in tests]]
            digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
            # The exam is kept too: its identity stays its own as long as it is.
            known = self._opened[id(exam)] = exam, tests, digest
        self._opened.move_to_end(id(exam))
        while len(self._opened) > OPEN_EXAMS:
            self._opened.popitem(last=False)
        return known[1], known[2]


@lru_cache(maxsize=4096)
def _find_form(text: str, function: str | None) -> str:
    """What is the same for programs that count as the same."""
    return identify(finish_program(text, function), function)
