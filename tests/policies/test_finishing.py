"""Whole continuations, and the steps in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.boundary import normalise_step
from dreamcode.chain.parse import parse
from dreamcode.policies.finishing import cut_continuation, normalise_continuation, read_answer
from dreamcode.policies.policy import STEP_TOKENS, Ending, Request, Sampling
from dreamcode.prompting import Grain
from dreamcode.search.limits import (
    LimitedPolicy,
    LimitReachedError,
    Limits,
)
from tests.policies.asking import finish
from tests.policies.copyist import Copyist
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, RIGHT

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


@given(st.sampled_from([RIGHT, ONE_STEP, LOOSE]), st.data())
def test_a_continuation_cut_into_steps_is_all_there(program: str, data: st.DataObject) -> None:
    chain = parse(program)
    prefix = data.draw(st.sampled_from(list(chain.prefixes()))).source
    steps = cut_continuation(prefix, program[len(prefix) :])
    assert prefix + "".join(steps) == program
    behind = [step.source for step in chain.steps[len(parse(prefix).steps) :]]
    assert steps == (behind or [""])


def test_a_program_is_read_out_of_a_free_answer() -> None:
    told = f"I read first.\n```python\n{LOOSE}```\nThat is all.\n"
    assert read_answer(told) == (normalise_continuation("", LOOSE, finished=True), True)
    assert read_answer("I do not know.") == ("", False)


async def test_budgets_hold_for_whole_programs() -> None:
    words = len(RIGHT.split())
    policy = LimitedPolicy(Copyist([RIGHT]), Limits(tokens=words + 20))
    request = Request(DOUBLE, "", Sampling(), 0)
    for ending in (Ending.PROGRAM, Ending.LENGTH):  # 20 are left
        [proposal], _ = await finish(policy, request)
        assert proposal.ending is ending
    assert policy.spent.completion_tokens == words + 20
    with pytest.raises(LimitReachedError, match="tokens"):
        await finish(policy, request)
    late = LimitedPolicy(Copyist([RIGHT], delay=30.0), Limits(seconds=0.05))
    with pytest.raises(LimitReachedError, match="seconds"):
        await finish(late, request)


def test_a_request_says_what_a_sample_may_take() -> None:
    def most(until: Grain, sampling: int | None, room: int | None) -> int | None:
        return Request(
            DOUBLE, "", Sampling(max_step_tokens=sampling), 0, until, room=room
        ).most_tokens

    assert most("step", None, None) == STEP_TOKENS
    assert most("program", None, None) is None
    assert most("auto", None, None) is None
    assert most("program", None, 70) == most("step", None, 70) == most("step", 90, 70) == 70
    assert most("program", 50, 70) == most("step", 50, 70) == 50
    assert most("program", 5000, None) == most("step", 5000, None) == 5000
