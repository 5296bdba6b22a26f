"""Tests that share a child have the verdicts that each has in a child of its own."""

import asyncio
import json

import pytest

from dreamcode_sandbox.cases import CallForm, CallTest, Limits, StdinTest, Test
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.sandbox.conftest import DOCKER, FILTERED, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
STDIN: list[Test] = [StdinTest(f"{n}\n", f"{n}\n") for n in NUMBERS]
CALLS: list[Test] = [CallTest("f", ([n],), [n]) for n in NUMBERS]
LINKED = CallForm(("ListNode",), "ListNode")
LISTS: list[Test] = [CallTest("f", ([n, 0],), [n, 0], form=LINKED) for n in NUMBERS]
READ = "n = int(input())\n"

PROGRAMS = {
    "right": READ + "print(n)",
    "wrong from the third on": READ + "print(n if n != 4 else 0)",
    "crashes on one": READ + "print(n // (n - 9) * (n - 9) + n % (n - 9))",
    "never ends on one": READ + "while n == 5: pass\nprint(n)",
    "sleeps on one": "import time\n" + READ + "time.sleep(n == 9 and 100)\nprint(n)",
    "leaves at once": READ + "print(n, flush=True)\nimport os\nos._exit(0)",
    "leaves with a status on one": READ + "import os\nn == 4 and os._exit(3)\nprint(n)",
    "exits politely": READ + "print(n)\nraise SystemExit(5)",
    "counts in its module": "count = 0\n" + READ + "count += 1\nprint(n + count - 1)",
    "counts in a library": "import math\n" + READ
    + "math.count = getattr(math, 'count', 0) + 1\nprint(n * math.count)",
    "replaces a builtin": "import builtins\n" + READ
    + "print(n if not hasattr(builtins, 'seen') else 0)\nbuiltins.seen = True",
    "breaks print": "import builtins\n" + READ + "print(n)\nbuiltins.print = None",
    "deep recursion asked for once": "import sys\n" + READ
    + "if n == 3: sys.setrecursionlimit(20000)\nd = lambda k: 0 if k == 0 else d(k - 1)\n"
    + "d(5000)\nprint(n)",
    "a thread that is not joined": "import threading, time\n" + READ
    + "def late():\n    time.sleep(0.01)\n    print(n)\nthreading.Thread(target=late).start()",
    "a daemon that prints later": "import threading, time\n" + READ
    + "def late():\n    time.sleep(30)\n    print('late', flush=True)\n"
    + "threading.Thread(target=late, daemon=True).start()\nprint(n, flush=True)",
    "a pool that is left open": "from concurrent.futures import ThreadPoolExecutor\n" + READ
    + "print(ThreadPoolExecutor(2).submit(lambda: n).result())",
    "prints when it ends": "import atexit\n" + READ + "atexit.register(lambda: print(n))",
    "does not read": "print(3)",
    "reads bytes": "import os\nprint(int(os.read(0, 100)))",
    "reads all": "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    "closes its output": READ + "print(n)\nimport sys\nsys.stdout.close()",
    "closes every descriptor": READ + "print(n, flush=True)\nimport os\nos.closerange(0, 9)",
    "prints no UTF-8 on one": READ
    + "import sys\nsys.stdout.buffer.write(b'\\xff' if n == 9 else b'%d' % n)",
    "complains": READ + "import sys\nprint('careful', n, file=sys.stderr)\nprint(n)",
    "rewinds its output": READ + "import os\nprint(n, flush=True)\nos.lseek(1, 0, 0)",
    "takes memory on one": READ + "x = [0] * (10**9 if n == 9 else 10)\nprint(n)",
    "prints too much on one": READ + "print(n if n != 9 else 'x' * (3 << 20))",
    "keeps memory": "import math\n" + READ
    + "math.kept = getattr(math, 'kept', []) + [bytes(60 << 20)]\nprint(n)",
    "random": "import random\n" + READ + "print(n if random.random() > 0.5 else 0)",
    "changes its standard output": "import sys, io\n" + READ
    + "print(n)\nsys.stdout = io.StringIO()\nprint(n)",
    "does not compile": "def (",
    "imports what is not there": "import nothing_of_that_name",
}  # fmt: skip

CALLED = {
    "right": "def f(x):\n    return x",
    "a default that grows": "def f(x, seen=[]):\n    seen += x\n    return seen",
    "a class that counts": "class Solution:\n    n = 0\n    def f(self, x):\n"
    "        Solution.n += 1\n        return x if Solution.n == 1 else None",
    "a cache": "from functools import cache\n@cache\ndef g(n):\n    return n\n"
    "def f(x):\n    return [g(n) for n in x]",
    "prints": "def f(x):\n    print(x)\n    return x",
    "raises on one": "def f(x):\n    return x if x != [9] else 1 / 0",
    "returns what is no JSON": "def f(x):\n    return {1, 2}",
    "exits": "def f(x):\n    raise SystemExit",
    "writes on the result": "import os\ndef f(x):\n    os.write(3, b'{}\\n' * 50)\n    return x",
}
NODES = {
    "right": "def f(head):\n    return head",
    "makes its own": "def f(head):\n    return ListNode(head.val, ListNode(0))",
    "wrong on one": "def f(head):\n    return head if head.val != 4 else head.next",
    "returns no node": "def f(head):\n    return [head.val, 0]",
    "changes the class": "ListNode.n = getattr(ListNode, 'n', 0) + 1\n"
    "def f(head):\n    return head if head.n == 1 else None",
    "has a class of its own": "class ListNode:\n    n = 0\n    def __init__(self, val):\n"
    "        self.val = val\n        self.next = None\n        ListNode.n += 1\n"
    "def f(head):\n    return head if ListNode.n == 2 else None",
    "copies and pickles": "import copy, pickle\n"
    "def f(head):\n    return pickle.loads(pickle.dumps(copy.deepcopy(head)))",
}
LIMITS = Limits(seconds=0.5, memory_mb=256, output_mb=2)


async def check(pool: Pool, program: str, tests: list[Test]) -> None:
    together = await pool.run(program, tests, LIMITS)
    alone = [(await pool.run(program, [test], LIMITS)).results[0] for test in tests]
    if together.verdict is Verdict.COMPILE_ERROR:
        alone = alone[:1]  # which is said once
    assert [result.verdict for result in together.results] == [one.verdict for one in alone]
    for result, one in zip(together.results, alone, strict=True):
        if one.verdict is not Verdict.TIME_LIMIT:
            assert result.output == one.output
            assert result.error.partition(" after ")[0] == one.error.partition(" after ")[0]


@pytest.mark.parametrize("program", PROGRAMS)
@on("bubblewrap")
async def test_what_reads_and_prints(box: Pool, program: str) -> None:
    await check(box, PROGRAMS[program], STDIN)


@pytest.mark.parametrize("program", CALLED)
@on("plain process")
async def test_what_is_called(box: Pool, program: str) -> None:
    await check(box, CALLED[program], CALLS)


@pytest.mark.parametrize("program", NODES)
@on("plain process")
async def test_what_is_called_with_nodes(box: Pool, program: str) -> None:
    await check(box, NODES[program], LISTS)


@on("plain process")
async def test_no_class_of_nodes_is_shared(box: Pool) -> None:
    for program in ("right", "changes the class", "copies and pickles"):
        assert (await box.run(NODES[program], LISTS, LIMITS)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("program", ["right", "counts in a library"])
@on(*FILTERED)
async def test_on_every_kind_of_sandbox(box: Pool, program: str) -> None:
    await check(box, PROGRAMS[program], STDIN)


@on("plain process")
async def test_who_forges_the_record_only_answers_in_another_way(box: Pool) -> None:
    record = {"result": '{"value": [1]}', "output": 0, "error": 0, "cpu": 0}
    line = json.dumps(record).encode() + b"\n"
    program = f"import os\ndef f(x):\n    os.write(3, {line!r} * 50)\n    return [0]"
    report = await box.run(program, CALLS, LIMITS)
    accepted = [result.verdict is Verdict.ACCEPTED for result in report.results]
    assert not any(is_right and n != 1 for is_right, n in zip(accepted, NUMBERS, strict=True))


@on(DOCKER)
async def test_many_at_once_with_inputs_of_every_size(box: Pool) -> None:
    sizes = [0, 1, 1000, 200_000, 900_000, 3_000_000, 10]
    tests = [StdinTest("7" * size, str(size)) for size in sizes * 3]
    programs = [f"import sys\nprint(len(sys.stdin.read()))\n# {n}" for n in range(4)]
    reports = await asyncio.gather(*(box.run(program, tests) for program in programs))
    assert {report.verdict for report in reports} == {Verdict.ACCEPTED}
    assert all(len(report.results) == len(tests) for report in reports)
