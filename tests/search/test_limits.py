"""What a search may use: never overdrawn, and nobody is refused what others give back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Sampling, Usage
from dreamcode.prompting import Grain
from dreamcode.runs.journal import Journal, read_records
from dreamcode.runs.remembered import RememberedPolicy
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LEAST_TOKENS, LimitedPolicy, LimitReachedError, Limits
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, MAIN, ONE_STEP, RIGHT, WRONG


@given(
    n=st.integers(1, 12),
    tokens=st.none() | st.integers(0, 300),
    calls=st.none() | st.integers(0, 6),
    seed=st.integers(0, 5),
    grain=st.sampled_from(["step", "program"]),
    wanted=st.sampled_from([None, 40]),
)
async def test_a_search_never_spends_more_than_its_budget(
    n: int, tokens: int | None, calls: int | None, seed: int, grain: Grain, wanted: int | None
) -> None:
    policy = LimitedPolicy(Copyist([RIGHT, WRONG, ONE_STEP]), Limits(tokens, calls))
    options = SearchOptions(n, Sampling(max_step_tokens=wanted), grain, seed=seed)
    drafts = await best_of_n(DOUBLE, policy, Table({}), options, Prunes())
    if tokens is not None:
        assert policy.spent.completion_tokens <= tokens
    if calls is not None:
        assert policy.spent.calls <= calls
    assert (len(drafts) == n) or policy.exhausted or tokens is not None


def ask(seed: int, most: int | None = 60, prefix: str = "") -> Request:
    return Request(DOUBLE, prefix, Sampling(max_step_tokens=most), seed)


async def test_who_finds_too_little_room_waits_for_what_others_give_back() -> None:
    inner = Copyist([RIGHT], delay=0.01)
    step = len(MAIN.split())
    policy = LimitedPolicy(inner, Limits(tokens=100 + 2 * step))
    answers = await asyncio.gather(*(policy.write(ask(seed)) for seed in range(4)))
    assert all(answer.proposal.ending is Ending.STEP for answer in answers)
    # One at a time, for two would not fit; the rest of each goes to the next.
    assert [request.room for request in inner.requests] == [60, 60, 60, 60]
    assert [len(call) for call in inner.calls] == [1, 1, 1, 1]
    assert policy.exhausted is None
    assert policy.spent.completion_tokens == 4 * step


async def test_the_last_is_capped_to_what_is_left_and_then_there_is_no_more() -> None:
    words = len(RIGHT.split())
    inner = Copyist([RIGHT], delay=0.001)
    policy = LimitedPolicy(inner, Limits(tokens=2 * words + LEAST_TOKENS))
    asked = [
        policy.write(Request(DOUBLE, "", Sampling(max_step_tokens=60), seed, until="program"))
        for seed in range(5)
    ]
    *came, fourth, fifth = await asyncio.gather(*asked, return_exceptions=True)
    assert [one.proposal.ending for one in came if isinstance(one, Answer)] == [
        Ending.PROGRAM, Ending.PROGRAM, Ending.LENGTH,
    ]  # fmt: skip
    assert inner.requests[-1].room == LEAST_TOKENS
    assert [type(one) for one in (fourth, fifth)] == [LimitReachedError] * 2
    assert policy.exhausted == "tokens"
    assert policy.spent.completion_tokens == 2 * words + LEAST_TOKENS


async def test_a_limit_sets_no_bound_where_there_is_none() -> None:
    inner = Copyist([RIGHT])
    await LimitedPolicy(inner, Limits(calls=5)).write(ask(1, None))
    await LimitedPolicy(inner, Limits(tokens=9000)).write(ask(1, None))
    assert [request.room for request in inner.requests] == [None, 1024]


class Uneven:
    """Takes as long and as many tokens as a sample's place says; calls are shared by moment."""

    name = "uneven"
    grain: Grain = "step"

    def __init__(self, samples: Sequence[tuple[int, int, bool]]) -> None:
        """Of each sample its ticks, its tokens, and whether it fails."""
        self._samples = samples
        self.under_way = 0
        self.reserved = 0
        self.most_reserved = 0
        self.spent = 0

    async def write(self, request: Request) -> Answer:
        ticks, tokens, fails = self._samples[request.seed]
        room = request.most_tokens or 0
        self.under_way += 1
        self.reserved += room
        self.most_reserved = max(self.most_reserved, self.reserved + self.spent)
        try:
            for _ in range(ticks):
                await asyncio.sleep(0)
            if fails:
                raise asyncio.CancelledError
        finally:
            self.reserved -= room
            self.under_way -= 1
        taken = min(room, tokens)
        self.spent += taken
        ending = Ending.STEP if tokens <= room else Ending.LENGTH
        return Answer(Proposal("x", ending, taken), Usage(1, 1, taken))

    async def close(self) -> None:
        pass


@given(
    samples=st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 50), st.booleans()), min_size=1, max_size=12
    ),
    tokens=st.integers(0, 300),
    calls=st.none() | st.integers(0, 12),
    moments=st.lists(st.integers(0, 3), min_size=12, max_size=12),
    wanted=st.integers(1, 50),
)
async def test_waiting_for_room_neither_overdraws_nor_refuses_early_nor_lasts_for_ever(
    samples: list[tuple[int, int, bool]],
    tokens: int,
    calls: int | None,
    moments: list[int],
    wanted: int,
) -> None:
    inner = Uneven(samples)
    policy = LimitedPolicy(inner, Limits(tokens, calls))
    refused: list[str] = []

    async def write(seed: int) -> None:
        for _ in range(moments[seed]):
            await asyncio.sleep(0)
        try:
            await policy.write(ask(seed, wanted, prefix=str(seed)))
        except LimitReachedError as refusal:
            refused.append(refusal.limit)
            # Nobody is under way who could still give room back, and there is too little.
            assert not inner.under_way
            if refusal.limit == "tokens":
                assert tokens - policy.spent.completion_tokens < min(wanted, LEAST_TOKENS)
            else:
                assert policy.spent.calls == calls

    written = asyncio.gather(*map(write, range(len(samples))), return_exceptions=True)
    ends = await asyncio.wait_for(written, timeout=5)
    assert {type(end) for end in ends} <= {type(None), asyncio.CancelledError}
    assert inner.most_reserved <= tokens
    assert policy.spent.completion_tokens == inner.spent <= tokens
    if calls is not None:
        assert policy.spent.calls <= calls
    assert (policy.exhausted is None) == (not refused)


async def test_calls_that_others_have_under_way_are_waited_for_too() -> None:
    """One that fails gives its call back."""
    inner = Uneven([(3, 5, True), (1, 5, False), (1, 5, False)])
    policy = LimitedPolicy(inner, Limits(calls=1))
    asked = (policy.write(ask(seed, prefix=str(seed))) for seed in range(3))
    failed, second, third = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(failed, asyncio.CancelledError)
    assert isinstance(second, Answer)
    assert isinstance(third, LimitReachedError)


async def test_who_waits_while_a_call_is_under_way_has_no_part_in_it() -> None:
    """Else those who waited for tokens would take calls that nobody counted."""
    inner = Copyist([RIGHT], delay=0.001)
    policy = LimitedPolicy(inner, Limits(tokens=130, calls=1))
    asked = (policy.write(ask(seed)) for seed in range(6))
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(end) for end in ends] == [Answer] * 2 + [LimitReachedError] * 4
    assert policy.exhausted == "calls"
    assert policy.spent.calls == len(inner.calls) == 1


async def test_requests_of_one_moment_take_the_room_of_one_call() -> None:
    inner = Copyist([RIGHT])
    policy = LimitedPolicy(inner, Limits(calls=1))
    await asyncio.gather(*(policy.write(ask(seed)) for seed in range(5)))
    assert [len(call) for call in inner.calls] == [5]
    with pytest.raises(LimitReachedError, match="calls"):
        await policy.write(ask(6))


async def test_a_policy_that_is_late_is_cut_off_and_so_is_who_waits_for_it() -> None:
    policy = LimitedPolicy(Copyist([RIGHT], delay=30.0), Limits(tokens=70, seconds=0.05))
    asked = (policy.write(ask(seed)) for seed in range(2))
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert [getattr(end, "limit", None) for end in ends] == ["seconds", "seconds"]


async def test_time_that_was_used_before_counts_but_answers_that_are_there_come_all_the_same(
    journal: Journal,
) -> None:
    inner = Copyist([RIGHT], delay=0.01)
    known = await RememberedPolicy(inner, journal).write(ask(1))
    limits = Limits(tokens=100, seconds=5.0)
    late = LimitedPolicy(RememberedPolicy(inner, journal), limits, seconds=6.0)
    assert await late.write(ask(1)) == known
    with pytest.raises(LimitReachedError, match="seconds"):
        await late.write(ask(2))


async def test_without_a_deadline_nothing_is_late() -> None:
    policy = LimitedPolicy(Copyist([RIGHT], delay=0.05), Limits())
    assert (await policy.write(ask(1))).proposal.text == MAIN


class Late(Copyist):
    """Samples that shared a call come one after the other."""

    async def write(self, request: Request) -> Answer:
        answer = await super().write(request)
        for _ in range(request.seed % 7):
            await asyncio.sleep(0)
        return answer


@given(
    n=st.integers(1, 8),
    limits=st.builds(Limits, st.none() | st.integers(0, 400), st.none() | st.integers(0, 8)),
    grain=st.sampled_from(["step", "program"]),
    wanted=st.sampled_from([None, 25, 40]),
)
async def test_a_resumed_search_repeats_nothing_although_its_room_differs(
    tmp_path_factory: pytest.TempPathFactory,
    n: int,
    limits: Limits,
    grain: Grain,
    wanted: int | None,
) -> None:
    """The first run has requests under way together, the second gets each answer at once."""
    path: Path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    options = SearchOptions(n, Sampling(max_step_tokens=wanted), grain)
    seen: list[object] = []
    inner = Late([RIGHT, WRONG, ONE_STEP])
    rooms: list[list[int | None]] = []
    for _ in range(2):
        journal = Journal(path)
        policy = LimitedPolicy(RememberedPolicy(inner, journal), limits)
        drafts = await best_of_n(DOUBLE, policy, Table({}), options, Prunes())
        journal.close()
        seen.append((drafts, policy.spent, policy.exhausted))
        rooms.append([request.room for request in inner.requests])
    assert rooms[0] == rooms[1]  # the policy was asked nothing more
    assert seen[0] == seen[1]
    keys = [record.key for record in read_records(path)[0]]
    assert len(keys) == len(set(keys))
