"""Imports that programs take for granted."""

import ast
import subprocess
import sys

import pytest
from hypothesis import given

from dreamcode.chain.imports import with_imports
from dreamcode.chain.parse import parse
from tests.chain.programs import TEXTS

CASES = {
    "types": (
        "class Solution:\n    def f(self, x: List[int]) -> Optional[int]: return None\n",
        "from typing import List, Optional\n",
    ),
    "functions": ("print(gcd(4, 6), inf)\n", "from math import gcd, inf\n"),
    "of several": (
        "q = deque()\nheappush([], 1)\nprint(reduce(max, q))\n",
        "from collections import deque\nfrom functools import reduce\nfrom heapq import heappush\n",
    ),
    "modules": (
        "print(math.sqrt(4), sys.maxsize, re.sub('a', 'b', 'c'))\n",
        "import math\nimport re\nimport sys\n",
    ),
    "handed over": ("print(list(accumulate([1])))\n", "from itertools import accumulate\n"),
    "of collections and typing": ("print(Counter('a'))\n", "from collections import Counter\n"),
    "decorator": ("@cache\ndef f(): pass\n", "from functools import cache\n"),
    "single names": (
        "for line in stdin: print(deepcopy(line), ascii_lowercase)\n",
        "from copy import deepcopy\nfrom string import ascii_lowercase\nfrom sys import stdin\n",
    ),
    "newer syntax": ("def f[T](x: List[T]) -> T: ...\n", "from typing import List\n"),
    "in a format": ('print(f"{gcd(4, 6)}")\n', "from math import gcd\n"),
}
FINE = {
    "operators": "def main():\n    print(add(mul(1, 2), mod(3, 4)), index([1], 1), concat(1, 2))\n",
    "plain words": "print(merge(1), count(2), search(3), sub(4), mean(5), sample(6), dist(7))\n",
    "own": "def gcd(a, b): return a\nprint(gcd(1, 2))\n",
    "own, below": "def main(): return deque()\nclass deque: pass\n",
    "parameter": "def f(math, inf): return math.sqrt(inf)\n",
    "imported": "from math import gcd as deque\nimport sys\nsys.stdin, deque\n",
    "star": "from math import *\nprint(gcd(1, 2))\n",
    "unknown star": "from helpers import *\nprint(gcd(1, 2))\n",
    "builtin": "print(pow(2, 3), sum([1]), open(0))\n",
    "module as a variable": "print(string, copy(1))\n",
    "attribute": "x = 1\nx.deque, x.math.gcd\n",
    "keyword": "print(dict(deque=1))\n",
    "in a text": "print('deque()')  # gcd\n",
    "no program": "print(gcd(1, 2)\n",
    "nothing": "",
}


@pytest.mark.parametrize(("program", "imports"), CASES.values(), ids=CASES.keys())
def test_writes_the_imports_above(program: str, imports: str) -> None:
    assert with_imports(program) == f"{imports}\n\n{program}"


@pytest.mark.parametrize("program", FINE.values(), ids=FINE.keys())
def test_leaves_the_rest_alone(program: str) -> None:
    assert with_imports(program) == program


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "import re\nx = inf\n"),
        ('"""Doc."""\n', "\nx = inf\n"),
        ('"""Doc.\n\nMore."""\nfrom __future__ import annotations\n', "import re\nx = inf\n"),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", "\nx = inf\n"),
        ("\ufeff", "import re\nx = inf\n"),
    ],
)
def test_keeps_on_top_what_has_to_be_there(above: str, below: str) -> None:
    for newline in ("\n", "\r\n"):
        first, rest = above.replace("\n", newline), below.replace("\n", newline)
        assert with_imports(first + rest) == f"{first}from math import inf{newline}{rest}"


def test_a_docstring_without_a_line_of_its_own_stays_below() -> None:
    assert with_imports('"""Doc."""; x = inf').endswith('"""Doc."""; x = inf')
    assert with_imports('"""Doc."""; x = inf').startswith("from math import inf\n")


def test_the_program_runs_outside_and_its_first_step_begins_with_the_imports() -> None:
    program = (
        "def main():\n    print(deque([2]), math.gcd(*pair()))\n\n\n"
        "def pair() -> List[int]:\n    return [4, 6]\n\n\nmain()\n"
    )
    filled = with_imports(program)
    done = subprocess.run([sys.executable, "-c", filled], capture_output=True, text=True)
    assert done.stdout == "deque([2]) 2\n"
    before, after = parse(program).steps, parse(filled).steps
    assert after[0].source.startswith("import math\n")
    assert after[0].source.endswith(before[0].source)
    assert after[1:] == before[1:]


@given(TEXTS)
def test_takes_any_text(source: str) -> None:
    filled = with_imports(source)
    assert with_imports(filled) == filled
    if filled != source:
        ast.parse(filled.removeprefix("\ufeff"))
