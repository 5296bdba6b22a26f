"""Searches with a real language model, which writes odd programs, on ten trivial problems."""

import pytest

from dreamcode.policies.hf import HfPolicy, load_hf
from dreamcode.policies.policy import Sampling
from dreamcode.problems import Problem
from dreamcode.results import Result
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import Sandbox, StdinTest
from tests.real_model import FOLDER

pytestmark = [pytest.mark.real_model, pytest.mark.slow, pytest.mark.timeout(1200)]

TRIVIAL = {
    "Read an integer and print it.": ("7\n", "7\n"),
    "Read an integer n and print n + 1.": ("7\n", "8\n"),
    "Read an integer n and print 2 * n.": ("7\n", "14\n"),
    "Read two integers on one line and print their sum.": ("3 4\n", "7\n"),
    "Read two integers on one line and print the larger one.": ("3 4\n", "4\n"),
    "Read a word and print it backwards.": ("abc\n", "cba\n"),
    "Read a word and print its length.": ("abc\n", "3\n"),
    "Read a word and print it in capital letters.": ("abc\n", "ABC\n"),
    "Read integers on one line and print how many there are.": ("3 4 5\n", "3\n"),
    "Print the text Hello.": ("", "Hello\n"),
}


@pytest.fixture(scope="module")
def policy() -> HfPolicy:
    return load_hf(str(FOLDER))


async def attempt(sandbox: Sandbox, policy: HfPolicy, name: str, place: int) -> Result:
    statement, (given, expected) = [*TRIVIAL.items()][place]
    tests = (StdinTest(given, expected),)
    problem = Problem(f"trivial-{place}", statement, statement, public_tests=tests)
    options = SearchOptions(n=3, sampling=Sampling(max_step_tokens=64), max_steps=4)
    return await solve(problem, policy, Likelihood(), sandbox, SEARCHES[name], options)


@pytest.mark.parametrize("name", ["best-of-n", "compose", "repair", "tree"])
async def test_a_small_model_is_searched_with(
    sandbox: Sandbox, policy: HfPolicy, name: str
) -> None:
    results = [await attempt(sandbox, policy, name, place) for place in range(len(TRIVIAL))]
    for result in results:
        assert result.failures == ()
        assert 0 < result.spent.completion_tokens <= 3 * 4 * 64 * 2
        assert result.spent.prompt_tokens > 0
        assert result.allowed == 3
    assert any(result.programs for result in results)
