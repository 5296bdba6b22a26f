"""Streams: joined to whole answers, and hung up on where a step is over."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.policies.openai.reply import Reply, read_body
from dreamcode.policies.openai.stream import EventReader, Joiner, is_stream
from dreamcode.policies.policy import Ending
from tests.policies import server as does
from tests.policies.server import ModelServer, as_chunks
from tests.policies.test_openai import FUNCTION, GAPS, canonical, open_at, wish


class Dripping:
    """Streams an answer in pieces, as fast as the client reads.

    Attributes:
        sent: events that were sent before the client hung up.
        total: events of the whole answer.
    """

    def __init__(self) -> None:
        self.sent = self.total = 0

    def __call__(self, exchange: does.Exchange) -> None:
        if not exchange.body.get("stream"):
            does.well(exchange)
            return
        events = as_chunks(exchange.server.brain.answer(exchange.body))
        self.total += len(events)
        exchange.send_response(200)
        exchange.send_header("Content-Type", "text/event-stream")
        exchange.send_header("Connection", "close")
        exchange.end_headers()
        exchange.close_connection = True
        with contextlib.suppress(OSError):
            for event in events:
                exchange.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                exchange.wfile.flush()
                self.sent += 1
                time.sleep(0.002)


async def test_a_server_that_takes_no_stop_strings_is_hung_up_on_at_the_end_of_a_step() -> None:
    drip = Dripping()
    long = GAPS + "".join(f"\n\ndef unused_{n}(a):\n    return a\n" for n in range(60))
    programs = {FUNCTION.statement: [long]}
    with ModelServer(programs, refuses=["stop"], script=[does.well, does.well]) as server:
        policy = open_at(server)
        first = await policy.write(wish(FUNCTION))
        again = await policy.write(wish(FUNCTION))  # begun, and refused for its stop strings
        server.script.extend([drip] * 20)
        step = await policy.write(wish(FUNCTION, first.proposal.text))
        await policy.close()
    assert first.proposal.text == again.proposal.text == canonical(long)[0]
    assert step.proposal.text == canonical(long)[1]
    assert step.proposal.ending is Ending.STEP
    assert 0 < drip.sent < drip.total / 2


EVENTS: list[dict[str, Any]] = [
    {"choices": [{"index": 1, "delta": {"content": "b"}}]},
    {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]},
    {"choices": [{"index": 0, "delta": {"content": "a"}}]},
    {"choices": [{"index": 0, "delta": {"content": "c"}, "finish_reason": "stop"}]},
    {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
]


def read_stream(text: str) -> Reply:
    joiner = Joiner()
    for event in EventReader().feed(text.encode(), last=True):
        joiner.add(event)
    return read_body(joiner.body())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("space", [" ", ""])
def test_every_form_of_events_is_read(end: str, space: str) -> None:
    lines = [f"data:{space}{json.dumps(event)}{end}{end}" for event in EVENTS]
    text = f": hello{end}{end}" + f"event: chunk{end}".join(["", *lines]) + f"data: [DONE]{end}"
    assert is_stream(text)
    reply = read_stream(text)
    assert [choice.text for choice in reply.choices] == ["ac", "b"]
    assert [choice.finish for choice in reply.choices] == ["stop", "length"]
    assert reply.choices[0].thought == "hm"
    assert (reply.counts.read, reply.counts.written) == (3, 4)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(1, 9))
def test_a_text_comes_whole_however_it_is_cut(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    stream = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    assert read_stream(stream).choices[0].text == text


def test_json_is_no_stream() -> None:
    assert not is_stream('{"data": 1}')
    assert not is_stream("\n [1]")
