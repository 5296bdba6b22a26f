from dreamcode.search.beam import beam
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Spread, Table, chain
from tests.search.programs import DOUBLE, RIGHT, WRONG


async def test_a_subtree_follows_its_own_best_even_where_others_have_better_ones() -> None:
    reward = Table({(0,): 0.9, (1,): 0.8, (2,): 0.1, (3,): 0.2})

    async def followed(search: object) -> set[str]:
        policy = Spread(4, 2)
        await search(DOUBLE, policy, reward, SearchOptions(n=4, width=2), Prunes())  # type: ignore[operator]
        return {call[0].prefix for call in policy.requests[1:]}

    assert await followed(diverse_beam) == {chain(0), chain(3)}
    assert await followed(beam) == {chain(0), chain(1)}


async def test_a_subtree_finds_what_its_reward_leads_to() -> None:
    reward = Table({(2,): 0.9, (2, 1): 0.9, (2, 1, 3): 0.9})
    options = SearchOptions(n=8, width=2)
    programs = await diverse_beam(DOUBLE, Spread(4, 3), reward, options, Prunes())
    assert chain(2, 1, 3) in [draft.source for draft in programs]


async def test_subtrees_at_one_text_share_a_request_and_draw_different_samples() -> None:
    policy = Copyist([RIGHT, WRONG])  # whose first two steps are the same for all
    await diverse_beam(DOUBLE, policy, Table({}), SearchOptions(n=8, width=4), Prunes())
    assert [len(call) for call in policy.calls] == [8, 8, 8]
    assert all(len({request.seed for request in call}) == 8 for call in policy.calls)


async def test_a_subtree_ends_with_its_best_finished_and_leaves_the_others_be() -> None:
    policy, prunes = Spread(4, 2, ends=[(0,), (2,)]), Prunes()
    reward = Table({(0,): 0.9, (1,): 0.8, (2,): 0.3, (3,): 0.4})
    programs = await diverse_beam(DOUBLE, policy, reward, SearchOptions(n=4, width=2), prunes)
    # Subtree 0 ends with (0,); subtree 1 follows (3,), and (2,), finished, is handed back too.
    assert [draft.source for draft in programs] == [chain(0), chain(2), chain(3, 0), chain(3, 1)]
    assert prunes.told == [(chain(1), "outranked")]


async def test_there_are_no_more_subtrees_than_samples() -> None:
    policy = Spread(1, 2)
    programs = await diverse_beam(DOUBLE, policy, Table({}), SearchOptions(n=2, width=9), Prunes())
    assert len(programs) == 2


async def test_what_does_not_get_to_its_end_is_told() -> None:
    prunes = Prunes()
    options = SearchOptions(n=4, width=2, max_steps=1)
    assert await diverse_beam(DOUBLE, Spread(4, 2), Table({}), options, prunes) == []
    assert sorted(prunes.told) == [
        (chain(0), "too many steps"), (chain(1), "outranked"),
        (chain(2), "too many steps"), (chain(3), "outranked"),
    ]  # fmt: skip
