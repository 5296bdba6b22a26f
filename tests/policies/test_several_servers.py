"""Several servers with one model: all work, one that is dead costs nothing, all dead is an end."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError
from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Answer, Policy
from dreamcode.policies.server_options import ServerOptions
from tests.policies import server as does
from tests.policies.server import ModelServer
from tests.policies.test_openai import SCRIPT, STDIN, wish


def open_pool(servers: Sequence[ModelServer | str], events: list[str], **options: Any) -> Policy:
    urls = tuple(one if isinstance(one, str) else one.url for one in servers)
    given: dict[str, Any] = {"backoff": 0.01, "prefill": "off"} | options
    return open_openai("tiny", ServerOptions(urls, **given), on_event=events.append)


async def ask_many(policy: Policy, count: int) -> list[Answer]:
    """Samples that share no request."""
    wishes = [wish(STDIN, temperature=0.5 + number / 1000) for number in range(count)]
    return list(await asyncio.gather(*(policy.write(one) for one in wishes)))


async def test_the_least_busy_one_is_asked() -> None:
    with ModelServer(SCRIPT, pace=0.02) as one, ModelServer(SCRIPT, pace=0.02) as other:
        policy = open_pool([one, other], [], concurrency=8)
        await ask_many(policy, 40)
        await policy.close()
    counts = len(one.requests), len(other.requests)
    assert sum(counts) >= 40
    assert min(counts) >= 15
    assert max(one.most_at_once, other.most_at_once) <= 9


async def test_a_dead_one_is_set_aside_with_one_line() -> None:
    events: list[str] = []
    with ModelServer(SCRIPT) as dead:
        pass
    with ModelServer(SCRIPT) as alive:
        policy = open_pool([dead, alive], events)
        began = time.monotonic()
        answers = await ask_many(policy, 20)
        await policy.close()
    assert all(answer.proposal.text for answer in answers)
    assert time.monotonic() - began < 4.0
    [line] = [event for event in events if "set aside" in event]
    assert line.startswith(f"{dead.url}: the connection failed")
    assert line.endswith("1 of 2 servers go on")


async def test_one_that_dies_in_the_middle_loses_nothing() -> None:
    events: list[str] = []
    dying = ModelServer(SCRIPT, script=[does.well] * 5 + [does.hang_up] * 1000)
    with dying, ModelServer(SCRIPT) as one, ModelServer(SCRIPT) as other:
        policy = open_pool([dying, one, other], events)
        answers = await ask_many(policy, 60)
        await policy.close()
    assert all(answer.proposal.text for answer in answers)
    assert any("2 of 3 servers go on" in event for event in events)
    # Set aside: not asked by each of the others again.
    assert len(dying.requests) < 30


async def test_a_limit_of_one_sends_others_to_the_next() -> None:
    limited = ModelServer(SCRIPT, per_minute=3, minute=30.0)
    with limited, ModelServer(SCRIPT) as free:
        policy = open_pool([limited, free], [])
        began = time.monotonic()
        await ask_many(policy, 30)
        await policy.close()
    assert time.monotonic() - began < 10.0
    assert len(free.requests) >= 20


async def test_one_that_is_back_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamcode.policies.openai.servers.ASIDE", 0.2)
    events: list[str] = []
    resting = ModelServer(SCRIPT, script=[does.error(503, "starting")] * 2)
    with resting, ModelServer(SCRIPT, pace=0.02) as other:
        policy = open_pool([resting, other], events)
        for _ in range(12):
            await ask_many(policy, 6)
        await policy.close()
    assert f"{resting.url}: is back" in events
    assert len(resting.requests) > 10


async def test_all_dead_is_an_end_that_names_a_remedy() -> None:
    with ModelServer(SCRIPT) as one, ModelServer(SCRIPT) as other:
        pass
    policy = open_pool([one, other], [], retries=2)
    with pytest.raises(InfrastructureError, match=r"asked 3 times.*connection failed.*--base-url"):
        await policy.write(wish(STDIN))
    await policy.close()


async def test_a_request_that_makes_servers_fail_does_not_end_them_all() -> None:
    """It is doubted after a few tries, as with one server: without its seed it is answered."""
    events: list[str] = []

    def fails(exchange: does.Exchange) -> None:
        (does.hang_up if "seed" in exchange.body else does.well)(exchange)

    servers = [ModelServer(SCRIPT, script=[fails] * 1000) for _ in range(2)]
    with servers[0], servers[1]:
        policy = open_pool(servers, events)
        answers = await ask_many(policy, 10)
        await policy.close()
    assert all(answer.proposal.text for answer in answers)
    assert sum("seed" in body for one in servers for body in one.bodies) < 40
