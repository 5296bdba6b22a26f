"""Checkers: how they are asked, what they may answer, and that their faults are theirs."""

import asyncio
import time

import pytest

from dreamcode_sandbox.cases import CallTest, Report, StdinTest
from dreamcode_sandbox.comparison import Checker, Comparison
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.sandbox.conftest import DOCKER, local_kind, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRINTS = "print(4, 1)"
KATTIS = """
import os
import sys
from pathlib import Path
given = open(sys.argv[1]).read()
with open(sys.argv[2], "rb") as file:
    answer = file.read().decode()
assert Path(sys.argv[1]).read_text() == given and Path(sys.argv[2]).exists()
assert os.path.isdir(sys.argv[3]) and os.path.getsize(sys.argv[1]) == len(given)
os.makedirs(sys.argv[3], exist_ok=True)
words = [int(word) for line in sys.stdin for word in line.split()]
with open(sys.argv[3] + "judgemessage.txt", "a") as message:
    message.write(f"{sum(words)} of {given.strip()} ({answer.strip()}) {sys.argv[4:]}")
sys.exit(42 if sum(words) == int(given) else 43)
"""


def by(source: str, *arguments: str) -> Comparison:
    return Comparison("checker", checker=Checker("check.py", source, arguments=arguments))


async def ask(box: Pool, source: str, program: str = PRINTS, *arguments: str) -> Report:
    return await box.run(program, [StdinTest("5\n", "2 3\n", by(source, *arguments))])


@on(DOCKER, local_kind())
async def test_a_program_in_kattis_form(box: Pool) -> None:
    report = await ask(box, KATTIS, PRINTS, "a", "b c")
    assert report.verdict is Verdict.ACCEPTED
    assert report.results[0].error == "5 of 5 (2 3) ['a', 'b c']"
    report = await ask(box, KATTIS, "print(4, 2)")
    assert report.verdict is Verdict.WRONG_ANSWER
    assert report.results[0].error.startswith("6 of 5")
    assert report.results[0].output == "4 2\n"


FORMS = {
    "a status": "import sys\nsys.exit(42 if sum(map(int, input().split())) == 5 else 43)",
    "a status that cannot be caught": "import os\n"
    "os._exit(42 if sum(map(int, input().split())) == 5 else 43)",
    "a word": "print('debug')\nprint('OK' if sum(map(int, input().split())) == 5 else 'WA: sum')",
    "two words": "print('Accepted.' if sum(map(int, input().split())) == 5 else 'Wrong answer')",
    "a function": "def check(input, expected, output):\n"
    "    return sum(map(int, output.split())) == int(input)",
    "a function with a reason": "def check(input, expected, output, more=0):\n"
    "    return sum(map(int, output.split())) == int(input), 'sum'",
    "a function behind a guard": "def check(input, expected, output):\n"
    "    return sum(map(int, output.split())) == int(input)\n"
    "if __name__ == '__main__':\n    print('tried as a program')\n",
    "a helper of that name": "import sys\ndef check(words, goal, _):\n"
    "    return sum(map(int, words)) == goal\n"
    "sys.exit(42 if check(sys.stdin.read().split(), 5, 0) else 43)",
    "binary": "import sys\n"
    "sys.exit(42 if sum(map(int, sys.stdin.buffer.read().split())) == 5 else 43)",
    "descriptor 0": "import sys\n"
    "sys.exit(42 if sum(map(int, open(0).read().split())) == 5 else 43)",
}


@on(local_kind())
@pytest.mark.parametrize("form", FORMS)
async def test_every_form_of_verdict(box: Pool, form: str) -> None:
    assert (await ask(box, FORMS[form])).verdict is Verdict.ACCEPTED
    assert (await ask(box, FORMS[form], "print(4, 2)")).verdict is Verdict.WRONG_ANSWER


FAULTS = {
    "raise ValueError('what is this')": "check.py, line 1, failed (runtime error): "
    "ValueError: what is this",
    "x = 1\nint(input())": "check.py, line 2, failed (runtime error): ValueError: invalid literal",
    "import sys\nsys.exit(1)": "check.py left with exit status 1: 42 accepts, 43 rejects",
    "import sys\nsys.exit('no')": "check.py left with exit status 1",
    "import sys\nsys.exit(0)": "check.py said nothing",
    "pass": "check.py said nothing",
    "print('perhaps')": "check.py said nothing",
    "def check(output): return True": "check.py said nothing",
    "def check(a, b, c): pass": "check.py said nothing",
    "def check(a, b, c): return 1 / 0": "check.py, line 1, failed (runtime error): Zero",
    "x = [0] * 10**10": "check.py, line 1, failed (memory limit)",
    "import os\nos.kill(os.getpid(), 9)": "check.py",
    "open('notes', 'w')": "check.py, line 1, failed (runtime error)",
    "import nothing_of_the_kind": "check.py, line 1, failed (runtime error): ModuleNotFoundError",
}


@on(local_kind())
@pytest.mark.parametrize("source", FAULTS)
async def test_a_fault_of_the_checker_is_no_wrong_answer(box: Pool, source: str) -> None:
    report = await ask(box, source)
    assert report.verdict is Verdict.CHECKER_ERROR
    assert report.results[0].error.startswith(FAULTS[source])
    assert report.results[0].output == "4 1\n"


@on(local_kind())
async def test_a_checker_without_end_is_stopped_and_blamed(box: Pool) -> None:
    report = await ask(box, "while True: pass")
    assert report.verdict is Verdict.CHECKER_ERROR
    assert "check.py failed (time limit)" in report.results[0].error


@on(local_kind())
async def test_what_never_reaches_a_checker(box: Pool) -> None:
    always = "import sys\nsys.exit(42)"
    ends = {
        "raise ValueError": Verdict.RUNTIME_ERROR,
        "def (": Verdict.COMPILE_ERROR,
        "import os\nos.write(1, b'\\xff')": Verdict.WRONG_ANSWER,
    }
    for program, verdict in ends.items():
        assert (await ask(box, always, program)).verdict is verdict


@on(local_kind())
async def test_functions_are_checked_by_value(box: Pool) -> None:
    source = (
        "def check(input, expected, output):\n"
        "    assert input == [[3, 1, 2], 'é'] and expected == [1, 2, 3]\n"
        "    return sorted(output) == expected\n"
    )
    test = CallTest("f", ([3, 1, 2], "é"), [1, 2, 3], by(source))
    for program, verdict in {
        "def f(a, b):\n    return a[::-1]": Verdict.ACCEPTED,
        "def f(a, b):\n    return tuple(a)": Verdict.ACCEPTED,
        "def f(a, b):\n    return a[:2]": Verdict.WRONG_ANSWER,
        "def f(a, b):\n    return {1, 2, 3}": Verdict.WRONG_ANSWER,
    }.items():
        assert (await box.run(program, [test])).verdict is verdict
    lines = "import json, sys\nsys.exit(42 if json.load(sys.stdin) == [2] else 43)"
    report = await box.run("def f(): return [2]", [CallTest("f", (), None, by(lines))])
    assert report.verdict is Verdict.ACCEPTED


@on(local_kind())
async def test_one_check_leaves_nothing_for_the_next(box: Pool) -> None:
    source = "import builtins, sys\nseen = getattr(builtins, 'seen', 0)\nbuiltins.seen = seen + 1\n"
    test = StdinTest("", "", by(source + "sys.exit(42 if seen == 0 else 43)"))
    assert (await box.run("", [test] * 3)).verdict is Verdict.ACCEPTED


@on(local_kind())
async def test_many_programs_are_checked_at_once_by_few_runners(box: Pool) -> None:
    test = StdinTest("5\n", "", by(KATTIS))
    reports = await asyncio.gather(*(box.run(f"print(5, {n})", [test] * 3) for n in range(8)))
    assert [report.verdict for report in reports] == [
        Verdict.ACCEPTED,
        *[Verdict.WRONG_ANSWER] * 7,
    ]


@on(local_kind())
async def test_a_flood_keeps_the_event_loop_going(box: Pool) -> None:
    longest, last = 0.0, time.monotonic()

    async def watch() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    watching = asyncio.create_task(watch())
    report = await box.run("print('1 ' * 7_000_000)", [StdinTest("", "1")])
    integers = "def f():\n    return [int('7' * 4000)] * 3000"
    called = await box.run(integers, [CallTest("f", (), [1])])
    watching.cancel()
    assert (report.verdict, called.verdict) == (Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER)
    assert longest < 1.0
