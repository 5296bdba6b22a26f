"""Programs that a server writes in one free answer, cut into steps afterwards."""

import pytest

from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Sampling
from dreamcode.policies.server_options import Endpoint, ServerOptions
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import Pruning, SearchOptions
from tests.policies.server import ModelServer
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, READ, RIGHT, WRONG

PROGRAMS = {DOUBLE.statement: [RIGHT, WRONG, ONE_STEP]}


@pytest.mark.parametrize("ignores", [(), ("prefill",)])
@pytest.mark.parametrize("endpoint", ["chat", "completions"])
async def test_whole_programs_are_found_in_free_answers(
    endpoint: Endpoint, ignores: tuple[str, ...]
) -> None:
    with ModelServer(PROGRAMS, ignores=ignores) as server:
        policy = open_openai("tiny", ServerOptions((server.url,), endpoint=endpoint))
        options = SearchOptions(6, Sampling(max_step_tokens=400), "program", "plain", seed=1)
        drafts = await best_of_n(DOUBLE, policy, Likelihood(), options, lambda *_: None)
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
        policy = open_openai("tiny", ServerOptions((server.url,)))
        dropped: list[str] = []
        options = SearchOptions(4, Sampling(max_step_tokens=3), "program", "plain")
        drafts = await best_of_n(
            DOUBLE, policy, Likelihood(), options, lambda _, reason: dropped.append(reason)
        )
        await policy.close()
    assert drafts == []
    assert dropped == [Pruning.CUT_OFF] * 4


async def test_without_room_in_the_budget_nothing_is_written() -> None:
    with ModelServer(PROGRAMS) as server:
        policy = LimitedPolicy(open_openai("tiny", ServerOptions((server.url,))), Limits(calls=0))
        options = SearchOptions(4, Sampling(max_step_tokens=300), "program", "plain")
        assert await best_of_n(DOUBLE, policy, Likelihood(), options, lambda *_: None) == []
        await policy.close()
    assert policy.exhausted == "calls"
    assert server.bodies == []
