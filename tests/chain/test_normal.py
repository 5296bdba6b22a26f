import contextlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.normal import normal_form
from tests.chain.programs import PROGRAMS, TEXTS

PROGRAM = '''
import sys

LIMIT = 3


def main(argument=2):
    """Plan."""
    values = [helper(item, offset=1) for item in range(LIMIT) if item]
    total = 0

    def add(amount):
        nonlocal total
        total += amount
        return lambda factor: factor * total

    for value in values:
        last = add(value)(argument)
        print(value, f"{last:>4}", f"{total!r}")
    try:
        total = int("x")
    except ValueError:
        print("caught", (found := sorted(values, key=lambda pair: -pair)), found[0])
    with open("/dev/null") as stream:
        print(stream.readable())
    box = Box(total)
    print(box.read(), {key: box for key, box in enumerate("ab")}, box.size)


def helper(number, offset):
    global COUNT
    COUNT = number
    return number + offset


class Box:
    size = LIMIT

    def __init__(self, content):
        self.content = content

    def read(self):
        size = self.size * 2
        return [self.content, size, [size for _ in range(2)]]


main()
print(COUNT)
'''

RENAMED = ["argument", "values", "item", "total", "add", "amount", "factor", "value", "last"]
RENAMED += ["found", "pair", "stream", "box", "key_", "helper", "number", "self", "main"]


def output(program: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def test_the_form_is_a_program_that_does_the_same() -> None:
    assert output(normal_form(PROGRAM)) == output(PROGRAM) != ""
    assert normal_form(normal_form(PROGRAM)) == normal_form(PROGRAM)


@given(st.data())
def test_local_names_do_not_matter(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(RENAMED), min_size=1, unique=True))
    fresh = data.draw(st.permutations([f"name_{number}" for number in range(len(names))]))
    changed = PROGRAM
    for old, new in zip(names, fresh, strict=True):
        changed = re.sub(rf"(?<![.\w]){old}\b", new, changed)
    assert output(changed) == output(PROGRAM)
    assert normal_form(changed) == normal_form(PROGRAM)


@given(st.data())
def test_comments_docstrings_and_blank_lines_do_not_matter(data: st.DataObject) -> None:
    lines = PROGRAM.replace('    """Plan."""\n', "").splitlines()
    changed = []
    for line in lines:
        drawn = data.draw(st.sampled_from(["", "", "  # why", "\n", "\n# a line"]))
        changed.append(line + drawn)
        if re.match(r" *(def|class) ", line) and data.draw(st.booleans()):
            margin = re.match(" *", line)
            changed.append(f'{margin[0] if margin else ""}    """Text\n\n    more."""')
    assert normal_form("\n".join(changed)) == normal_form(PROGRAM)


CHANGES = [
    ("number + offset", "number - offset"),
    ("number + offset", "offset + number"),
    ("total = 0", "total = 1"),
    ("LIMIT = 3", "LIMIT = 4"),
    ("total += amount", "total += total"),
    ("nonlocal total\n        total += amount", "total = amount"),
    ('"caught"', '"Caught"'),
    ("if item]", "if not item]"),
    ("helper(item, offset=1)", "helper(offset=1, number=2)"),
    ("self.size * 2", "self.content * 2"),
    ("size for _ in range(2)", "_ for _ in range(2)"),
    ("global COUNT\n    ", ""),
    ("-pair", "pair"),
    ("argument=2", "argument=3"),
    ("def read(self)", "def peek(self)"),
    ("main()\nprint(COUNT)", "print(COUNT)\nmain()"),
    ("LIMIT", "BOUND"),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_what_changes_the_program_changes_the_form(old: str, new: str) -> None:
    assert old in PROGRAM
    assert normal_form(PROGRAM.replace(old, new)) != normal_form(PROGRAM)


DIFFERENT = {
    "keyword of a call": (
        "def f(a, b):\n    return a\nf(a=1, b=2)",
        "def f(b, a):\n    return b\nf(a=1, b=2)",
    ),
    "double star": ("def f(a, b):\n    return a\nf(**d)", "def f(b, a):\n    return b\nf(**d)"),
    "locals": ("def f(a):\n    print(locals())", "def f(b):\n    print(locals())"),
    "eval": ("def f(a):\n    return eval('a')", "def f(b):\n    return eval('a')"),
    "name in an f-string": ("def f(a):\n    return f'{a=}'", "def f(b):\n    return f'{b=}'"),
    "docstring that is read": (
        "def f():\n    'a'\nprint(f.__doc__)",
        "def f():\n    'b'\nprint(f.__doc__)",
    ),
    "name that is read": ("def f(): pass\nprint(f.__name__)", "def g(): pass\nprint(g.__name__)"),
    "caught message": (
        "def f(a):\n    try: g()\n    except E as e: print(e)",
        "def f(b):\n    try: g()\n    except E as e: print(e)",
    ),
    "attribute": ("def f(a):\n    return a.x", "def f(a):\n    return a.y"),
    "captures": (
        "def f(a):\n    match a:\n        case b: return b",
        "def f(a):\n    match a:\n        case c: return c",
    ),
    "print of Python 2": (
        "def f(print, a):\n    print >> a",
        "def f(b, a):\n    b >> a",
    ),
    "global or local": (
        "def f():\n    x = 1\n    return x",
        "def f():\n    global x\n    x = 1\n    return x",
    ),
    "imported name": (
        "def f():\n    import math\n    return math",
        "def f():\n    import cmath\n    return cmath",
    ),
    "builtin before its def": ("print(1)\ndef print(x): pass", "echo(1)\ndef echo(x): pass"),
    "function bound twice": (
        "def f(): pass\ng = f\ndef g(): pass",
        "def g(): pass\ng = g\ndef g(): pass",
    ),
    "class scope": (
        "x = 1\ndef f():\n    x = 2\n    class A:\n        x = x\n    return A.x",
        "x = 1\ndef f():\n    y = 2\n    class A:\n        x = y\n    return A.x",
    ),
    "two scopes": ("def f(a):\n    return [a for a in a]", "def f(a):\n    return [b for b in b]"),
    "indentation": (
        "def f(a):\n    for b in a:\n        g()\n        g()",
        "def f(a):\n    for b in a:\n        g()\n    g()",
    ),
    "text that does not parse": ("def f(:\n    x", "def f(:\n    y"),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_programs_that_may_behave_differently_stay_apart(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


SAME = {
    "parentheses and quotes": ("x = (1 +\n  2)\ny = 'a'", 'x = 1 + 2\ny = "a"'),
    "arguments": (
        "def f(a, *b, c=1, **d):\n    return a, b, c, d",
        "def f(p, *q, r=1, **s):\n    return p, q, r, s",
    ),
    "nested functions": (
        "def f(a):\n    def g(b):\n        return a + b\n    return g",
        "def f(x):\n    def h(a):\n        return x + a\n    return h",
    ),
    "helpers": (
        "def f():\n    return g()\ndef g():\n    return 1",
        "def a():\n    return b()\ndef b():\n    return 1",
    ),
    "walrus": (
        "def f(a):\n    return [b := c for c in a], b",
        "def f(x):\n    return [y := z for z in x], y",
    ),
    "around a match": (
        "def f(a, k):\n    match a:\n        case P(x=1) | k.Q: return k",
        "def f(b, x):\n    match b:\n        case P(x=1) | x.Q: return x",
    ),
    "defaults and annotations": (
        "def f(a):\n    def g(b: a, a=a):\n        return a\n    return g",
        "def f(x):\n    def g(y: x, z=x):\n        return z\n    return g",
    ),
    "only a docstring": ("def f():\n    'text'", "def f():\n    pass"),
    "methods": (
        "class Solution:\n    def f(self, a):\n        return a",
        "class Solution:\n    def f(this, n):\n        return n",
    ),
    "broken, comments": ("def f()  # no\n\n    'a#b' # c\n", "# x\ndef f()\n    'a#b'"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_programs_that_differ_in_wording_are_equal(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


def test_functions_that_tests_call_keep_their_names() -> None:
    one, other = "def f(a):\n    return a", "def g(b):\n    return b"
    assert normal_form(one) == normal_form(other)
    keep = frozenset({"f", "g"})
    assert normal_form(one, keep) != normal_form(other, keep)


@given(st.one_of(TEXTS, PROGRAMS.map(lambda program: program[1])))
def test_takes_any_text_and_is_stable(source: str) -> None:
    form = normal_form(source)
    if not form.startswith("# does not parse"):
        assert normal_form(form) == form
