"""Programs written in one answer, cut into steps afterwards."""

import pytest
from dreamcode.search.whole_programs import cut_into_steps, whole_programs
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Ending, Proposal, Sampling
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import Pruning, SearchOptions
from tests.policies.server import ModelServer
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, READ, RIGHT, WRONG

PROGRAMS = {DOUBLE.statement: [RIGHT, WRONG, ONE_STEP]}


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
    draft = cut_into_steps(proposal)
    assert draft.source == text
    assert draft.ending is ending
    assert sum(step.tokens for step in draft.proposals) == tokens
    if logprob is not None and tokens:
        assert draft.mean_logprob == pytest.approx(logprob / tokens)
    assert all(step.ending is Ending.STEP for step in draft.proposals[:-1])


@pytest.mark.parametrize("manners", [{}, {"ignores": ("prefill",)}, {"endpoint": "completions"}])
async def test_whole_programs_are_found_in_free_answers(manners: dict[str, object]) -> None:
    endpoint = manners.pop("endpoint", "chat") if "endpoint" in manners else "chat"
    with ModelServer(PROGRAMS, **manners) as server:
        policy = open_openai("tiny", base_url=server.url, endpoint=endpoint)  # type: ignore[arg-type]
        options = SearchOptions(6, Sampling(max_step_tokens=400), seed=1)
        drafts = await whole_programs(DOUBLE, policy, Likelihood(), options, lambda *_: None)
        await policy.close()
    assert len(server.bodies) == 1
    body = server.bodies[0]
    assert "stop" not in body
    if endpoint == "chat":
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "Strategy" not in str(body)  # nothing of chains of functions
    assert {draft.source for draft in drafts} == {RIGHT, WRONG, ONE_STEP}
    steps = {draft.source: draft.steps for draft in drafts}
    assert steps[RIGHT][:2] == (MAIN, READ)
    assert all(draft.mean_logprob is not None for draft in drafts)


async def test_an_answer_that_is_cut_off_before_its_program_is_dropped() -> None:
    with ModelServer(PROGRAMS) as server:
        policy = open_openai("tiny", base_url=server.url)
        dropped: list[str] = []
        options = SearchOptions(4, Sampling(max_step_tokens=3))
        drafts = await whole_programs(
            DOUBLE, policy, Likelihood(), options, lambda _, reason: dropped.append(reason)
        )
        await policy.close()
    assert drafts == []
    assert dropped == [Pruning.CUT_OFF] * 4


async def test_without_room_in_the_budget_nothing_is_written() -> None:
    with ModelServer(PROGRAMS) as server:
        policy = LimitedPolicy(open_openai("tiny", base_url=server.url), Limits(calls=0))
        options = SearchOptions(4, Sampling(max_step_tokens=300))
        assert await whole_programs(DOUBLE, policy, Likelihood(), options, lambda *_: None) == []
        await policy.close()
    assert policy.exhausted == "calls"
    assert server.bodies == []
