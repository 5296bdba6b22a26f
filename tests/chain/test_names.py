import subprocess
import sys

import pytest
from hypothesis import given

from dreamcode.chain.names import close_program, is_complete, missing_helpers
from tests.chain.programs import TEXTS

MAIN = "def main():\n    data = read()\n    print(count(data), max(total(data), 1))\n"
SOLUTION = "class Solution:\n    def solve(self, n):\n        return self.twice(n) + self.limit\n"

CASES = {
    "order of calls": (MAIN, ["read", "count", "total"]),
    "some written": (MAIN + "def count(x):\n    return low(x)\n", ["read", "total", "low"]),
    "imports": ("import a.b\nfrom c import d as e, f\ne(f(a.b(d())))\n", ["d"]),
    "star of a known module": ("from math import *\nprint(gcd(1, 2), near(3))\n", ["near"]),
    "star of an unknown module": ("from mine import *\nnear(3)\n", []),
    "parameters and locals": ("def f(g, *h, i=1, **j):\n    k = g(h())\n    k(i(j()))\n", []),
    "another function's local": (
        "def f():\n    count = 1\ndef g():\n    return count()\n",
        ["count"],
    ),
    "targets": ("for (a, [b, *c]), d in x:\n    a(b(c(d())))\nwith x as (e, f):\n    e(f())\n", []),
    "comprehensions": ("y = [f(g) for f, g in x]\nz = lambda h, *k: h(k())\n(w := 1)\nw()\n", []),
    "variable of a comprehension": ("y = [f for f in x]\nf()\n", ["f"]),
    "default": ("def f(g=g()):\n    return g()\n", ["g"]),
    "handed over": (
        "map(f, x)\nsorted(x, key=g)\nlist(filter(h, x))\nreduce(i, x)\n",
        ["f", "g", "h", "reduce", "i"],
    ),
    "decorators": ("@cached\n@limited(1)\ndef f(): pass\n", ["cached", "limited"]),
    "global": ("def f():\n    global g\n    g = len\ndef h():\n    g()\n", []),
    "nested": ("def f():\n    def g():\n        return g() or h()\n", ["h"]),
    "exceptions": ("try:\n    pass\nexcept E as e:\n    e()\n", []),
    "match": ("match x:\n    case [a, *b] | {'k': a, **b}:\n        a(b())\n", []),
    "names in strings": ("print('f()', f'{g()}')\n", ["g"]),
    "methods": (SOLUTION, ["twice"]),
    "method there": (SOLUTION + "    def twice(self, n):\n        return n\n", []),
    "method with a builtin's name": (
        "def near(): pass\nclass Solution:\n    def f(self, x): return self.sum(self.near(sum(x)))",
        ["sum", "near"],
    ),
    "attribute called": (
        "class Solution:\n    def f(self):\n        self.g = len\n        self.g(self.h())\n",
        ["h"],
    ),
    "method called as a function": (
        "class A:\n    def f(self): pass\n    def g(self): f()",
        ["f"],
    ),
    "methods of other classes": (
        "class A(B):\n    def f(self): self.g()\nclass Solution(A):\n    def h(self): self.g()\n",
        [],
    ),
    "what judges import": (
        "class Solution:\n    def f(self, x: List[int]):\n        return deque(x) or near(x)\n",
        ["near"],
    ),
    "step that does not parse": (
        MAIN + "def count(:\n    pass\ndef read():\n    return 1\n",
        ["total"],
    ),
    "open bracket": (
        MAIN + "def count(x):\n    return (1,\ndef read():\n    return 1\n",
        ["total"],
    ),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("source", "missing"), CASES.values(), ids=CASES.keys())
def test_missing_helpers(source: str, missing: list[str]) -> None:
    assert missing_helpers(source) == missing


RUNS = 'if __name__ == "__main__":\n    main()\n'
ALONE = "def main():\n    print(1)\n"


@pytest.mark.parametrize(
    ("source", "function", "complete"),
    [
        ("", None, False),
        ("print(1)", None, True),
        ("x = 1", None, False),
        (ALONE, None, False),
        (ALONE + RUNS, None, True),
        (ALONE + "main()", None, True),
        (ALONE + "import sys\nsys.setrecursionlimit(10)\n", None, False),
        ("def solve(): print(1)\nsolve()", None, True),
        (ALONE + "import threading\nthreading.Thread(target=main).start()", None, True),
        (MAIN + RUNS, None, False),
        (ALONE + RUNS + "def f(:", None, False),
        ("class Solution:\n    def f(self): pass", None, True),
        ("class Solution:\n    def f(self): pass", "f", True),
        ("class Solution:\n    def f(self): pass", "g", False),
        ("class Solution:\n    def __init__(self): pass", None, False),
        ("def f(x): return x", "f", True),
        ("def f(x): return g(x)", "f", False),
    ],
)
def test_is_complete(source: str, function: str | None, complete: bool) -> None:
    assert is_complete(source, function) is complete


def test_closing_a_program_makes_it_run() -> None:
    closed = close_program(ALONE)
    assert closed == f"{ALONE}\n\n{RUNS}"
    done = subprocess.run(
        [sys.executable, "-c", closed], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
    assert is_complete(closed)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "print(1)",
        ALONE + RUNS,
        ALONE + "main()",
        "def main(n): print(n)",
        "async def main(): print(1)",
        "def solve(): print(1)",
        "class Solution:\n    def main(self): pass",
        "def main(:",
    ],
)
def test_what_needs_no_closing_stays(source: str) -> None:
    assert close_program(source) == source


@given(TEXTS)
def test_takes_any_text(source: str) -> None:
    assert len(missing_helpers(source)) == len(set(missing_helpers(source)))
    assert isinstance(is_complete(source), bool)
    assert isinstance(close_program(source), str)
