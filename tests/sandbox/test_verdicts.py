"""Real programs of every kind, and what is said of them; alike on every sandbox."""

import textwrap
from typing import Any

import pytest

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.sandbox.conftest import EVERY, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMITS = Limits(seconds=2, memory_mb=256, output_mb=1, names="livecodebench")
QUICK = Limits(seconds=0.2, memory_mb=256, output_mb=1, names="livecodebench")
ALONE = Limits(seconds=2, memory_mb=256, output_mb=1)


async def verdict_of(box: Pool, program: str, stdin: str = "", output: str = "") -> Verdict:
    report = await box.run(textwrap.dedent(program), [StdinTest(stdin, output)], LIMITS)
    return report.verdict


READERS = {
    "input": "print(sum(int(input()) for _ in range(3)))",
    "for line": "import sys\nprint(sum(int(line) for line in sys.stdin))",
    "readline": "import sys\nr = sys.stdin.readline\nprint(int(r()) + int(r()) + int(r()))",
    "buffer": "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    "buffer.readline": "r = sys.stdin.buffer.readline\nprint(sum(int(r()) for _ in range(3)))",
    "open(0)": "print(sum(map(int, open(0))))",
    "os.read": "import os\nprint(sum(map(int, os.read(0, 1000).split())))",
    "fstat": "import os\nprint(sum(map(int, os.read(0, os.fstat(0).st_size).split())))",
    "/dev/stdin": "print(sum(map(int, open('/dev/stdin'))))",
    "fileinput": "import fileinput\nprint(sum(map(int, fileinput.input())))",
    "mmap": "import mmap\nprint(sum(map(int, mmap.mmap(0, 0, prot=1)[:].split())))",
    "mixed": "import sys\na = int(input())\nprint(a + sum(map(int, sys.stdin)))",
    "prelude's stdin": "print(sum(map(int, stdin.readlines())))",
}


@on(*EVERY)
@pytest.mark.parametrize("way", READERS)
async def test_every_way_to_read_works(box: Pool, way: str) -> None:
    assert await verdict_of(box, READERS[way], "1\n2\n3\n", "6") is Verdict.ACCEPTED


WRITERS = {
    "print": "print(6)",
    "stdout.write": "import sys\nsys.stdout.write('6')",
    "buffer": "import sys\nsys.stdout.buffer.write(b'6')",
    "os.write": "import os\nos.write(1, b'6')",
    "open(1)": "f = open(1, 'w')\nf.write('6')",
    "atexit": "import atexit\natexit.register(lambda: print(6))",
    "thread": "import threading\nthreading.Thread(target=lambda: print(6)).start()",
    "wrapped": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nprint(6)",
    "StringIO": "import io, sys\nold = sys.stdout\nsys.stdout = s = io.StringIO()\n"
    "print(6)\nold.write(s.getvalue())",
    "closed": "import sys\nprint(6)\nsys.stdout.close()",
    "guard": "if __name__ == '__main__':\n    print(6)",
    "global": "x = 5\ndef f():\n    global x\n    x += 1\nf()\nprint(x)",
    "exit": "print(6)\nexit()",
    "status": "import sys\nprint(6)\nsys.exit(1)",
    "message": "import sys\nprint(6)\nsys.exit('bye')",
    "os._exit": "import os\nprint(6, flush=True)\nos._exit(0)",
    "future": "from __future__ import annotations\ndef f(a: Nonsense): print(a)\nf(6)",
    "dataclass": "from dataclasses import *\n@dataclass\nclass A:\n    x: int\nprint(A(6).x)",
    "prelude": "c: List[int] = Counter([1, 1]); print(c[1] + len(deque([1, 2, 3])) + gcd(2, 3))",
    "pow": "print(pow(2, 5, 26))",
    "coding": "# -*- coding: latin-1 -*-\nprint(6)",
    "numpy": "import numpy as np\nprint(np.arange(4).sum())",
    "stack": "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(2**26)\n"
    "t = threading.Thread(target=lambda: print(6))\nt.start()\nt.join()",
    "rlimit": "import resource\ns = resource.RLIMIT_STACK\n"
    "resource.setrlimit(s, (resource.getrlimit(s)[1],) * 2)\nprint(6)",
}


@on(*EVERY)
@pytest.mark.parametrize("way", WRITERS)
async def test_every_way_to_write_and_to_end_works(box: Pool, way: str) -> None:
    if way == "numpy":
        await box.warm_up()
        if "numpy" not in box.facts["packages"]:
            pytest.skip("no numpy in this sandbox")
    assert await verdict_of(box, WRITERS[way], "", "6") is Verdict.ACCEPTED


TAKEN_FOR_GRANTED = {
    "a star import": "print(add(1, 5))",
    "a type": "class Solution:\n    def f(self, a: List[int]): return a\nprint(6)",
    "a module": "print(math.floor(6.5))",
    "a stream": "print(sum(map(int, stdin)))",
    "depth": "def deep(n):\n    return n and 1 + deep(n - 1)\nprint(deep(5000) - 4994)",
}


@on(*EVERY)
@pytest.mark.parametrize("program", TAKEN_FOR_GRANTED.values(), ids=TAKEN_FOR_GRANTED.keys())
async def test_a_program_runs_as_python_runs_it_unless_names_are_given(
    box: Pool, program: str
) -> None:
    alone = await box.run(program, [StdinTest("1\n5\n", "6")], ALONE)
    assert alone.verdict is Verdict.RUNTIME_ERROR
    given = await box.run(program, [StdinTest("1\n5\n", "6")], LIMITS)
    assert given.verdict is Verdict.ACCEPTED


FAILURES = {
    "1 / 0": Verdict.RUNTIME_ERROR,
    "input()": Verdict.RUNTIME_ERROR,
    "import nothing_like_this": Verdict.RUNTIME_ERROR,
    "import os\nos._exit(3)": Verdict.RUNTIME_ERROR,
    "def f(): f()\nf()": Verdict.RUNTIME_ERROR,
    "raise KeyboardInterrupt": Verdict.RUNTIME_ERROR,
    "import ctypes\nctypes.string_at(0)": Verdict.RUNTIME_ERROR,
    "import os\nos.abort()": Verdict.RUNTIME_ERROR,
    "class E(Exception):\n  def __str__(self): raise E\nraise E": Verdict.RUNTIME_ERROR,
    "while True: pass": Verdict.TIME_LIMIT,
    "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass": (
        Verdict.TIME_LIMIT
    ),
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass": Verdict.TIME_LIMIT,
    "10 ** 10 ** 8": Verdict.TIME_LIMIT,
    "from threading import Thread\nfor _ in range(4): Thread(target=lambda: list(iter(int, 1)))"
    ".start()": Verdict.TIME_LIMIT,
    "a = [0] * 10**9": Verdict.MEMORY_LIMIT,
    "a = []\nwhile True: a.append(bytes(10**6))": Verdict.MEMORY_LIMIT,
    "a = ' ' * 10**6\nwhile True: a += a": Verdict.MEMORY_LIMIT,
    "raise MemoryError": Verdict.MEMORY_LIMIT,
    "while True: print('x' * 1000)": Verdict.OUTPUT_LIMIT,
    "import os\nwhile True: os.write(1, b'x' * 1000)": Verdict.OUTPUT_LIMIT,
    "print('x' * 2 * 10**6)": Verdict.OUTPUT_LIMIT,
    "import sys\nwhile True: sys.stderr.write('x' * 1000)": Verdict.OUTPUT_LIMIT,
    "def f(:": Verdict.COMPILE_ERROR,
    "print 1": Verdict.COMPILE_ERROR,
    "x = '\0'": Verdict.COMPILE_ERROR,
    "  return 1\n x": Verdict.COMPILE_ERROR,
    "\udc80": Verdict.COMPILE_ERROR,
    "print(": Verdict.COMPILE_ERROR,
    "(" * 100_000: Verdict.COMPILE_ERROR,
    "print(5)": Verdict.WRONG_ANSWER,
    "": Verdict.WRONG_ANSWER,
    "import sys\nsys.stdout.buffer.write(b'6\\xff')": Verdict.WRONG_ANSWER,
    "print('6\\0')": Verdict.WRONG_ANSWER,
    "import threading\nthreading.Thread(target=lambda: 1 / 0).start()": Verdict.WRONG_ANSWER,
}


@on(*EVERY)
@pytest.mark.parametrize("program", FAILURES, ids=lambda program: repr(program[:40]))
async def test_every_way_to_fail_has_its_verdict(box: Pool, program: str) -> None:
    limits = QUICK if FAILURES[program] is Verdict.TIME_LIMIT else LIMITS
    report = await box.run(program, [StdinTest("", "6")], limits)
    assert report.verdict is FAILURES[program], report.results


@on(*EVERY)
async def test_an_error_shows_the_traceback_with_the_programs_lines(box: Pool) -> None:
    program = "def divide(a):\n    return 1 / a\n\ndivide(0)\n"
    report = await box.run(program, [StdinTest("", "")], LIMITS)
    error = report.results[0].error
    assert "return 1 / a" in error
    assert 'File "program.py", line 4, in <module>' in error
    assert error.endswith("ZeroDivisionError: division by zero")
    assert "runner" not in error


@on(*EVERY)
async def test_deep_recursion_works(box: Pool) -> None:
    program = """
        import functools, sys
        sys.setrecursionlimit(10**6)
        def depth(n):
            return 0 if n == 0 else 1 + depth(n - 1)
        @functools.lru_cache(None)
        def cached(n):
            return 0 if n == 0 else 1 + cached(n - 1)
        print(depth(100_000), cached(40_000))
    """
    limits = Limits(seconds=5, memory_mb=512)
    test = StdinTest("", "100000 40000")
    report = await box.run(textwrap.dedent(program), [test], limits)
    assert report.verdict is Verdict.ACCEPTED, report.results[0].error


@on(*EVERY)
async def test_a_compile_error_is_one_result_however_many_tests(box: Pool) -> None:
    report = await box.run("def f(:", [StdinTest("", "")] * 3)
    assert report.verdict is Verdict.COMPILE_ERROR
    assert len(report.results) == 1
    assert report.tests == 3
    assert "SyntaxError" in report.results[0].error


@on(*EVERY)
async def test_stopping_at_the_first_failure(box: Pool) -> None:
    tests = [StdinTest(str(n), "1") for n in (1, 2, 3)]
    whole = await box.run("print(input())", tests)
    assert [result.verdict for result in whole.results] == [
        Verdict.ACCEPTED,
        Verdict.WRONG_ANSWER,
        Verdict.WRONG_ANSWER,
    ]
    assert (whole.verdict, whole.passed) == (Verdict.WRONG_ANSWER, 1)
    short = await box.run("print(input())", tests, stop_at_first_failure=True)
    assert len(short.results) == 2
    assert short.tests == 3


SUM = "class Solution:\n    def add(self, a: List[int]) -> int:\n        return sum(a)\n"
CALLS: dict[str, tuple[str, CallTest, Verdict]] = {
    "method": (SUM, CallTest("add", ([1, 2],), 3), Verdict.ACCEPTED),
    "wrong": (SUM, CallTest("add", ([1, 2],), 4), Verdict.WRONG_ANSWER),
    "no such method": (SUM, CallTest("sub", ([1, 2],), 3), Verdict.RUNTIME_ERROR),
    "too many arguments": (SUM, CallTest("add", (1, 2), 3), Verdict.RUNTIME_ERROR),
    "function": ("def f(a): return a * 2", CallTest("f", (4,), 8), Verdict.ACCEPTED),
    "tuple": ("def f(): return 1, 2", CallTest("f", (), [1, 2]), Verdict.ACCEPTED),
    "inner tuple": ("def f(): return [(1, 2)]", CallTest("f", (), [[1, 2]]), Verdict.WRONG_ANSWER),
    "bool": ("def f(): return True", CallTest("f", (), 1), Verdict.ACCEPTED),
    "float": ("def f(): return 0.1 + 0.2", CallTest("f", (), 0.3), Verdict.WRONG_ANSWER),
    "minus zero": ("def f(): return -0.0", CallTest("f", (), 0), Verdict.ACCEPTED),
    "NaN": ("def f(): return nan", CallTest("f", (), 1.0), Verdict.WRONG_ANSWER),
    "none": ("def f(): pass", CallTest("f", (), None), Verdict.ACCEPTED),
    "set": ("def f(): return {1}", CallTest("f", (), [1]), Verdict.WRONG_ANSWER),
    "deque": ("def f(): return deque([1])", CallTest("f", (), [1]), Verdict.WRONG_ANSWER),
    "counter": ("def f(): return Counter('a')", CallTest("f", (), {"a": 1}), Verdict.ACCEPTED),
    "int keys": ("def f(): return {1: 2}", CallTest("f", (), {"1": 2}), Verdict.WRONG_ANSWER),
    "fraction": (
        "from fractions import Fraction\ndef f(): return [Fraction(1, 2)]",
        CallTest("f", (), [0.5]),
        Verdict.ACCEPTED,
    ),
    "big": ("def f(): return 10**5000", CallTest("f", (), 10**5000), Verdict.ACCEPTED),
    "big, wrong": ("def f(): return 10**5000", CallTest("f", (), 10**5001), Verdict.WRONG_ANSWER),
    "text": (
        "def f(s): return s + '\\udc80é\\0'",
        CallTest("f", ("a",), "a\udc80é\0"),
        Verdict.ACCEPTED,
    ),
    "cycle": (
        "def f():\n a = []\n a.append(a)\n return a",
        CallTest("f", (), []),
        Verdict.WRONG_ANSWER,
    ),
    "equal to all": (
        "class E:\n  def __eq__(self, o): return True\ndef f(): return E()",
        CallTest("f", (), 1),
        Verdict.WRONG_ANSWER,
    ),
    "list equal to all": (
        "class E(list):\n  def __eq__(self, o): return True\ndef f(): return E([2])",
        CallTest("f", (), [1]),
        Verdict.WRONG_ANSWER,
    ),
    "prints": ("def f(): print('noise'); return 1", CallTest("f", (), 1), Verdict.ACCEPTED),
    "guard": (
        "def f(): return 1\nif __name__ == '__main__':\n    input()",
        CallTest("f", (), 1),
        Verdict.ACCEPTED,
    ),
    "exit": ("def f(): exit()", CallTest("f", (), None), Verdict.RUNTIME_ERROR),
    "os._exit": ("import os\ndef f(): os._exit(0)", CallTest("f", (), None), Verdict.RUNTIME_ERROR),
    "forged": (
        "import os\ndef f():\n    os.write(3, b'{\"value\": 1} x')\n    return 1",
        CallTest("f", (), 1),
        Verdict.WRONG_ANSWER,
    ),
    "slow": ("def f():\n  while True: pass", CallTest("f", (), 1), Verdict.TIME_LIMIT),
    "large": ("def f(): return [0] * 10**6", CallTest("f", (), 1), Verdict.OUTPUT_LIMIT),
    "deep": (
        "def f():\n  a = []\n  for _ in range(10**5): a = [a]\n  return a",
        CallTest("f", (), []),
        Verdict.WRONG_ANSWER,
    ),
}


@on(*EVERY)
@pytest.mark.parametrize("case", CALLS)
async def test_calls(box: Pool, case: str) -> None:
    program, test, verdict = CALLS[case]
    limits = QUICK if verdict is Verdict.TIME_LIMIT else LIMITS
    report = await box.run(program, [test], limits)
    assert report.verdict is verdict, report.results[0]


@on(*EVERY)
async def test_numpy_numbers_count_as_numbers(box: Pool) -> None:
    await box.warm_up()
    if "numpy" not in box.facts["packages"]:
        pytest.skip("no numpy in this sandbox")
    program = "import numpy as np\ndef f(): return [np.int64(1), np.float64(0.5), np.bool_(True)]"
    report = await box.run(program, [CallTest("f", (), [1, 0.5, True])])
    assert report.verdict is Verdict.ACCEPTED, report.results[0]


@on(*EVERY)
async def test_each_test_starts_from_scratch(box: Pool) -> None:
    program = "seen = []\nclass Solution:\n    def f(self, n): seen.append(n); return seen"
    report = await box.run(program, [CallTest("f", (n,), [n]) for n in (1, 2)])
    assert report.verdict is Verdict.ACCEPTED


@on(*EVERY)
async def test_arguments_travel_unchanged(box: Pool) -> None:
    values: list[Any] = [0.1, -0.0, 1e308, 2**70, "é\u2028\0\udc80", None, [[]], {"a": [True]}]
    program = "def f(*a): return list(a)"
    report = await box.run(program, [CallTest("f", tuple(values), values)])
    assert report.verdict is Verdict.ACCEPTED


@on(*EVERY)
async def test_large_input_and_output_arrive_whole(box: Pool) -> None:
    numbers = " ".join(map(str, range(700_000)))
    execution = await box.execute("print(input())", numbers, Limits(output_mb=8))
    assert execution.output == numbers + "\n"
    assert execution.verdict is None


@on(*EVERY)
async def test_what_was_used_is_measured(box: Pool) -> None:
    program = "import time\ns = time.process_time()\nwhile time.process_time() < s + 0.3: pass"
    execution = await box.execute(program, "")
    assert 0.3 <= execution.cpu_seconds < 1
    assert execution.wall_seconds >= 0.3


@on(*EVERY)
async def test_a_program_does_the_same_every_time(box: Pool) -> None:
    program = "import random\nprint(random.random(), list({'a', 'b', 'c', 'd'}), hash('x'))"
    outputs = {(await box.execute(program, "")).output for _ in range(4)}
    assert len(outputs) == 1
