"""Requests of one moment share a call, whatever becomes of it."""

import asyncio
from collections.abc import Sequence

import pytest

from dreamcode.policies.batching import Gatherer


class Server:
    """Answers a number with its square; keeps what it was asked together."""

    def __init__(self, *, ticks: int = 3, answered: int | None = None) -> None:
        self.calls: list[list[int]] = []
        self.cancelled = 0
        self._ticks = ticks
        self._answered = answered

    async def serve(self, numbers: list[int]) -> Sequence[int | None]:
        self.calls.append([*numbers])
        try:
            for _ in range(self._ticks):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if any(number < 0 for number in numbers):
            raise ValueError(f"no root of {numbers}")
        return [number**2 if number else None for number in numbers][: self._answered]


async def test_what_is_asked_in_one_moment_shares_a_call_and_each_gets_its_own_answer() -> None:
    server = Server()
    gatherer = Gatherer(server.serve)
    answers = await asyncio.gather(*(gatherer.ask("a", number) for number in (3, 1, 2)))
    assert answers == [9, 1, 4]
    assert server.calls == [[3, 1, 2]]


async def test_other_kinds_and_later_moments_have_calls_of_their_own() -> None:
    server = Server(ticks=20)
    gatherer = Gatherer(server.serve)
    first = [asyncio.create_task(gatherer.ask(kind, 2)) for kind in ("a", "b", "a")]
    for _ in range(5):
        await asyncio.sleep(0)
    late = asyncio.create_task(gatherer.ask("a", 3))  # while the first are being served
    assert await asyncio.gather(*first, late) == [4, 4, 4, 9]
    assert server.calls == [[2, 2], [2], [3]]


async def test_none_stands_for_answers_that_are_missing() -> None:
    gatherer = Gatherer(Server(answered=2).serve)
    answers = await asyncio.gather(*(gatherer.ask("a", number) for number in (3, 0, 2, 1)))
    assert answers == [9, None, None, None]


async def test_all_get_the_exception_of_their_call_and_the_next_call_is_a_new_one() -> None:
    server = Server()
    gatherer = Gatherer(server.serve)
    asked = (gatherer.ask("a", number) for number in (3, -1))
    ends = await asyncio.gather(*asked, gatherer.ask("b", 5), return_exceptions=True)
    assert [type(end) for end in ends] == [ValueError, ValueError, int]
    assert await gatherer.ask("a", 4) == 16


async def test_a_call_goes_on_as_long_as_somebody_waits_for_it() -> None:
    server = Server(ticks=50)
    gatherer = Gatherer(server.serve)
    tasks = [asyncio.create_task(gatherer.ask("a", number)) for number in (1, 2, 3)]
    for _ in range(5):
        await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    assert await tasks[1] == 4
    assert server.cancelled == 0


async def test_a_call_for_which_nobody_waits_any_more_is_cancelled() -> None:
    server = Server(ticks=10**6)
    gatherer = Gatherer(server.serve)
    tasks = [asyncio.create_task(gatherer.ask("a", number)) for number in (1, 2)]
    for _ in range(5):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
    await asyncio.sleep(0)
    assert server.cancelled == 1


@pytest.mark.parametrize("ticks", range(4))
async def test_who_asks_after_all_were_cancelled_is_served(ticks: int) -> None:
    """Whether the call was served by then or not: nobody joins one that ends."""
    server = Server()
    gatherer = Gatherer(server.serve)
    task = asyncio.create_task(gatherer.ask("a", 1))
    await asyncio.sleep(0)
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gatherer.ask("a", 2) == 4
    assert server.calls[-1] == [2]
