"""Completions of HumanEval-form problems of our own, and what becomes of each.

`ACCEPTED` and `REFUSED` are judged alike by the official harness and by us. `DIFFERENT` are not:
docs/judging.md names each kind.
"""

from textwrap import indent

from tests.datasets.rows import CAP, UNROLL

Row = dict[str, str]

SPREAD: Row = {
    "task_id": "HumanEval/2",
    "prompt": "import math\n\n\ndef spread(points):\n"
    '    """ The distance of each point from the origin. """\n',
    "entry_point": "spread",
    "test": "def check(candidate):\n"
    "    assert list(candidate([(3, 4), (0, 0)])) == [5, 0]\n"
    "    assert sum(candidate([(1, 0)] * 9)) == 9\n"
    "    assert list(candidate([])) == []\n",
}
TIDY: Row = {
    "task_id": "HumanEval/3",
    "prompt": "def tidy(words):\n"
    "    '''Sorts the words where they are, without the empty ones; gives nothing.'''\n",
    "entry_point": "tidy",
    "test": "def check(candidate):\n"
    "    words = ['b', '', 'a']\n"
    "    assert candidate(words) is None\n"
    "    assert words == ['a', 'b']\n"
    "    assert candidate(words) is None\n"
    "    assert words == ['a', 'b']\n",
}
MEAN: Row = {
    "task_id": "HumanEval/4",
    "prompt": 'def mean(rows):\n    """ The mean of each row.\n    """\n',
    "entry_point": "mean",
    "test": "import math\n\n\nMETADATA = {}\n\n\ndef check(candidate):\n"
    "    assert len(candidate([])) == 0\n"
    "    for got, wanted in zip(candidate([[1, 2], [3]]), [1.5, 3.0]):\n"
    "        assert math.isclose(got, wanted)\n"
    "    assert len(candidate([[1], [2]])) == 2\n",
}
DEPTH: Row = {
    "task_id": "HumanEval/5",
    "prompt": "def depth(text: str) -> int:\n"
    '    """ How deep the brackets of a text go; -1 where they do not match. """\n',
    "entry_point": "depth",
    "test": "def check(candidate):\n"
    "    assert candidate('(()())') == 2, 'nested'\n"
    "    assert candidate('') == 0\n"
    "    assert candidate(')(') == -1\n"
    "    assert candidate('((') == -1\n"
    "    assert abs(candidate(')')) == 1\n"
    "    assert candidate('(' * 300 + ')' * 300) == 300\n",
}
NOTHING: Row = {
    "task_id": "HumanEval/6",
    "prompt": 'def forget(value):\n    """ Gives nothing. """\n',
    "entry_point": "forget",
    "test": "def check(candidate):\n    assert candidate(3) is None\n",
}

ROWS = [CAP, UNROLL, SPREAD, TIDY, MEAN, DEPTH, NOTHING]

_CAP = "def cap_all(values, top):\n"
_CAP_BODY = CAP["canonical_solution"]
_ROLL_BODY = UNROLL["canonical_solution"]
_DEPTH = """    deep = most = 0
    for letter in text:
        deep += 1 if letter == "(" else -1
        if deep < 0:
            return -1
        most = max(most, deep)
    return -1 if deep else most
"""
_NESTED = """    def walk(place, deep):
        if place == len(text):
            return 0 if deep == 0 else None
        after = deep + (1 if text[place] == "(" else -1)
        rest = walk(place + 1, after) if after >= 0 else None
        return None if rest is None else max(after, rest)

    found = walk(0, 0)
    return -1 if found is None else found
"""
_CLASS = """class Reader:
    def __init__(self):
        self.deep = self.most = 0

    def read(self, letter):
        self.deep += 1 if letter == "(" else -1
        self.most = max(self.most, self.deep)
        return self.deep >= 0


def depth(text: str) -> int:
    reader = Reader()
    if not all(reader.read(letter) for letter in text) or reader.deep:
        return -1
    return reader.most
"""
_MEAN = "def mean(rows):\n    return [sum(row) / len(row) for row in rows]\n"
_TIDY = "def tidy(words):\n    words[:] = sorted(word for word in words if word)\n"
_SPREAD = "def spread(points):\n    return [math.hypot(*point) for point in points]\n"

ACCEPTED: dict[str, tuple[Row, str]] = {
    "the body alone": (CAP, _CAP_BODY),
    "a body of another width": (CAP, "    cap = top\n    return [min(v, cap) for v in values]"),
    "a body and a helper below": (
        CAP,
        "    return [_cap(v, top) for v in values]\n\n\ndef _cap(v, top): return min(v, top)\n",
    ),
    "a body and calls below": (CAP, f"{_CAP_BODY}\n\nprint(cap_all([1, 2], 1))\n"),
    "a body behind a blank line": (CAP, f"\n{_CAP_BODY}"),
    "a body behind a comment at the margin": (CAP, f"# as told\n{_CAP_BODY}"),
    "a body that imports": (
        MEAN,
        "    import statistics\n    return [*map(statistics.mean, rows)]\n",
    ),
    "a body with functions in it": (DEPTH, _NESTED),
    "a body that calls itself and a module": (UNROLL, _ROLL_BODY),
    "a body that yields": (SPREAD, "    for x, y in points:\n        yield math.hypot(x, y)\n"),
    "a body that does nothing where that is right": (NOTHING, "    pass\n"),
    "nothing where that is right": (NOTHING, ""),
    "another function where the prompt's is right": (NOTHING, "def forgotten(value):\n    pass\n"),
    "the whole prompt again": (CAP, CAP["prompt"] + _CAP_BODY),
    "the whole prompt again, with its helper": (UNROLL, UNROLL["prompt"] + _ROLL_BODY),
    "the function alone": (CAP, _CAP + _CAP_BODY),
    "annotations that the prompt imports": (
        CAP,
        f"def cap_all(values: List[int], top: int) -> List[int]:\n{_CAP_BODY}",
    ),
    "a module that the prompt imports": (SPREAD, _SPREAD),
    "a helper that the prompt gives": (
        UNROLL,
        "def unroll(text):\n    for _ in range(25):\n        text = roll(text)\n    return text\n",
    ),
    "generator": (SPREAD, "def spread(points):\n    return (math.hypot(*p) for p in points)\n"),
    "map": (SPREAD, "def spread(points):\n    return map(lambda p: math.hypot(*p), points)\n"),
    "numpy": (
        MEAN,
        "import numpy as np\n\ndef mean(rows):\n    return [np.mean(r) for r in rows]\n",
    ),
    "an array of numpy": (
        MEAN,
        "import numpy\n\ndef mean(rows):\n    return numpy.array([numpy.mean(r) for r in rows])\n",
    ),
    "fractions": (
        MEAN,
        "from fractions import Fraction\n\n"
        "def mean(rows):\n    return [Fraction(sum(r), len(r)) for r in rows]\n",
    ),
    "a class": (DEPTH, _CLASS),
    "an object that can be called": (
        DEPTH,
        "class Depth:\n    def __call__(self, text):\n"
        f"{indent(_DEPTH, '    ')}\n\ndepth = Depth()\n",
    ),
    "a data class": (
        DEPTH,
        "from dataclasses import dataclass\n\n\n@dataclass\nclass State:\n    deep: int = 0\n\n\n"
        f"def depth(text):\n    State()\n{_DEPTH}",
    ),
    "class Solution": (
        CAP,
        f"class Solution:\n    def cap_all(self, values, top):\n    {_CAP_BODY}\n\n"
        "cap_all = Solution().cap_all\n",
    ),
    "a lambda": (CAP, "cap_all = lambda values, top: [min(v, top) for v in values]\n"),
    "a cache": (
        DEPTH,
        f"from functools import cache\n\n\n@cache\ndef depth(text):\n{_DEPTH}",
    ),
    "changes its argument as told": (TIDY, _TIDY),
    "changes its argument twice": (
        TIDY,
        "    while '' in words:\n        words.remove('')\n    words.sort()\n",
    ),
    "prints": (CAP, f"print('wrong')\n{_CAP}    print(values)\n{_CAP_BODY}"),
    "prints to the file itself": (CAP, f"import os\nos.write(1, b'failed')\n{_CAP}{_CAP_BODY}"),
    "writes to errors": (CAP, f"import sys\n{_CAP}    print(1, file=sys.stderr)\n{_CAP_BODY}"),
    "a guard": (CAP, f"{_CAP}{_CAP_BODY}\nif __name__ == '__main__':\n    raise ValueError\n"),
    "its own check": (CAP, f"{_CAP}{_CAP_BODY}\ndef check(candidate):\n    raise ValueError\n"),
    "raises and catches": (
        CAP,
        f"{_CAP}    try:\n        raise KeyError\n    except KeyError:\n        pass\n{_CAP_BODY}",
    ),
    "carriage returns": (CAP, (_CAP + _CAP_BODY).replace("\n", "\r\n")),
    "a comment at the end": (CAP, f"{_CAP}{_CAP_BODY}# done"),
    "an import that nothing uses": (
        CAP,
        f"from typing import *\nimport re, json\n{_CAP}{_CAP_BODY}",
    ),
    "state that lasts": (
        CAP,
        f"_calls = []\n{_CAP}    global _calls\n    _calls = _calls + [top]\n{_CAP_BODY}",
    ),
    "half a second of work": (
        CAP,
        "import time\nwhile time.process_time() < 0.5:\n    pass\n" + _CAP + _CAP_BODY,
    ),
}

REFUSED: dict[str, tuple[Row, str]] = {
    "nothing": (CAP, ""),
    "a body that does nothing": (CAP, "    pass\n"),
    "a comment": (CAP, "# TODO\n"),
    "wrong": (CAP, "    return values\n"),
    "wrong at the end": (DEPTH, _DEPTH.replace("deep else most", "deep else min(most, 99)")),
    "wrong whole": (DEPTH, "def depth(text):\n    return text.count('(')\n"),
    "right but for the kind": (CAP, "    return tuple(min(v, top) for v in values)\n"),
    "a generator that is asked for its length": (
        MEAN,
        "    for row in rows:\n        yield sum(row) / len(row)\n",
    ),
    "a module that nothing imports": (
        MEAN,
        "def mean(rows):\n    return [math.fsum(row) / len(row) for row in rows] or [math.pi]\n",
    ),
    "a name that nothing imports": (
        MEAN,
        "def mean(rows: Sequence) -> Optional[float]:\n    return []\n",
    ),
    "another name": (CAP, _CAP.replace("cap_all", "capped") + _CAP_BODY),
    "a main alone": (CAP, f"def main():\n    {_CAP.strip()}\n    {_CAP_BODY}"),
    "a method alone": (
        CAP,
        f"class Solution:\n    def cap_all(self, values, top):\n    {_CAP_BODY}",
    ),
    "raises when called": (CAP, f"{_CAP}    raise ValueError(values)\n"),
    "raises below": (CAP, f"{_CAP}{_CAP_BODY}raise ValueError\n"),
    "raises in its last line, from the body": (
        CAP,
        f"{_CAP_BODY}\nassert cap_all([2], 1) == [2]\n",
    ),
    "asks the wrong way": (CAP, f"{_CAP}{_CAP_BODY}cap_all()\n"),
    "leaves": (CAP, f"import sys\n{_CAP}{_CAP_BODY}sys.exit(0)\n"),
    "leaves by exit": (CAP, f"{_CAP}{_CAP_BODY}exit()\n"),
    "leaves when called": (CAP, f"import os\n{_CAP}    os._exit(0)\n"),
    "loops": (CAP, f"{_CAP}    while True:\n        pass\n"),
    "loops in the body": (CAP, "    while top or not top:\n        values = list(values)\n"),
    "calls itself for ever": (CAP, f"{_CAP}    return cap_all(values, top)\n"),
    "changes nothing": (TIDY, "def tidy(words):\n    return sorted(filter(None, words))\n"),
    "changes a copy": (TIDY, "    words = sorted(filter(None, words))\n"),
    "changes its argument and gives it": (TIDY, f"{_TIDY}    return words\n"),
    "skips what it removes": (
        TIDY,
        "    for word in words:\n        if word:\n            words.remove(word)\n",
    ),
    "reads": (CAP, f"limit = input()\n{_CAP}{_CAP_BODY}"),
    "cut off": (CAP, "    return [min(value, top) for value in val"),
    "cut off in a text": (CAP, f"{_CAP}{_CAP_BODY}print('''"),
    "prose": (CAP, "Here is the function:\n\n" + _CAP + _CAP_BODY),
    "fenced": (CAP, f"```python\n{_CAP}{_CAP_BODY}```\n"),
    "a body at the margin": (CAP, "return [min(v, top) for v in values]\n"),
    "a body too deep": (CAP, "        return [min(v, top) for v in values]\n"),
    "tabs": (CAP, "\treturn [min(v, top) for v in values]\n"),
    "null bytes": (CAP, f"{_CAP}{_CAP_BODY}x = '\0'\n"),
    "a helper that is made worse": (
        UNROLL,
        "def roll(text):\n    raise ValueError\n\ndef unroll(text):\n    return roll(text)\n",
    ),
    "a constant of the prompt made another": (
        UNROLL,
        f"STEP = 4\ndef unroll(text):\n{_ROLL_BODY.replace('STEP', '(STEP + 1)')}",
    ),
    "compares the arrays of numpy": (
        CAP,
        "import numpy\n\ndef cap_all(values, top):\n    return numpy.minimum(values, top)\n",
    ),
    "a process": (
        CAP,
        f"import subprocess\n{_CAP}    subprocess.Popen(['true'])\n{_CAP_BODY}",
    ),
    "a coroutine": (CAP, f"async {_CAP}{_CAP_BODY}"),
}

DIFFERENT: dict[str, tuple[Row, str, bool]] = {
    "imports from the future": (
        CAP,
        f"from __future__ import annotations\n{_CAP}{_CAP_BODY}",
        True,
    ),
    "breaks a function of Python's that the test calls": (
        CAP,
        f"{_CAP}{_CAP_BODY}\ndef sorted(values):\n    return None\n",
        True,
    ),
    "bends one": (
        DEPTH,
        "abs = lambda value: 1\n\n\ndef depth(text):\n    if text == ')':\n        return 5\n"
        f"{_DEPTH}",
        False,
    ),
    "breaks the helper that the test calls": (
        UNROLL,
        f"def roll(text):\n    return text[1:]\n\ndef unroll(text):\n{_ROLL_BODY}",
        True,
    ),
    "bends it": (
        UNROLL,
        "def roll(text):\n    return text\n\ndef unroll(text):\n    return text\n",
        False,
    ),
    "sleeps four seconds": (CAP, f"import time\ntime.sleep(4)\n{_CAP}{_CAP_BODY}", True),
    "writes a file": (CAP, f"open('notes.txt', 'w').close()\n{_CAP}{_CAP_BODY}", False),
    "writes bytes": (CAP, f"import sys\nsys.stdout.buffer.write(b'x')\n{_CAP}{_CAP_BODY}", True),
    "reads to the end": (CAP, f"import sys\nsys.stdin.read()\n{_CAP}{_CAP_BODY}", True),
    "asks where it is": (CAP, f"import os\nos.getcwd()\n{_CAP}{_CAP_BODY}", True),
    "ends in a decorator": (NOTHING, "    return None\n\n\n@staticmethod", False),
}
"""With whether we accept it; the official harness says the other."""
