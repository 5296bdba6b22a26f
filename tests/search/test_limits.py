import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.policy import Answer, Request, Sampling
from dreamcode.runs.journal import Journal
from dreamcode.runs.remembered import RememberedPolicy
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import (
    LimitedPolicy,
    LimitReachedError,
    Limits,
)
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, ONE_STEP, RIGHT, WRONG


@given(
    n=st.integers(1, 12),
    tokens=st.none() | st.integers(0, 300),
    calls=st.none() | st.integers(0, 6),
    seed=st.integers(0, 5),
)
async def test_a_search_never_spends_more_than_its_budget(
    n: int, tokens: int | None, calls: int | None, seed: int
) -> None:
    policy = LimitedPolicy(Copyist([RIGHT, WRONG, ONE_STEP]), Limits(tokens, calls))
    drafts = await best_of_n(DOUBLE, policy, Table({}), SearchOptions(n=n, seed=seed), Prunes())
    if tokens is not None:
        assert policy.spent.completion_tokens <= tokens
    if calls is not None:
        assert policy.spent.calls <= calls
    assert (len(drafts) == n) or policy.exhausted or tokens is not None


async def test_requests_under_way_together_cannot_overdraw() -> None:
    inner = Copyist([RIGHT], delay=0.01)
    policy = LimitedPolicy(inner, Limits(tokens=100))
    request = Request(DOUBLE, "", Sampling(max_step_tokens=60), (1,))

    asked = (policy.write(request) for _ in range(4))
    first, second, *refused = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert [type(refusal) for refusal in refused] == [LimitReachedError] * 2
    assert policy.exhausted == "tokens"
    assert [asked.sampling.max_step_tokens for asked in inner.requests] == [60, 40]
    await policy.write(request)  # what was set aside and not used came back


async def test_a_policy_that_is_late_is_cut_off() -> None:
    policy = LimitedPolicy(Copyist([RIGHT], delay=30.0), Limits(seconds=0.05))
    with pytest.raises(LimitReachedError) as refusal:
        await policy.write(Request(DOUBLE, "", Sampling(), (1,)))
    assert refusal.value.limit == "seconds"


async def test_time_that_was_used_before_counts_but_answers_that_are_there_come_all_the_same(
    journal: Journal,
) -> None:
    request = Request(DOUBLE, "", Sampling(), (1,))
    inner = Copyist([RIGHT], delay=0.01)
    known = await RememberedPolicy(inner, journal).write(request)
    late = LimitedPolicy(RememberedPolicy(inner, journal), Limits(seconds=5.0), seconds=6.0)
    assert await late.write(request) == known
    with pytest.raises(LimitReachedError, match="seconds"):
        await late.write(Request(DOUBLE, "", Sampling(), (2,)))


async def test_without_a_deadline_nothing_is_late() -> None:
    answer = await LimitedPolicy(Copyist([RIGHT]), Limits()).write(
        Request(DOUBLE, "", Sampling(), (1, 2))
    )
    assert len(answer.proposals) == 2
