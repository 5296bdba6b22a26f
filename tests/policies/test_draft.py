"""Drafts grow by a step, or by all that an answer holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.draft import Draft, cut_into_steps
from dreamcode.policies.policy import Ending, Proposal
from tests.search.programs import MAIN, ONE_STEP, READ, RIGHT, WRONG

HEAD = "class Solution:\n    def double(self, n):\n        return self.twice(n)\n\n"
METHODS = [
    "    def twice(self, n):\n        return self.add(n, n)\n\n",
    "    def add(self, a, b):\n        return a + b\n",
]


@given(
    st.sampled_from([RIGHT, WRONG, ONE_STEP, "", "x = 1\n", "def main(:\n"]),
    st.integers(0, 500),
    st.none() | st.floats(-300, 0),
    st.sampled_from(Ending),
)
def test_cutting_shares_out_everything(
    text: str, tokens: int, logprob: float | None, ending: Ending
) -> None:
    proposal = Proposal(text, ending, tokens, logprob, 0 if logprob is None else tokens)
    steps = cut_into_steps(proposal)
    draft = Draft(steps)
    assert draft.source == text
    assert draft.ending is ending
    assert sum(step.tokens for step in steps) == tokens
    if logprob is not None and tokens:
        assert draft.mean_logprob == pytest.approx(logprob / tokens)
    assert all(step.ending is Ending.STEP for step in steps[:-1])


def test_a_step_stays_one_and_the_rest_of_a_program_becomes_its_steps() -> None:
    begun = Draft().extend(Proposal(MAIN, Ending.STEP, 5))
    rest = Proposal(RIGHT[len(MAIN) :], Ending.PROGRAM, 30)
    assert begun.extend(rest).steps == (MAIN, rest.text)
    whole = begun.extend(rest, "program")
    assert whole.steps[:2] == (MAIN, READ)
    assert len(whole.steps) == 3
    assert (whole.source, whole.ending) == (RIGHT, Ending.PROGRAM)
    assert [step.ending for step in whole.proposals[:2]] == [Ending.STEP] * 2
    assert Draft().extend(Proposal(RIGHT, Ending.PROGRAM, 30), "auto").steps == whole.steps


def test_methods_are_steps_behind_the_head_of_their_class() -> None:
    begun = Draft().extend(Proposal(HEAD, Ending.STEP, 5))
    whole = begun.extend(Proposal("".join(METHODS), Ending.PROGRAM, 20), "program")
    assert whole.steps == (HEAD, *METHODS)
