"""Samples that a policy could not give: the search goes on with what it has, and says so."""

import asyncio
from collections.abc import Callable

import pytest

from dreamcode.choosing import Choosing
from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.policy import Answer, Request, Sampling, derive_seed
from dreamcode.prompting import Grain
from dreamcode.results import Result
from dreamcode.runs.journal import Journal
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits, SampleFailedError
from dreamcode.search.search import Pruning, SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import solve
from dreamcode_sandbox.cases import Sandbox
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, MAIN, READ, RIGHT, WRONG


class Failing(Copyist):
    """Fails where `fails` says so, after so many ticks."""

    def __init__(self, fails: Callable[[Request], bool], ticks: int = 0) -> None:
        super().__init__([RIGHT, WRONG])
        self.fails = fails
        self._ticks = ticks
        self.asked: list[int] = []

    async def write(self, request: Request) -> Answer:
        self.asked.append(request.seed)
        if not self.fails(request):
            return await super().write(request)
        for _ in range(self._ticks):
            await asyncio.sleep(0)
        raise InfrastructureError(f"the server fell over at {request.prefix.count('def ')}")


def seed_of(prefix: str, number: int) -> int:
    return derive_seed(0, DOUBLE.id, prefix, number)


@pytest.mark.parametrize("ticks", [0, 30])
@pytest.mark.parametrize("grain", ["step", "program"])
async def test_a_search_goes_on_with_what_it_has(grain: Grain, ticks: int) -> None:
    """Also where the first that comes back is a failure."""
    lost = {seed_of("", 0), seed_of("", 3)}
    policy = LimitedPolicy(Failing(lambda request: request.seed in lost, ticks), Limits())
    prunes = Prunes()
    options = SearchOptions(n=6, grain=grain)
    drafts = await best_of_n(DOUBLE, policy, Table({}), options, prunes)
    every = await best_of_n(DOUBLE, Copyist([RIGHT, WRONG]), Table({}), options, Prunes())
    kept = [draft.source for place, draft in enumerate(every) if place not in (0, 3)]
    assert [draft.source for draft in drafts] == kept
    assert prunes.told == [("", Pruning.NO_SAMPLE)] * 2
    assert policy.failures == ["the server fell over at 0"] * 2
    assert policy.exhausted is None


async def test_a_search_fails_when_nothing_came() -> None:
    inner = Failing(lambda _: True, 3)
    policy = LimitedPolicy(inner, Limits())
    with pytest.raises(InfrastructureError, match="fell over at 0"):
        await best_of_n(DOUBLE, policy, Table({}), SearchOptions(n=6), Prunes())


async def test_a_failure_under_limits_gives_its_room_to_others() -> None:
    inner = Failing(lambda request: request.seed < 3, 5)
    policy = LimitedPolicy(inner, Limits(tokens=70))
    sampling = Sampling(max_step_tokens=60)
    written = (policy.write(Request(DOUBLE, "", sampling, seed)) for seed in (3, 1, 2, 4))
    ends = await asyncio.gather(*written, return_exceptions=True)
    assert [type(end) for end in ends] == [Answer, SampleFailedError, SampleFailedError, Answer]
    assert len(policy.failures) == 2


@pytest.mark.parametrize("name", ["beam", "diverse-beam"])
async def test_a_draft_grows_by_the_samples_that_came(name: str) -> None:
    lost = {seed_of(prefix, number) for prefix in ("", MAIN, MAIN + READ) for number in (1, 4)}
    policy = LimitedPolicy(Failing(lambda request: request.seed in lost), Limits())
    prunes = Prunes()
    options = SearchOptions(n=6, width=2)
    drafts = await SEARCHES[name].search(DOUBLE, policy, Table({}), options, prunes)
    assert drafts
    assert policy.failures
    # None was dropped for them: each draft had other samples.
    assert Pruning.NO_SAMPLE not in {reason for _, reason in prunes.told}


async def test_a_disk_that_is_full_is_no_failed_sample() -> None:
    """It would cost every further answer."""

    class Full(Copyist):
        async def write(self, request: Request) -> Answer:
            answer = await super().write(request)
            if request.seed:
                raise DiskError("no space")
            return answer

    policy = LimitedPolicy(Full([RIGHT]), Limits())
    await policy.write(Request(DOUBLE, "", Sampling(), 0))
    with pytest.raises(DiskError):
        await policy.write(Request(DOUBLE, "", Sampling(), 1))
    assert policy.failures == []


async def test_the_result_says_what_failed_and_a_second_run_asks_for_it_again(
    sandbox: Sandbox, journal: Journal
) -> None:
    lost = {seed_of(MAIN, 2), seed_of(MAIN + READ, 4)}
    policy = Failing(lambda request: request.seed in lost)

    async def attempt() -> Result:
        return await solve(
            DOUBLE, policy, Table({}), sandbox,
            options=SearchOptions(n=8), journal=journal, choosing=Choosing(stop="never"),
        )  # fmt: skip

    first = await attempt()
    assert sorted(first.failures) == ["the server fell over at 1", "the server fell over at 2"]
    assert first.samples == 8
    assert sum(program.copies for program in first.programs) == 6
    assert first.accepted

    policy.fails = lambda _: False
    policy.asked.clear()
    second = await attempt()
    assert second.failures == ()
    assert sum(program.copies for program in second.programs) == 8
    assert {*policy.asked} == lost | {seed_of(MAIN + READ, 2)}
    assert len(policy.asked) == 3
