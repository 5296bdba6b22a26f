from collections.abc import Sequence

import pytest

from dreamcode.errors import TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import StepRewards
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import Search, SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Spread, Table, chain
from tests.search.programs import DOUBLE, GUARD


async def sources(
    search: Search,
    policy: Policy,
    reward: Table,
    prunes: Prunes | None = None,
    **options: int,
) -> list[str]:
    drafts = await search(DOUBLE, policy, reward, SearchOptions(**options), prunes or Prunes())  # type: ignore[arg-type]
    return [draft.source for draft in drafts]


async def test_the_planted_program_is_found_where_best_of_n_misses_it_for_the_same_tokens() -> None:
    reward = Table({(2,): 0.9, (2, 1): 0.9, (2, 1, 3): 0.9})
    spent = []
    for search, found in ((beam, True), (best_of_n, False)):
        policy = LimitedPolicy(Spread(options=4, depth=3), Limits())
        programs = await sources(search, policy, reward, n=4, width=1)
        assert len(programs) == 4
        assert (chain(2, 1, 3) in programs) is found
        spent.append(policy.spent.completion_tokens)
    assert spent == [12, 12]


async def test_a_good_chain_with_a_weak_start_needs_the_width() -> None:
    reward = Table({(0,): 0.5, (1,): 0.6, (0, 1): 0.9})
    narrow = await sources(beam, Spread(2, 2), reward, n=4, width=1)
    wide = await sources(beam, Spread(2, 2), reward, n=4, width=2)
    assert chain(0, 1) not in narrow
    assert chain(0, 1) in wide


async def test_drafts_that_differ_in_wording_only_are_scored_and_grown_once() -> None:
    plain = "def main():\n    print(double(int(input())))\n\n\n"
    told = 'def main():\n    """Doubles."""\n    # now\n    print(double(int(input())))\n\n\n'
    end = "def double(x):\n    return 2 * x\n" + GUARD
    policy, reward, prunes = Copyist([plain + end, told + end]), Table({}), Prunes()
    programs = await sources(beam, policy, reward, prunes, n=8, width=4)

    assert len(reward.scored) == 2  # one of the starts, one of the equal programs
    assert [len(call) for call in policy.calls] == [8, 8]
    assert [reason for _, reason in prunes.told] == ["duplicate"] * 7
    assert {source for source, _ in prunes.told} == {plain, told}
    assert programs == [policy.calls[1][0].prefix + end] * 8  # copies are evidence, all come back


async def test_a_finished_chain_keeps_its_place_as_long_as_it_outranks_the_others() -> None:
    policy, prunes = Spread(3, 3, ends=[(0,)]), Prunes()
    reward = Table({(0,): 0.6, (1,): 0.7, (1, 1): 0.5})
    programs = await sources(beam, policy, reward, prunes, n=3, width=2)
    assert programs == [chain(0), *(chain(1, 1, option) for option in range(3))]
    # Of the second round only one is kept: the other place is that of the finished chain.
    assert [call[0].prefix for call in policy.requests] == ["", chain(1), chain(1, 1)]
    assert prunes.told == [(chain(*end), "outranked") for end in ((2,), (1, 0), (1, 2))]


async def test_it_ends_when_everything_kept_is_finished() -> None:
    policy, prunes = Spread(3, 3, ends=[(0,)]), Prunes()
    reward = Table({(0,): 0.6, (1,): 0.5, (1, 0): 1.0})
    assert await sources(beam, policy, reward, prunes, n=3, width=1) == [chain(0)]
    assert len(policy.requests) == 1
    assert prunes.told == [(chain(1), "outranked"), (chain(2), "outranked")]


async def test_a_finished_chain_that_is_outranked_is_handed_back_all_the_same() -> None:
    policy, prunes = Spread(2, 2, ends=[(0,)]), Prunes()
    reward = Table({(0,): 0.2, (1,): 0.5})
    programs = await sources(beam, policy, reward, prunes, n=2, width=1)
    assert programs == [chain(0), chain(1, 0), chain(1, 1)]
    assert prunes.told == []


@pytest.mark.parametrize(
    ("aggregation", "rounds"),
    [("min", 1), ("product", 1), ("last", 2), ("mean", 2), ("log-odds", 2)],
)
async def test_it_stops_once_no_live_chain_can_win_which_only_min_and_product_can_know(
    aggregation: Aggregation, rounds: int
) -> None:
    policy, prunes = Spread(2, 2, ends=[(0,)]), Prunes()
    reward = Table({(0,): 0.8, (1,): 0.7, (1, 0): 0.9}, aggregation=aggregation)
    programs = await sources(beam, policy, reward, prunes, n=2, width=2)
    assert len(policy.requests) == rounds
    assert (chain(1, 0) in programs) is (rounds == 2)
    assert prunes.told == ([(chain(1), "outranked")] if rounds == 1 else [])


@pytest.mark.parametrize("aggregation", ["min", "product"])
async def test_it_goes_on_while_a_live_chain_can_still_win(aggregation: Aggregation) -> None:
    policy = Spread(2, 2, ends=[(0,)])
    reward = Table({(0,): 0.7, (1,): 0.8, (1, 1): 0.95}, aggregation=aggregation)
    assert chain(1, 1) in await sources(beam, policy, reward, n=2, width=2)


async def test_equal_rewards_are_ordered_by_likelihood_and_then_by_who_came_first() -> None:
    async def followed(logprobs: dict[int, float]) -> str:
        policy = Spread(3, 2, logprobs=logprobs)
        await sources(beam, policy, Table({}), n=3, width=1)
        return policy.requests[1][0].prefix

    assert await followed({0: -3.0, 1: -1.0, 2: -2.0}) == chain(1)
    assert await followed({0: -2.0, 1: -2.0, 2: -2.0}) == chain(0)
    assert await followed({1: -2.0, 2: -2.0}) == chain(1)  # an unknown likelihood comes last


async def test_the_reward_of_the_whole_chain_decides_not_that_of_its_last_step() -> None:
    rewards = {(0,): 0.9, (1,): 0.5, (0, 0): 0.6, (0, 1): 0.1, (1, 0): 0.7, (1, 1): 0.1}

    async def best(aggregation: Aggregation) -> str:
        policy = Spread(2, 3)
        await sources(beam, policy, Table(rewards, aggregation=aggregation), n=4, width=2)
        return policy.requests[3][0].prefix

    assert await best("last") == chain(1, 0)
    assert await best("min") == chain(0, 0)


async def test_what_is_too_long_or_beyond_the_budget_is_told() -> None:
    prunes = Prunes()
    assert await sources(beam, Spread(2, 3), Table({}), prunes, n=2, width=1, max_steps=2) == []
    assert prunes.told[-1] == (chain(0, 0), "too many steps")

    prunes = Prunes()
    policy = LimitedPolicy(Spread(2, 3, ends=[(1,)]), Limits(calls=1))
    assert await sources(beam, policy, Table({}), prunes, n=2, width=2) == [chain(1)]
    assert prunes.told == [(chain(0), "no sample")]
    assert policy.exhausted == "calls"


class Narrow(Table):
    """Reads chains of at most `steps` steps."""

    def __init__(self, steps: int) -> None:
        super().__init__({(1,): 0.9})
        self._steps = steps

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        if all(len(draft.steps) > self._steps for draft in drafts):
            raise TooLongError("too long")
        return await super().score(problem, drafts)


async def test_chains_that_outgrow_the_reward_model_do_not_cost_what_is_finished() -> None:
    policy = Spread(2, 3, ends=[(1,)])
    programs = await sources(beam, policy, Narrow(steps=1), n=2, width=2)
    assert chain(1) in programs
    with pytest.raises(TooLongError):
        await sources(beam, policy, Narrow(steps=0), n=2, width=2)
