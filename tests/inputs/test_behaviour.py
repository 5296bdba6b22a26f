"""What programs do on inputs, in a real sandbox."""

from dreamcode.inputs.behaviour import name_behaviour, observe
from dreamcode_sandbox.cases import CallForm, CallTest, Limits, Sandbox, StdinTest

INPUTS = [StdinTest("2\n", ""), StdinTest("-1\n", ""), StdinTest("x\n", "")]


async def behaviour(sandbox: Sandbox, program: str) -> tuple[str | None, ...]:
    return await observe(sandbox, program, INPUTS, Limits(seconds=0.5))


async def test_what_is_printed_counts_and_not_how_it_is_spaced(sandbox: Sandbox) -> None:
    one = await behaviour(sandbox, "n = int(input())\nprint(n, n + 1)\n")
    other = await behaviour(sandbox, "n = int(input())\nprint(n)\nprint(n + 1, end=' ')\n")
    assert one == other == ("2 3", "-1 0", None)
    assert name_behaviour(one) == name_behaviour(other)
    assert name_behaviour(one) != name_behaviour(await behaviour(sandbox, "print(2, 3)\n"))


async def test_decimals_that_differ_in_the_last_digits_are_the_same(sandbox: Sandbox) -> None:
    one = await behaviour(sandbox, "n = int(input())\nprint(n / 3)\n")
    other = await behaviour(sandbox, "n = int(input())\nprint(f'{n / 3:.9f}')\n")
    assert one == other == ("0.666667", "-0.333333", None)


async def test_to_fail_everywhere_is_no_behaviour(sandbox: Sandbox) -> None:
    for program in ("def", "1 / 0", "while True: pass", "import os; os._exit(1)"):
        assert name_behaviour(await behaviour(sandbox, program)) is None


async def test_functions_behave_by_what_they_return(sandbox: Sandbox) -> None:
    calls = [CallTest("f", ([1, 2],), None), CallTest("f", ([],), None)]
    one = await observe(sandbox, "def f(x):\n    return x[::-1]\n", calls, Limits())
    other = await observe(sandbox, "f = lambda x: list(reversed(x))\n", calls, Limits())
    assert one == other == ("[2, 1]", "[]")
    shy = await observe(sandbox, "def f(x):\n    return x[0]\n", calls, Limits())
    assert shy == ("1", None)


async def test_nodes_are_given_as_nodes(sandbox: Sandbox) -> None:
    call = CallTest("f", ([3, 1],), None, form=CallForm(("ListNode",), "ListNode"))
    program = "def f(head):\n    head.next.next = ListNode(head.val)\n    return head.next\n"
    assert await observe(sandbox, program, [call], Limits()) == ("[1, 3]",)
