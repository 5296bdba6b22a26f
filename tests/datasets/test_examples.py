"""Which calls in docstrings and test code JSON can say."""

import ast

import pytest

from dreamcode.datasets.examples import asserted, read_examples
from dreamcode_sandbox.cases import CallTest

READ = [
    (">>> f(1, 'a', [None, True])\n2.5\n", [CallTest("f", (1, "a", [None, True]), 2.5)]),
    (">>> f()\n(1, 'x')\n", [CallTest("f", (), [1, "x"])]),
    (">>> f({'a': [-1]})\n{'b': 1}\n", [CallTest("f", ({"a": [-1]},), {"b": 1})]),
    (">>> f(1) # why\n2\nAnd so on\n", []),
    (">>> f(1) # why\n2\n\nAnd so on\n", [CallTest("f", (1,), 2)]),
    (">>> round(f(1), 2)\n2\n>>> f(2)\n3\n", [CallTest("f", (2,), 3)]),
    (">>> f(1)\n2\n>>> x = 3\n>>> f(2)\n3\n", [CallTest("f", (1,), 2)]),
    (">>> seed(0)\n>>> f(2)\n3\n", []),
    (">>> f([])\n\n>>> f(2)\n3\n", [CallTest("f", (2,), 3)]),
    (">>> f(x)\n2\n", []),
    (">>> f(*[1])\n2\n", []),
    (">>> f(a=1)\n2\n", []),
    (">>> f((1, 2))\n2\n", []),
    (">>> f({1})\n2\n", []),
    (">>> f({1: 2})\n2\n", []),
    (">>> f(1)\n[(1, 2)]\n", []),
    (">>> f(1)\n{2}\n", []),
    (">>> f(1)\nb'x'\n", []),
    (">>> f(1)\n1e999\n", []),
    (">>> f(1)\n2...\n", []),
    (">>> f(1)\nTraceback (most recent call last):\nValueError: 1\n", []),
    (">>> f(1) # doctest: +ELLIPSIS\n2\n", []),
    (">>> g(1)\n2\n", []),
    (">>> f(1) == 2\n", []),
    (">>> f(\n", []),
    (">>>f(1)\n2\n", []),
    ("no examples", []),
]


@pytest.mark.parametrize(("docstring", "expected"), READ)
def test_examples(docstring: str, expected: list[CallTest]) -> None:
    assert read_examples(docstring, "f") == expected


def test_assertions() -> None:
    code = """
def check(g):
    assert g(1) == 2, "why"
    for i in range(3):
        assert g(2) is True
    assert g(3) != 4
    assert g(i) == 4
    assert g(4) == 5 == 5
    assert 4 == g(5)
    assert g([6]) == (7,)
"""
    assert asserted(ast.parse(code), "g") == [
        CallTest("g", (1,), 2),
        CallTest("g", ([6],), [7]),
        CallTest("g", (2,), True),
    ]
