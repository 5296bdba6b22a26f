"""What holds for every search."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.errors import InputError
from dreamcode.policies.policy import Ending, Sampling
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import Pruning, SearchOptions
from dreamcode.search.search_names import SEARCHES
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table, chain
from tests.search.programs import DOUBLE, GUARD, MAIN, ONE_STEP, READ, RIGHT, WRONG

PROGRAMS = [
    RIGHT,
    WRONG,
    ONE_STEP,
    chain(1, 2, 3, 4),
    chain(1, 3),
    MAIN + "# the input\n" + READ + "def double(number):\n    return 2 + number\n" + GUARD,
]
ALONE = sorted({*SEARCHES} - {"compose"})
"""What searches without evidence too."""

NAMES = st.sampled_from(ALONE)
GUIDED = ("beam", "diverse-beam", "particles")
COUNTING = ("best-of-n", "repair", "tree")


class Hashed(Table):
    """Rewards that look random: of a table nobody would want to write."""

    def __init__(self) -> None:
        super().__init__({})

    async def score(self, problem, drafts):  # type: ignore[no-untyped-def]
        return [
            tuple(
                sum(map(ord, "".join(draft.steps[:length]))) % 97 / 97
                for length in range(1, len(draft.steps) + 1)
            )
            for draft in drafts
        ]


def starts_of(source: str) -> list[str]:
    """Every beginning of a text."""
    return [source[:length] for length in range(len(source) + 1)]


@given(
    name=NAMES,
    n=st.integers(1, 12),
    width=st.integers(1, 6),
    seed=st.integers(0, 5),
    max_steps=st.integers(1, 5),
    calls=st.none() | st.integers(0, 6),
    max_step_tokens=st.sampled_from([7, 1024]),
)
async def test_every_draft_is_finished_or_grown_or_dropped_with_a_reason(
    name: str,
    n: int,
    width: int,
    seed: int,
    max_steps: int,
    calls: int | None,
    max_step_tokens: int,
) -> None:
    inner, prunes = Copyist(PROGRAMS), Prunes()
    policy = LimitedPolicy(inner, Limits(calls=calls))
    options = SearchOptions(
        n, Sampling(max_step_tokens=max_step_tokens), seed=seed, max_steps=max_steps, width=width
    )
    programs = await SEARCHES[name].search(DOUBLE, policy, Hashed(), options, prunes)

    written = len(inner.requests)
    starts = {"beam": 1, "diverse-beam": min(n, width)}.get(name, n)
    grown = {
        "beam": len(inner.calls),
        "diverse-beam": written // (n // min(n, width)),
    }.get(name, written)
    if name == "particles":  # which may stand at one draft together
        gone = {source for source, _ in prunes.told} | {draft.source for draft in programs}
        steps = [request.prefix for request in inner.requests]
        assert {*steps} <= {"", *(source for one in gone for source in starts_of(one))}
        assert len(programs) + len(prunes.told) <= 1 + written
    else:
        assert starts + written == grown + len(programs) + len(prunes.told)
    assert {reason for _, reason in prunes.told} <= set(Pruning)
    assert all(draft.ending is Ending.PROGRAM for draft in programs)

    # A round writes at most n steps: prefixes of a round are of one length.
    rounds: Counter[int] = Counter()
    for request in inner.requests:
        rounds[request.prefix.count("def ")] += 1
    assert all(steps <= n for steps in rounds.values())
    assert len(rounds) <= max_steps


@given(name=NAMES, n=st.integers(1, 12), tokens=st.integers(0, 300), calls=st.integers(0, 6))
async def test_no_search_spends_more_than_its_budget(
    name: str, n: int, tokens: int, calls: int
) -> None:
    policy = LimitedPolicy(Copyist(PROGRAMS), Limits(tokens, calls))
    await SEARCHES[name].search(DOUBLE, policy, Hashed(), SearchOptions(n), Prunes())
    assert policy.spent.completion_tokens <= tokens
    assert policy.spent.calls <= calls


@pytest.mark.parametrize("name", ALONE)
async def test_the_same_seed_gives_the_same_search_and_another_one_another(
    name: str,
) -> None:
    async def asked(seed: int) -> tuple[object, ...]:
        policy, prunes = Copyist(PROGRAMS), Prunes()
        options = SearchOptions(n=8, seed=seed)
        programs = await SEARCHES[name].search(DOUBLE, policy, Hashed(), options, prunes)
        return tuple(programs), tuple(policy.requests), tuple(prunes.told)

    assert await asked(1) == await asked(1)
    assert len({(await asked(seed))[0] for seed in range(5)}) > 1


@pytest.mark.parametrize("name", GUIDED)
async def test_a_search_that_prunes_wants_a_reward_that_judges_prefixes(name: str) -> None:
    policy = Copyist(PROGRAMS)
    orm = Table({}, judges="programs")
    with pytest.raises(InputError, match=r"(?s)table.*--search best-of-n"):
        await SEARCHES[name].search(DOUBLE, policy, orm, SearchOptions(), Prunes())
    assert policy.requests == []
    drafts = await SEARCHES["best-of-n"].search(DOUBLE, policy, orm, SearchOptions(n=3), Prunes())
    assert len(drafts) == 3


@pytest.mark.parametrize("name", GUIDED)
async def test_a_reward_that_knows_nothing_is_no_guide(name: str) -> None:
    with pytest.raises(InputError, match=r"log-likelihoods.*--search best-of-n"):
        await SEARCHES[name].search(
            DOUBLE, Copyist(PROGRAMS), Table({}, other=None), SearchOptions(), Prunes()
        )


@pytest.mark.parametrize("name", ALONE)
async def test_a_step_that_does_not_fit_is_dropped_and_told(name: str) -> None:
    prunes = Prunes()
    options = SearchOptions(n=4, sampling=Sampling(max_step_tokens=2))
    assert await SEARCHES[name].search(DOUBLE, Copyist([RIGHT]), Table({}), options, prunes) == []
    assert [reason for _, reason in prunes.told] == ["step too long"] * 4
