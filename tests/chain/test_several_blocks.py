"""Answers of several blocks: which one is the program, and which belong together."""

from time import process_time

import pytest

from dreamcode.chain.extract import extract_program
from tests.chain.answers import DRAFT

PROGRAM = "import sys\n\n\ndef main():\n    a, b = map(int, sys.stdin.read().split())\n"
PROGRAM += "    print(a + b)\n\n\nmain()\n"
SOLUTION = "class Solution:\n    def add(self, a, b):\n        return a + b\n"
STARTER = SOLUTION.replace("return a + b", "pass")
ADD = "def add(a, b):\n    return a + b\n"
MAIN = "def main():\n    a, b = map(int, input().split())\n    print(add(a, b))\n"
READ = "a, b = map(int, input().split())\nprint(add(a, b))\n"
RUN = "main()\n"
TREE = "def main():\n    print(depth(int(input())))\n"
DEPTH = "@lru_cache(None)\ndef depth(n):\n    return 1 + depth(n - 1) if n else LEAF\n"
HALVES = "class Solution:\n    def add(self, a, b):\n        return self.sum([a, b])\n"
GCD = "print(gcd(4, int(input())))\n"
PATCH = "--- a/main.py\n+++ b/main.py\n@@ -1 +1 @@\n-    print(a + b)\n+    print(a - b)\n"


BROKEN = "import sys\n\n\ndef f(:\n    return 1\n\n\ndef main():\n    print(f())\n\n\nmain()\n"


def fenced(*blocks: str, tag: str = "python") -> str:
    return "\n".join(f"Then:\n\n```{tag}\n{block}```\n" for block in blocks)


def joined(*texts: str) -> str:
    return "\n\n\n".join(text.rstrip("\n") for text in texts) + "\n"


def below(block: str, tag: str = "") -> str:
    """An answer with the program, and a block below it."""
    return fenced(PROGRAM) + fenced(block, tag=tag)


# Answers to a problem that tests write to, or to one whose function they call.
LAST = {
    "draft, then final": (fenced(DRAFT, PROGRAM), PROGRAM),
    "three versions": (fenced(DRAFT, PROGRAM.replace("+", "-"), PROGRAM), PROGRAM),
    "final is broken": (fenced(PROGRAM, DRAFT + "def (:\n"), PROGRAM),
    "final was cut": (f"{fenced(PROGRAM)}```python\nimport sys\n\ndef main():\n    x = (", PROGRAM),
    "final in newer syntax": (
        fenced(DRAFT, "def one[T](x: T) -> T:\n    return x\n\n\nprint(one(input()))\n"),
        "def one[T](x: T) -> T:\n    return x\n\n\nprint(one(input()))\n",
    ),
    "draft in a fence, final in prose": (f"{fenced(MAIN)}Better:\n\n{PROGRAM}\nDone.", PROGRAM),
    "both in prose": (f"Brute force:\n\n{DRAFT}\nBetter is this:\n\n{PROGRAM}\nDone.", PROGRAM),
    "output": (below("3\n"), PROGRAM),
    "words": (below("Yes\nNo\n"), PROGRAM),
    "use": (below("print(1 + 2)\n", "python"), PROGRAM),
    "commands": (below("echo 1 2 | python main.py\n"), PROGRAM),
    "commands, named": (below("python main.py\n", "bash"), PROGRAM),
    "data": (below('{"a": [1, 2]}\n', "json"), PROGRAM),
    "other language": (below("int main() { return 0; }\n", "cpp"), PROGRAM),
    "patch": (below(PATCH, "diff"), PROGRAM),
    "patch without a name": (below(PATCH), PROGRAM),
    "idea with gaps": (below("def main():\n    ...\n    print(a * b)\n", "python"), PROGRAM),
    "idea with dots": (below("def main():\n    # ...\n    print(1)\n", "python"), PROGRAM),
    "excerpt": (
        fenced(joined("import math", ADD, ADD, READ), READ),
        joined("import math", ADD, ADD, READ),
    ),
    "helper shown first": (fenced(ADD, joined(ADD, MAIN, RUN)), joined(ADD, MAIN, RUN)),
    "only a patch": (fenced(PATCH, tag="diff"), ""),
    "only output": ("```output\n3\n```", ""),
    "only a transcript": (fenced(">>> add(1, 2)\n3\n"), ""),
    "best of two parts": (fenced(MAIN, "x = 1\n"), MAIN),
    "two parts alike": (fenced(ADD, ADD.replace("+", "-")), ADD.replace("+", "-")),
    "nothing parses": (fenced("def f(:\n", "def g(:\n"), "def g(:\n"),
    "star imports of judges": (fenced(DRAFT, GCD), GCD),
}
OF_FUNCTIONS = {
    "use": (fenced(ADD, "print(add(1, 2))\n"), ADD),
    "values": (fenced(ADD, "a = 1\nb = 2\nresult = add(a, b)\nprint(result)\n"), ADD),
    "asserts": (fenced(ADD, "assert add(1, 2) == 3\n"), ADD),
    "tests": (fenced(ADD, "def test_add():\n    assert add(1, 2) == 3\n\n\ntest_add()\n"), ADD),
    "guard": (fenced(ADD, 'if __name__ == "__main__":\n    print(add(1, 2))\n'), ADD),
    "transcript": (fenced(ADD, ">>> add(1, 2)\n3\n"), ADD),
    "method": (fenced(SOLUTION, "print(Solution().add(1, 2))\n"), SOLUTION),
    "second method": (fenced(SOLUTION.replace("+", "*"), SOLUTION), SOLUTION),
    "starter first": (fenced(STARTER, SOLUTION), SOLUTION),
    "starter last": (fenced(SOLUTION, STARTER.replace("pass", "...")), SOLUTION),
    "program that reads": (fenced(ADD, READ), ADD),
    "function beside": (fenced(ADD, "def sub(a, b):\n    return a - b\n"), ADD),
    "whole and its use": (fenced(joined(ADD, READ), "print(add(1, 2))\n"), joined(ADD, READ)),
}
TOGETHER = {
    "helper first": (fenced(ADD, joined(MAIN, RUN)), joined(ADD, MAIN, RUN)),
    "helper last": (fenced(joined(MAIN, RUN), ADD), joined(ADD, MAIN, RUN)),
    "call apart": (fenced(MAIN, ADD, RUN), joined(MAIN, ADD, RUN)),
    "imports apart": (
        fenced(TREE, "import sys\nfrom functools import lru_cache\n", DEPTH, "LEAF = 0\n", RUN),
        joined("import sys\nfrom functools import lru_cache", TREE, "LEAF = 0", DEPTH, RUN),
    ),
    "star import": (
        fenced("from math import *\n", "print(gcd(4, int(input())), tau)\n"),
        joined("from math import *", "print(gcd(4, int(input())), tau)"),
    ),
    "guard apart": (
        fenced("def solve():\n    print(input())\n", 'if __name__ == "__main__":\n    solve()\n'),
        joined("def solve():\n    print(input())", 'if __name__ == "__main__":\n    solve()'),
    ),
    "class apart": (
        fenced("class Box:\n    size = 1\n", "print(Box.size + int(input()))\n"),
        joined("class Box:\n    size = 1", "print(Box.size + int(input()))"),
    ),
    "helper in prose": (
        f"{fenced(joined(MAIN, RUN))}And the helper:\n\n{ADD}\nThat's it.",
        joined(ADD, MAIN, RUN),
    ),
    "settings": (
        fenced("import sys\nsys.setrecursionlimit(10**6)\n", "print(sys.stdin.read())\n"),
        joined("import sys\nsys.setrecursionlimit(10**6)", "print(sys.stdin.read())"),
    ),
    "reading at top level": (fenced(ADD, READ), joined(ADD, READ)),
    "example between": (fenced(ADD, "print(add(1, 2))\n", READ), joined(ADD, READ)),
    "output between": (fenced(ADD) + "```\n3\n```\n" + fenced(READ), joined(ADD, READ)),
    "helper corrected": (
        fenced(joined(ADD.replace("+", "*"), READ), ADD),
        joined(ADD, READ),
    ),
    "helper corrected before its use": (
        fenced(ADD.replace("+", "*"), ADD, READ),
        joined(ADD, READ),
    ),
    "parts after a draft": (fenced(DRAFT, ADD, joined(MAIN, RUN)), joined(ADD, MAIN, RUN)),
    "class of two blocks": (
        fenced("class Box:\n    def __init__(self):\n        self.x = 1\n")
        + fenced("    def get(self):\n        return self.x\n")
        + fenced("print(Box().get() + int(input()))\n"),
        "class Box:\n    def __init__(self):\n        self.x = 1\n\n"
        "    def get(self):\n        return self.x\n\n\nprint(Box().get() + int(input()))\n",
    ),
}
CLASSES = {
    "indented": (
        fenced(HALVES, "    def sum(self, x):\n        return sum(x)\n"),
        f"{HALVES}\n    def sum(self, x):\n        return sum(x)\n",
    ),
    "not indented": (
        fenced(HALVES, "def sum(self, x):\n    return sum(x)\n"),
        f"{HALVES}\n    def sum(self, x):\n        return sum(x)\n",
    ),
    "class named again": (
        fenced("class Solution:\n    def sum(self, x):\n        return sum(x)\n", HALVES),
        f"{HALVES}\n    def sum(self, x):\n        return sum(x)\n",
    ),
    "helper outside": (
        fenced(SOLUTION.replace("a + b", "plus(a, b)"), ADD.replace("add", "plus")),
        joined(SOLUTION.replace("a + b", "plus(a, b)"), ADD.replace("add", "plus")),
    ),
}


@pytest.mark.parametrize(("answer", "program"), LAST.values(), ids=LAST.keys())
def test_the_last_whole_program_wins(answer: str, program: str) -> None:
    assert extract_program(answer) == program


@pytest.mark.parametrize(("answer", "program"), OF_FUNCTIONS.values(), ids=OF_FUNCTIONS.keys())
def test_the_last_whole_function_wins(answer: str, program: str) -> None:
    assert extract_program(answer, "add") == program


@pytest.mark.parametrize(("answer", "program"), TOGETHER.values(), ids=TOGETHER.keys())
def test_blocks_that_need_each_other_are_joined(answer: str, program: str) -> None:
    assert extract_program(answer) == program


@pytest.mark.parametrize(("answer", "program"), CLASSES.values(), ids=CLASSES.keys())
def test_classes_are_joined(answer: str, program: str) -> None:
    assert extract_program(answer, "add") == program
    assert extract_program(answer) == program


@pytest.mark.parametrize(
    "program",
    [
        BROKEN,
        "n = int(input()\nfor i in range(n):\n    print(i)\n",
        "def f():\n    return 1\n\n\ndef main():\n    x = (1\n",
        "def main():\n    print(1)\n\n\ndef f(x):\n    return x[\n",
        'def f():\n    s = r\'\\\'\n    t = """\n    x\n"""\n    return s\n\n\nprint(f())\n',
    ],
)
def test_nothing_is_cut_out_of_a_program_with_a_mistake(program: str) -> None:
    for answer in (program, f"Here is it:\n\n{program}", f"So:\n```python\n{program}```\nDone."):
        assert extract_program(answer) == program
    assert extract_program(f"Here is it:\n\n{program}\n\nIt's (fine, I think.\n") == program
    assert extract_program(f"```python\n{program}") == program


ENDLESS = {
    "broken": "```python\ndef f(x):\n    return (x\n```\n",
    "open strings": "```python\ndef f():\n    '''\n```\n" + '```python\ndef g():\n    """\n```\n',
    "glued": "code:```python\ndef f(x):\n    return (x\n",
    "openings": "```python\ndef f(x):\n    return (x\n",
    "fences": "```\n",
    "drafts": "```python\ndef f(x):\n    return g(x)\n```\n",
    "methods": "```python\n    def f(self, x):\n        return self.g(x)\n```\n",
    "open brackets": "x = (\n",
    "functions": "def f(x):\n    return (1\n",
    "prose": "foo bar (baz\n",
    "quotes of mails": "> > > > > > > > > > > > > > > > > > > > > > > > > > > > > > > x\n",
    "thinking": "<think>\na `b\n</think>\nprint(input())\n",
}


def seconds(answer: str) -> float:
    start = process_time()
    extract_program(answer)
    return process_time() - start


@pytest.mark.parametrize("block", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_answers_are_read_in_time(block: str) -> None:
    """Four times the answer takes hardly more than four times as long, and not sixteen times."""
    few = min(seconds(block * 100) for _ in range(2))
    assert seconds(block * 400) < 10 * few + 0.05
