from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, Sampling
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, READ, RIGHT, WRONG


async def sample(policy: Policy, options: SearchOptions) -> list[Draft]:
    reward = Table({})
    drafts = await best_of_n(DOUBLE, policy, reward, options, Prunes())
    assert reward.scored == []  # nothing is pruned, so nothing is asked
    return drafts


async def test_every_sample_is_finished_function_by_function() -> None:
    policy = Copyist([RIGHT, WRONG, ONE_STEP])
    drafts = await sample(policy, SearchOptions(n=12))
    assert len(drafts) == 12
    assert {draft.source for draft in drafts} == {RIGHT, WRONG, ONE_STEP}
    assert {len(draft.proposals) for draft in drafts} == {1, 3}


async def test_samples_with_the_same_text_share_one_request() -> None:
    policy = Copyist([RIGHT, WRONG])
    await sample(policy, SearchOptions(n=8))
    assert [{request.prefix for request in call} for call in policy.calls] == [
        {""}, {MAIN}, {MAIN + READ},
    ]  # fmt: skip
    assert [len(call) for call in policy.calls] == [8, 8, 8]
    assert len({request.seed for request in policy.requests}) == 24


async def test_the_same_seed_gives_the_same_programs_and_another_one_others() -> None:
    async def sources(seed: int) -> list[str]:
        options = SearchOptions(n=12, seed=seed)
        return [d.source for d in await sample(Copyist([RIGHT, WRONG]), options)]

    assert await sources(1) == await sources(1)
    assert len({tuple(await sources(seed)) for seed in range(4)}) > 1


async def test_more_samples_leave_the_first_ones_as_they_were() -> None:
    few = await sample(Copyist([RIGHT, WRONG]), SearchOptions(n=4))
    many = await sample(Copyist([RIGHT, WRONG]), SearchOptions(n=9))
    assert [draft.source for draft in many[:4]] == [draft.source for draft in few]


async def test_chains_that_are_too_long_or_cut_off_are_dropped() -> None:
    policy = Copyist([RIGHT, ONE_STEP])
    short = await sample(policy, SearchOptions(n=12, max_steps=2))
    assert {draft.source for draft in short} == {ONE_STEP}
    cut = await sample(policy, SearchOptions(n=4, sampling=Sampling(max_step_tokens=2)))
    assert cut == []


async def test_a_budget_that_runs_out_returns_what_is_finished() -> None:
    policy = LimitedPolicy(Copyist([RIGHT, ONE_STEP]), Limits(calls=1))
    drafts = await sample(policy, SearchOptions(n=12))
    assert {draft.source for draft in drafts} == {ONE_STEP}
    assert all(draft.ending is Ending.PROGRAM for draft in drafts)
    assert policy.exhausted == "calls"
    assert policy.spent.calls == 1
