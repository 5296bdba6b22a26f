import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.policy import Sampling, StepAnswer, StepRequest
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.budget import (
    Budget,
    BudgetedPolicy,
    BudgetExhaustedError,
    DeadlinePolicy,
)
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, ONE_STEP, RIGHT, WRONG


@given(
    n=st.integers(1, 12),
    max_tokens=st.none() | st.integers(0, 300),
    max_calls=st.none() | st.integers(0, 6),
    seed=st.integers(0, 5),
)
async def test_a_search_never_spends_more_than_its_budget(
    n: int, max_tokens: int | None, max_calls: int | None, seed: int
) -> None:
    policy = BudgetedPolicy(Copyist([RIGHT, WRONG, ONE_STEP]), Budget(max_tokens, max_calls))
    drafts = await best_of_n(DOUBLE, policy, Table({}), SearchOptions(n=n, seed=seed), Prunes())
    if max_tokens is not None:
        assert policy.spent.completion_tokens <= max_tokens
    if max_calls is not None:
        assert policy.spent.calls <= max_calls
    assert (len(drafts) == n) or policy.exhausted or max_tokens is not None


async def test_requests_under_way_together_cannot_overdraw() -> None:
    inner = Copyist([RIGHT], delay=0.01)
    policy = BudgetedPolicy(inner, Budget(max_tokens=100))
    request = StepRequest(DOUBLE, "", Sampling(max_step_tokens=60), (1,))

    asked = (policy.propose(request) for _ in range(4))
    first, second, *refused = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(first, StepAnswer)
    assert isinstance(second, StepAnswer)
    assert [type(refusal) for refusal in refused] == [BudgetExhaustedError] * 2
    assert policy.exhausted == "tokens"
    assert [asked.sampling.max_step_tokens for asked in inner.requests] == [60, 40]
    await policy.propose(request)  # what was set aside and not used came back


async def test_a_policy_that_is_late_is_cut_off() -> None:
    policy = DeadlinePolicy(Copyist([RIGHT], delay=30.0), 0.05)
    with pytest.raises(BudgetExhaustedError) as refusal:
        await policy.propose(StepRequest(DOUBLE, "", Sampling(), (1,)))
    assert refusal.value.limit == "seconds"


async def test_without_a_deadline_nothing_is_late() -> None:
    answer = await DeadlinePolicy(Copyist([RIGHT]), None).propose(
        StepRequest(DOUBLE, "", Sampling(), (1, 2))
    )
    assert len(answer.proposals) == 2
