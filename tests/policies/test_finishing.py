"""Whole continuations made of steps."""

import pytest

from dreamcode.chain.boundary import normalise_step
from dreamcode.chain.parse import parse
from dreamcode.policies.finishing import normalise_continuation, write_by_steps
from dreamcode.policies.policy import Ending, Request, Sampling
from dreamcode.search.limits import (
    LimitedPolicy,
    LimitReachedError,
    Limits,
)
from tests.policies.asking import finish
from tests.policies.copyist import Copyist
from tests.search.programs import DOUBLE, GUARD, MAIN, ONE_STEP, READ, RIGHT, WRONG

LOOSE = (
    "import sys\ndef main():\n    print(f(1))\n\n\n\n\n# of one\n@cache\ndef f(x):\n    return x\n"
    'def g():\n    pass\n\nif __name__ == "__main__":\n    main()\n\n\n'
)


def test_the_steps_of_a_continuation_end_as_if_proposed_alone() -> None:
    tidy = normalise_continuation("", LOOSE, finished=True)
    steps = [step.source for step in parse(tidy).steps]
    assert [step.name for step in parse(tidy).steps] == ["main", "f", "g"]
    assert steps[:-1] == [normalise_step(step) for step in steps[:-1]]
    assert steps[-1] == normalise_step(steps[-1], last=True)
    assert "".join(tidy.split()) == "".join(LOOSE.split())
    assert normalise_continuation("", tidy, finished=True) == tidy


@pytest.mark.parametrize("program", [RIGHT, ONE_STEP, RIGHT + "\n\n"])
def test_every_prefix_and_its_continuation_are_the_program(program: str) -> None:
    whole = normalise_continuation("", program, finished=True)
    for chain in parse(whole).prefixes():
        rest = whole[len(chain.source) :]
        assert chain.source + normalise_continuation(chain.source, rest, finished=True) == whole


def test_what_is_not_finished_keeps_its_end() -> None:
    text = "def f():\n    pass\ndef g():\n    x = ("
    tidy = normalise_continuation(MAIN, text, finished=False)
    assert tidy == "def f():\n    pass\n\n\ndef g():\n    x = ("
    assert normalise_continuation(MAIN, "", finished=True) == ""


async def test_steps_are_joined_to_whole_programs() -> None:
    policy = Copyist([RIGHT, WRONG, ONE_STEP])
    answer = await write_by_steps(policy, Request(DOUBLE, "", Sampling(), tuple(range(12))))
    assert {proposal.text for proposal in answer.proposals} == {RIGHT, WRONG, ONE_STEP}
    for proposal in answer.proposals:
        words = len(proposal.text.split())
        assert proposal.ending is Ending.PROGRAM
        assert (proposal.tokens, proposal.scored_tokens) == (words, words)
        assert proposal.logprob == pytest.approx(-0.1 * words)
    assert answer.usage.calls == len(policy.requests) < 12
    assert answer.usage.completion_tokens == sum(p.tokens for p in answer.proposals)


async def test_a_continuation_goes_on_behind_its_prefix() -> None:
    request = Request(DOUBLE, MAIN + READ, Sampling(), (0, 1))
    answer = await write_by_steps(Copyist([RIGHT, WRONG]), request)
    assert [MAIN + READ + proposal.text for proposal in answer.proposals] == [RIGHT, WRONG]


async def test_a_sample_depends_on_its_seed_alone() -> None:
    async def texts(*seeds: int) -> list[str]:
        policy = Copyist([RIGHT, WRONG, ONE_STEP])
        answer = await write_by_steps(policy, Request(DOUBLE, "", Sampling(), seeds))
        return [proposal.text for proposal in answer.proposals]

    together = await texts(*range(8))
    assert [text for seed in reversed(range(8)) for text in await texts(seed)] == together[::-1]


async def test_the_limit_holds_for_the_whole_continuation() -> None:
    words = len((MAIN + READ).split()) + 1
    request = Request(DOUBLE, "", Sampling(max_step_tokens=words), (0,))
    [proposal] = (await write_by_steps(Copyist([RIGHT]), request)).proposals
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == words
    assert proposal.text.startswith(MAIN + READ)
    exact = Sampling(max_step_tokens=len(RIGHT.split()))
    [proposal] = (
        await write_by_steps(Copyist([RIGHT]), Request(DOUBLE, "", exact, (0,)))
    ).proposals
    assert proposal.ending is Ending.PROGRAM
    assert proposal.text.endswith(GUARD)


async def test_budgets_hold_for_whole_programs() -> None:
    words = len(RIGHT.split())
    policy = LimitedPolicy(Copyist([RIGHT]), Limits(tokens=words + 20))
    request = Request(DOUBLE, "", Sampling(), (0,))
    assert (await finish(policy, request)).proposals[0].ending is Ending.PROGRAM
    assert (await finish(policy, request)).proposals[0].ending is Ending.LENGTH  # 20 are left
    assert policy.spent.completion_tokens == words + 20
    with pytest.raises(LimitReachedError, match="tokens"):
        await finish(policy, request)
    late = LimitedPolicy(Copyist([RIGHT], delay=30.0), Limits(seconds=0.05))
    with pytest.raises(LimitReachedError, match="seconds"):
        await finish(late, request)
