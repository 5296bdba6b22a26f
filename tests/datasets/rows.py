"""Small problems of our own in the three forms of function-completion data sets."""

import gzip
import json
from pathlib import Path
from typing import Any

CAP = {
    "task_id": "HumanEval/0",
    "prompt": '''from typing import List


def cap_all(values: List[int], top: int) -> List[int]:
    """ Return the values, each lowered to top if it is above.
    >>> cap_all([1, 5, 9], 4)
    [1, 4, 4]
    >>> cap_all([], 4)
    []
    """
''',
    "entry_point": "cap_all",
    "canonical_solution": "    return [min(value, top) for value in values]\n",
    "test": """

METADATA = {'author': 'us'}


def check(candidate):
    assert candidate([1, 5, 9], 4) == [1, 4, 4]
    assert candidate([-7], -8) == [-8]
    assert candidate(list(range(50)), 25) == sorted(candidate(list(range(50)), 25))
""",
}
UNROLL = {
    "task_id": "HumanEval/1",
    "prompt": '''import string

STEP = 3


def roll(text: str):
    """
    moves every letter by STEP places
    """
    letters = string.ascii_lowercase
    return "".join(letters[(letters.index(letter) + STEP) % 26] for letter in text)


def unroll(text: str):
    """
    gives back what was given to roll
    """
''',
    "entry_point": "unroll",
    "canonical_solution": """    if not text:
        return ""
    letters = string.ascii_lowercase
    return letters[(letters.index(text[0]) - STEP) % 26] + unroll(text[1:])
""",
    "test": """
def check(candidate):
    for text in ("", "abc", "xyz"):
        assert candidate(roll(text)) == text
""",
}
MIDDLE = {
    "task_id": 2,
    "text": "Write a function that gives the middle of three numbers.",
    "code": "def middle(a, b, c):\n    return sorted([a, b, c])[1]",
    "test_setup_code": "",
    "test_list": [
        "assert middle(3, 1, 2) == 2",
        "assert middle(5, 5, 1) == 5",
        "assert middle(-1, -2, -3) == -2",
    ],
    "challenge_test_list": [],
}
LENGTHS = {
    "task_id": 3,
    "text": "Write a function to find the longest span.",
    "code": """class Span(object):
    def __init__(self, start, end):
        self.start, self.end = start, end
def longest(spans):
    return max(span.end - span.start for span in spans)""",
    "test_setup_code": "spans = [Span(1, 5), Span(0, 9)]",
    "test_list": ["assert longest([Span(2, 3)]) == 1", "assert longest(spans) == 9"],
}
EDITED = [
    {
        "source_file": "ours",
        "task_id": 4,
        "prompt": "Write a function to find the length of a circle's edge.",
        "code": "import math\ndef edge(radius):\n  return 2 * math.pi * radius",
        "test_imports": ["import math as m"],
        "test_list": [
            "assert m.isclose(edge(1), 6.2832, rel_tol=0.001)",
            "assert m.isclose(edge(0), 0)",
        ],
    },
    {
        "source_file": "ours",
        "task_id": 5,
        "prompt": "Write a function to add the even numbers up to n.",
        "code": "def sum(n):\n  return (n // 2) * (n // 2 + 1)",
        "test_imports": [],
        "test_list": ["assert (sum(6)) == 12", "assert set([sum(3)]) == set((2,))"],
    },
]
WEEKDAYS = {
    "task_id": "BigCodeBench/0",
    "complete_prompt": '''from collections import Counter
from datetime import datetime

def task_func(days, skip=None):
    """
    Counts weekdays of ISO dates.

    Parameters:
    - days (list): dates as text.

    Example:
    >>> task_func(["2024-01-01"])
    {'Monday': 1}
    >>> task_func(["2024-01-02"])
    {'Tuesday': 1}
    """
''',
    "instruct_prompt": "Counts weekdays of ISO dates. ...",
    "code_prompt": "from collections import Counter\nfrom datetime import datetime\n"
    "def task_func(days, skip=None):\n",
    "canonical_solution": """    names = [datetime.fromisoformat(d).strftime("%A") for d in days]
    return dict(Counter(name for name in names if name != skip))
""",
    "test": """
import unittest
from unittest.mock import patch
class TestCases(unittest.TestCase):
    def setUp(self):
        self.days = ["2024-01-01", "2024-01-08"]
    def test_counts(self):
        self.assertEqual(task_func(self.days), {"Monday": 2})
    def test_one(self):
        self.assertEqual(task_func(["2024-01-01"]), {"Monday": 1})
    def test_skip(self):
        with patch("builtins.print"):
            self.assertEqual(task_func(self.days, skip="Monday"), {}, "nothing is skipped")
    def test_refuses(self):
        with self.assertRaises(ValueError):
            task_func(["tomorrow"])
        self.assertTrue(os.sep and Counter)
""",
    "entry_point": "task_func",
    "libs": "['collections', 'datetime']",
}
FRAMES = {
    **WEEKDAYS,
    "task_id": "BigCodeBench/1",
    "complete_prompt": "import pandas as pd\n" + str(WEEKDAYS["complete_prompt"]),
    "libs": "['pandas']",
}


def whole(row: dict[str, Any]) -> str:
    """The row's own solution as a whole program."""
    prompt = row.get("prompt", row.get("complete_prompt"))
    return row["code"] + "\n" if "code" in row else prompt + row["canonical_solution"]


def write_lines(folder: Path, *rows: Any) -> Path:
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_packed(folder: Path, *rows: Any) -> Path:
    path = folder / "problems.jsonl.gz"
    path.write_bytes(gzip.compress(write_lines(folder, *rows).read_bytes()))
    return path


def write_list(folder: Path, *rows: Any) -> Path:
    path = folder / "problems.json"
    path.write_text(json.dumps(rows))
    return path
