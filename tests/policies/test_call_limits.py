"""No more calls are sent than a search may send, whatever a server makes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dreamcode.policies.policy import Sampling
from dreamcode.prompting import Prompting
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.remembered import RememberedPolicy
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import SearchOptions
from tests.policies import server as does
from tests.policies.server import Exchange, ModelServer
from tests.policies.test_openai import OTHER_RUNS, STDIN, open_at
from tests.policies.test_servers import refusing
from tests.search.planted import Prunes, Table

PROGRAMS = {STDIN.statement: [OTHER_RUNS, OTHER_RUNS.replace("one pass", "once")]}


def fails(exchange: Exchange) -> None:
    """Fails without a word wherever several answers are wanted."""
    if exchange.body["n"] > 1:
        exchange.send(b"Internal Server Error", 500, {"Content-Type": "text/plain"})
    else:
        does.well(exchange)


def breaks(exchange: Exchange) -> None:
    """Streams end before they tell of their end, after one of the choices."""
    if exchange.body["n"] == 1 or not exchange.body.get("stream"):
        does.well(exchange)
        return
    said = exchange.server.brain.answer(exchange.body)
    exchange.server.answered += 1
    events = does.as_chunks(said)
    first = [event for event in events if any(c["index"] == 0 for c in event["choices"])]
    does.stream(exchange, first, done=False)


SERVERS: dict[str, dict[str, Any]] = {
    "gives n": {},
    "refuses n": {"refuses": ["n"]},
    "ignores n": {"ignores": ["n"]},
    "ignores n and prefill": {"ignores": ["n", "prefill"]},
    "refuses n in other words": {
        "script": [refusing("Only one at a time", lambda body: body["n"] > 1)] * 99
    },
    "fails by n": {"script": [fails] * 99},
    "streams break off": {"script": [breaks] * 99},
    "thinks": {"thinks": "apart", "ignores": ["n"]},
    "thinks, gives n": {"thinks": "tags"},
}


@pytest.mark.parametrize("prompting", ["cof", "plain"])
@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.parametrize("manners", SERVERS.values(), ids=SERVERS.keys())
async def test_calls_keep_to_their_limit_and_a_resumed_search_decides_as_the_first(
    manners: dict[str, Any], most: int, prompting: Prompting, tmp_path: Path
) -> None:
    options = SearchOptions(10, Sampling(), "program", prompting)
    seen: list[object] = []
    with ModelServer(PROGRAMS, **manners) as server:
        for _ in range(2):
            journal = Journal(tmp_path / "journal.jsonl")
            policy = open_at(server, learnt=tmp_path / "server.json")
            limited = LimitedPolicy(RememberedPolicy(policy, journal), Limits(calls=most))
            drafts = await best_of_n(STDIN, limited, Table({}), options, Prunes())
            await policy.close()
            journal.close()
            seen.append((drafts, limited.spent, limited.exhausted, server.answered))
            # A sample that is begun is finished, although its begun answer was not gone on with.
            unheeded = prompting == "cof" and "prefill" in manners.get("ignores", ())
            assert limited.spent.calls == server.answered <= most + unheeded
            assert limited.exhausted == "calls" or len(drafts) == 10
    assert seen[0] == seen[1]
    assert drafts


@pytest.mark.parametrize("most", [2, 3, 12])
@pytest.mark.parametrize("manners", [SERVERS[name] for name in ("gives n", "refuses n", "thinks")])
async def test_a_search_that_was_killed_ends_as_if_it_had_not_been(
    manners: dict[str, Any], most: int, tmp_path: Path
) -> None:
    options = SearchOptions(5, Sampling(), "auto", max_steps=3)
    path, learnt = tmp_path / "journal.jsonl", tmp_path / "server.json"
    states: list[tuple[bytes, bytes]] = []

    async def search(server: ModelServer, watch: Callable[[Record], None]) -> tuple[object, int]:
        before, journal = server.answered, Journal(path)
        journal.listen(watch)
        policy = open_at(server, learnt=learnt)
        limited = LimitedPolicy(RememberedPolicy(policy, journal), Limits(calls=most))
        drafts = await best_of_n(STDIN, limited, Table({}), options, Prunes())
        await policy.close()
        journal.close()
        return (drafts, limited.exhausted, limited.spent), server.answered - before

    def note(_: Record) -> None:
        states.append((path.read_bytes(), learnt.read_bytes()))

    with ModelServer(PROGRAMS, **manners) as server:
        whole, paid = await search(server, note)
        assert paid <= most
        for records, dialect in dict.fromkeys(states):
            path.write_bytes(records)
            learnt.write_bytes(dialect)
            again, more = await search(server, lambda _: None)
            assert again == whole
            assert more < paid
