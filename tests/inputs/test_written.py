"""Generators that a policy writes, run in a real sandbox."""

from collections.abc import Sequence

import pytest

from dreamcode.choosing import Source
from dreamcode.inputs.making import make_inputs
from dreamcode.inputs.written import Generator, describe_generator, is_generator
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Sampling, Usage
from dreamcode.problems import Problem
from dreamcode_sandbox.cases import CallTest, Sandbox, StdinTest, Test

SUM = Problem("sum", "Sum", "Print the sum.", public_tests=(StdinTest("2\n1 2\n", "3\n"),))
CALL = Problem(
    "f", "f", "Add.", "def f(nums: List[int], k: int) -> int:\n    pass\n", "f",
    (CallTest("f", ([1], 2), 3),),
)  # fmt: skip
LISTS = "n = int(input())\nprint(n)\nprint(*range(n))\n"


class Author:
    """Answers with one program after the other; None is no sample at all."""

    def __init__(self, *programs: str | None) -> None:
        self._programs = [*programs]
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Answer | None:
        self.asked.append(request)
        program = self._programs.pop(0)
        if program is None:
            return None
        return Answer(Proposal(program, Ending.PROGRAM, 1), Usage())


async def make(
    sandbox: Sandbox,
    author: Author,
    problem: Problem = SUM,
    samples: Sequence[Test] | None = None,
    source: Source = "written",
) -> list[Test]:
    known = problem.public_tests if samples is None else samples
    return await make_inputs(problem, known, 4, source, Generator(author, sandbox, Sampling(), 3))


async def test_a_generator_makes_inputs_one_for_each_seed(sandbox: Sandbox) -> None:
    author = Author(LISTS)
    found = await make(sandbox, author)
    assert found == [
        StdinTest(text, "") for text in ("1\n0\n", "2\n0 1\n", "3\n0 1 2\n", "4\n0 1 2 3\n")
    ]
    [request] = author.asked
    assert (request.until, request.prompting, request.prefix) == ("program", "plain", "")
    assert "Print the sum." in request.problem.statement
    assert is_generator(request.problem.id)
    assert request.problem.public_tests == ()
    assert not is_generator(SUM.id)


@pytest.mark.parametrize(
    "bad",
    ["print('hello')", "1 / 0", "def", "print()", "print('a' * 9999)", "pass",
     "import time\nwhile True: pass"],
)  # fmt: skip
async def test_what_does_not_fit_is_left_out_and_another_is_asked_for(
    sandbox: Sandbox, bad: str
) -> None:
    author = Author(bad, LISTS)
    assert len(await make(sandbox, author)) == 4
    assert len({request.seed for request in author.asked}) == 2


async def test_arguments_must_fit_the_signature(sandbox: Sandbox) -> None:
    program = (
        "n = int(input())\n"
        "print([[[1, 2], n], [[1], 'x'], [3, n], [[n], 5, 6]][n - 1] if n < 5 else 0)\n"
    )
    assert await make(sandbox, Author(program), CALL) == [CallTest("f", ([1, 2], 1), None)]
    assert "`f`" in describe_generator(CALL).statement
    assert "nums: List[int]" in describe_generator(CALL).statement


async def test_without_any_that_fits_samples_are_changed(sandbox: Sandbox) -> None:
    assert await make(sandbox, Author(None))
    assert await make(sandbox, Author(None), samples=()) == []
    assert await make(sandbox, Author("1 / 0", "1 / 0"), samples=()) == []


async def test_by_itself_it_asks_only_where_there_is_nothing_to_change(sandbox: Sandbox) -> None:
    author = Author(LISTS)
    assert len(await make(sandbox, author, source="auto")) == 4
    assert author.asked == []
    assert len(await make(sandbox, author, samples=(), source="auto")) == 4
    assert len(author.asked) == 1
    assert await make(sandbox, Author(), samples=(), source="mutated") == []
