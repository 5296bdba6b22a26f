"""Every sample is a record of its own, there as soon as it came, and asked for once."""

import asyncio
from pathlib import Path

from dreamcode.concurrency import together
from dreamcode.errors import InfrastructureError
from dreamcode.policies.policy import Answer, Request, Sampling, derive_seed
from dreamcode.runs.journal import Journal, read_records
from dreamcode.runs.remembered import RememberedPolicy
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, ONE_STEP, RIGHT, WRONG

OPTIONS = SearchOptions(n=6, grain="program")
SEEDS = [derive_seed(OPTIONS.seed, DOUBLE.id, "", number) for number in range(OPTIONS.n)]


class Lacking(Copyist):
    """One sample never comes; `others` is set when all but it have come."""

    def __init__(self, lacking: int, count: int) -> None:
        super().__init__([RIGHT, WRONG, ONE_STEP])
        self._lacking = lacking
        self._waited_for = count - 1
        self.others = asyncio.Event()

    async def write(self, request: Request) -> Answer:
        answer = await super().write(request)
        if request.seed == self._lacking:
            await asyncio.Event().wait()
        self._waited_for -= 1
        if not self._waited_for:
            self.others.set()
        return answer


async def test_samples_that_came_are_on_record_though_one_never_does(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    inner = Lacking(SEEDS[3], OPTIONS.n)
    policy = RememberedPolicy(inner, journal)
    search = asyncio.create_task(best_of_n(DOUBLE, policy, Table({}), OPTIONS, Prunes()))
    await asyncio.wait_for(inner.others.wait(), 5)
    await asyncio.sleep(0)
    # Not when all are there: now, while the search still waits.
    there = read_records(path)[0]
    assert {record.asked["seed"] for record in there} == {*SEEDS} - {SEEDS[3]}
    assert [record.kind for record in there] == ["write"] * 5
    assert len({record.key for record in there}) == 5
    search.cancel()
    await asyncio.gather(search, return_exceptions=True)
    journal.close()

    again = Copyist([RIGHT, WRONG, ONE_STEP])
    journal = Journal(path)
    policy = RememberedPolicy(again, journal)
    drafts = await best_of_n(DOUBLE, policy, Table({}), OPTIONS, Prunes())
    journal.close()
    assert [request.seed for request in again.requests] == [SEEDS[3]]
    assert read_records(path)[0][:5] == there
    alone = Copyist([RIGHT, WRONG, ONE_STEP])
    expected = await best_of_n(DOUBLE, alone, Table({}), OPTIONS, Prunes())
    assert [one.source for one in drafts] == [one.source for one in expected]


async def test_a_failed_sample_leaves_no_record_and_takes_no_other_with_it(
    tmp_path: Path,
) -> None:
    class Failing(Copyist):
        async def write(self, request: Request) -> Answer:
            if request.seed == 2:
                raise InfrastructureError("no answer")
            return await super().write(request)

    journal = Journal(tmp_path / "journal.jsonl")
    policy = RememberedPolicy(Failing([RIGHT]), journal)
    requests = [Request(DOUBLE, "", Sampling(), seed) for seed in range(4)]
    ends = await asyncio.gather(*map(policy.write, requests), return_exceptions=True)
    assert [type(end) for end in ends] == [Answer, Answer, InfrastructureError, Answer]
    journal.close()
    seeds = [one.asked["seed"] for one in read_records(tmp_path / "journal.jsonl")[0]]
    assert sorted(seeds) == [0, 1, 3]


async def test_a_limits_room_is_no_part_of_the_question(journal: Journal) -> None:
    inner = Copyist([RIGHT])
    policy = RememberedPolicy(inner, journal)
    first = await policy.write(Request(DOUBLE, "", Sampling(), 1, room=900))
    for room in (None, 100):
        assert await policy.write(Request(DOUBLE, "", Sampling(), 1, room=room)) == first
    assert len(inner.requests) == 1
    others = [
        Request(DOUBLE, "", Sampling(), 2),
        Request(DOUBLE, "", Sampling(max_step_tokens=900), 1),
        Request(DOUBLE, "", Sampling(), 1, "program"),
        Request(DOUBLE, "", Sampling(), 1, python="3.99"),
    ]
    await together(policy.write(other) for other in others)
    assert len(inner.requests) == 5


async def test_what_a_policy_is_told_of_a_failure_is_part_of_the_question(tmp_path: Path) -> None:
    inner, journal = Copyist([RIGHT]), Journal(tmp_path / "journal.jsonl")
    policy = RememberedPolicy(inner, journal)
    for feedback in ("", "It failed.", "", "It failed.", "Otherwise."):
        await policy.write(Request(DOUBLE, "", Sampling(), 1, feedback=feedback))
    journal.close()
    assert [request.feedback for request in inner.requests] == ["", "It failed.", "Otherwise."]
    asked = [record.asked for record in read_records(tmp_path / "journal.jsonl")[0]]
    assert "feedback" not in asked[0]  # so that older journals still answer
