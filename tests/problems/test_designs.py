"""Problems that ask for a class whose methods are called in turn: refused, in any form."""

import json
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import CallTest, StdinTest
from tests.problems.test_livecodebench import make_row

LRU = """class LRUCache:

    def __init__(self, capacity: int):


    def get(self, key: int) -> int:


    def put(self, key: int, value: int) -> None:
"""
PICK = """from typing import List

class Solution:
    def __init__(self, w: List[int]):

    def pickIndex(self) -> int:
"""
SAMPLE = """Example 1:

Input
["LRUCache", "put", "get"]
[[2], [1, 1], [1]]
Output
[null, null, 1]

Explanation
LRUCache cache = new LRUCache(2);
"""
HTML = """<p>Implement the <code>Trie</code> class.</p>
<p><strong class="example">Example 1:</strong></p>
<pre><strong>Input</strong>
[&quot;Trie&quot;, &quot;insert&quot;, &quot;search&quot;]
[[], [&quot;apple&quot;], [&quot;apple&quot;]]
<strong>Output</strong>
[null, null, true]
</pre>
"""
FENCED = """**Example 1:**

**Input**

```
["RecentCounter",
 "ping", "ping"]
[
 [], [1], [100]
]
```

**Output**

```
[null, 1, 2]
```
"""
DESIGNS = {
    "code and sample": (LRU, SAMPLE, "LRUCache"),
    "code alone": (LRU, "Design a cache.", "LRUCache"),
    "sample alone": ("", SAMPLE, "LRUCache"),
    "a class with a base": ("class Codec(object):\n    def encode(self, s):\n", "Encode.", "Codec"),
    "Solution": (PICK, "Pick an index by weight.", "Solution"),
    "Solution by its sample": (
        "class Solution:\n    def pick(self) -> int:\n",
        'Example 1:\nInput\n["Solution","pick"]\n[[[1]],[]]\nOutput\n[null,0]\n',
        "Solution",
    ),
    "on one line": (
        "",
        'Example 1:\n\nInput: ["LRUCache","put"], [[2],[1,1]]\nOutput: [null,null]\n',
        "LRUCache",
    ),
    "with names": (
        "",
        'Example 1:\n\nInput: commands = ["MinStack"], values = [[]]\nOutput: [null]\n',
        "MinStack",
    ),
    "as Python writes it": (
        "",
        "Sample Input 1\n\n['LRUCache','put']\n[[2],[1,1]]\n\nSample Output 1\n\n[None,None]\n",
        "LRUCache",
    ),
    "nested": (
        "",
        'Example 1:\n\nInput\n["Nested","next"]\n[[[[1,1],2]],[]]\nOutput\n[null,1]\n',
        "Nested",
    ),
    "in fences": ("", FENCED, "RecentCounter"),
    "in HTML": ("", HTML, "Trie"),
}


def read(starter_code: str, statement: str) -> Problem:
    given = FrontMatter(starter_code=starter_code or None)
    return assemble(Material("p.md", statement, Path(), given)).problem


@pytest.mark.parametrize("name", DESIGNS)
def test_they_are_refused_with_a_remedy(name: str) -> None:
    starter_code, statement, asked = DESIGNS[name]
    with pytest.raises(InputError) as refused:
        read(starter_code, statement)
    said = str(refused.value)
    assert said.startswith(f"p.md: it asks for a class ({asked}) whose methods are called in turn")
    assert "not supported yet; state it as a program that reads one call per line" in said


def test_rows_are_refused_too() -> None:
    tests = json.dumps(
        [{"input": '["LRUCache"]\n[[2]]', "output": "[null]", "testtype": "functional"}]
    )
    with pytest.raises(InputError, match=r"question abc999_a: it asks for a class \(LRUCache\)"):
        read_row(make_row(starter_code=LRU, public_test_cases=tests))


def test_the_remedy_is_read() -> None:
    samples = "Sample Input 1\n\nput 1 1\nget 1\n\nSample Output 1\n\n1\n"
    assert read("", samples).public_tests == (StdinTest("put 1 1\nget 1\n", "1\n"),)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ('["Mary","John"], [[0,1]]', "[1]"),
        ('names = ["Mary","John"], pairs = [[0,1],[1,1]]', "[null,1]"),
        ('["Mary"], [[0]]', "null"),
        ('["Mary"]\n[[0]]', "[0]"),
    ],
)
def test_lists_of_words_and_lists_are_no_calls(given: str, answer: str) -> None:
    code = "class Solution:\n    def match(self, names, pairs):\n"
    problem = read(code, f"Example 1:\n\nInput: {given}\nOutput: {answer}\n")
    [test] = problem.public_tests
    assert isinstance(test, CallTest)
    assert test.output == json.loads(answer)


def test_a_class_with_nothing_to_be_made_of_is_asked_for_its_method() -> None:
    code = "class Solution:\n    def __init__(self):\n        pass\n    def twice(self, n):\n"
    assert read(code, "Twice.").function == "twice"
