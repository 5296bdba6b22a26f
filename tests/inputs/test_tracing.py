"""What functions do where a program calls them, in a real sandbox."""

import pytest

from dreamcode.inputs.tracing import Traced, trace
from dreamcode_sandbox.cases import CallForm, CallTest, Limits, Sandbox, StdinTest, Test

PROGRAM = """def main():
    xs = read()
    print(total(xs), label(xs))


def read():
    return list(map(int, input().split()))


def total(xs):
    return sum(xs)


def label(xs):
    raise ValueError("printed nothing yet")


if __name__ == "__main__":
    main()
"""
INPUTS = [StdinTest("1 2 3\n", ""), StdinTest("-4\n", "")]


async def find(sandbox: Sandbox, name: str, *texts: str, program: str = PROGRAM) -> Traced:
    return (await trace(sandbox, program, {name: texts}, INPUTS, Limits()))[name]


async def test_implementations_are_told_apart_by_what_they_return(sandbox: Sandbox) -> None:
    traced = await find(
        sandbox,
        "total",
        "def total(xs):\n    return sum(xs)\n",
        "def total(numbers):\n    t = 0\n    for x in numbers:\n        t += x\n    return t\n",
        "def total(xs):\n    return xs[0]\n",
        "def total(xs):\n    return 6.0000000001 if len(xs) > 1 else -4\n",
    )
    assert traced.types == ("list",)
    first, second, third, _ = traced.behaviours
    assert first == second != third
    assert None not in traced.behaviours


async def test_what_fails_always_has_no_behaviour(sandbox: Sandbox) -> None:
    traced = await find(
        sandbox,
        "total",
        "def total(xs):\n    return 1 / 0\n",
        "def total(xs):\n    while True:\n        pass\n",
        "def total(xs:\n",
        "def other(xs):\n    return 1\n",
        "def total(a, b, c):\n    return 1\n",
        "import os\ndef total(xs):\n    raise SystemExit\n",
        "def total(xs):\n    return sum(xs)\n",
    )
    assert traced.behaviours[:6] == (None,) * 6
    assert traced.behaviours[6]


async def test_functions_that_are_not_called_are_not_known(sandbox: Sandbox) -> None:
    assert await find(sandbox, "nobody", "def nobody():\n    pass\n") == Traced(None, (None,))
    broken = await find(sandbox, "total", "def total(xs):\n    return 1\n", program="def main(:")
    assert broken == Traced(None, (None,))
    assert await trace(sandbox, PROGRAM, {"total": []}, [], Limits()) == {"total": Traced(None, ())}


async def test_the_program_itself_is_not_disturbed(sandbox: Sandbox) -> None:
    """Implementations get copies, read the same input and do not end the program."""
    reads = "def read():\n    import sys\n    return [int(x) for x in sys.stdin.read().split()]\n"
    spoils = "def read():\n    input()\n    input()\n"
    other = "def read():\n    return list(map(int, input().split()))\n"
    texts = {"read": [reads, spoils, other], "total": ["def total(xs):\n    return len(xs)\n"]}
    traced = await trace(sandbox, PROGRAM, texts, INPUTS, Limits())
    first, second, third = traced["read"].behaviours
    assert first == third
    assert second is None
    sorts = "def total(xs):\n    xs.sort(reverse=True)\n    xs.clear()\n    return 0\n"
    both = await trace(
        sandbox, PROGRAM, {"total": [sorts], "label": ["def label(xs):\n    return xs\n"]},
        INPUTS, Limits(),
    )  # fmt: skip
    alone = await find(sandbox, "label", "def label(xs):\n    return xs\n")
    assert both["label"] == alone


async def test_what_changes_its_argument_in_place_is_known_by_that(sandbox: Sandbox) -> None:
    program = PROGRAM.replace("print(total(xs), label(xs))", "total(xs)\n    print(xs)")
    up = "def total(xs):\n    xs.sort()\n"
    also = "def total(xs):\n    xs[:] = sorted(xs)\n"
    down = "def total(xs):\n    xs.sort(reverse=True)\n"
    traced = await find(sandbox, "total", up, also, down, program=program)
    assert traced.behaviours[0] == traced.behaviours[1] != traced.behaviours[2]


async def test_a_program_that_never_ends_shows_what_it_did_before(sandbox: Sandbox) -> None:
    program = PROGRAM.replace('raise ValueError("printed nothing yet")', "while True: pass")
    traced = await find(sandbox, "total", "def total(xs):\n    return 7\n", program=program)
    assert traced.behaviours[0]


@pytest.mark.parametrize(
    ("program", "same", "other"),
    [
        (
            "class Solution:\n    def f(self, xs):\n        return self.g(xs) + 1\n\n"
            "    def g(self, xs):\n        return 0 if not xs else xs[0] + self.g(xs[1:])\n",
            "    def g(self, xs):\n        return sum(xs)\n",
            "    def g(self, xs):\n        return 1 if not xs else self.g(xs[1:]) * 2\n",
        ),
        (
            "def f(xs):\n    return g(xs) + 1\n\n\ndef g(xs):\n    return sum(xs)\n",
            "def g(xs):\n    return sum(sorted(xs))\n",
            "def g(xs):\n    return max(xs, default=0)\n",
        ),
        (
            "class Solution:\n    def f(self, xs):\n        return self.g(xs)\n\n"
            "    @staticmethod\n    def g(xs):\n        return {x for x in xs}\n",
            "    @staticmethod\n    def g(xs):\n        return set(reversed(xs))\n",
            "    @staticmethod\n    def g(xs):\n        return set(xs[1:])\n",
        ),
    ],
)
async def test_functions_and_methods_that_tests_call(
    sandbox: Sandbox, program: str, same: str, other: str
) -> None:
    calls: list[Test] = [CallTest("f", ([1, 2, 3],), None), CallTest("f", ([],), None)]
    own = program.split("\n\n")[-1].lstrip("\n")
    traced = (await trace(sandbox, program, {"g": [own, same, other]}, calls, Limits()))["g"]
    assert traced.types == ("list",)
    assert traced.behaviours[0] == traced.behaviours[1] != traced.behaviours[2]


async def test_nodes_are_given_as_nodes(sandbox: Sandbox) -> None:
    call = CallTest("f", ([3, 1],), None, form=CallForm(("ListNode",), "ListNode"))
    program = "def f(head):\n    return g(head)\n\n\ndef g(node):\n    return node.next\n"
    probes = {"g": ["def g(n):\n    return n.val\n", "def g(n):\n    return n.value\n"]}
    traced = (await trace(sandbox, program, probes, [call], Limits()))["g"]
    assert traced.types == ("ListNode",)
    assert traced.behaviours[0]
    assert traced.behaviours[1] is None
