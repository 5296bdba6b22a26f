"""Long answers are heard as they are written, in whatever pieces they come; what broke is used."""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError
from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Ending
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from tests.policies import server as does
from tests.policies.asking import ask, finish
from tests.policies.server import Behaviour, Exchange, ModelServer
from tests.policies.test_openai import RUNS, SCRIPT, STDIN, open_at, wish

FENCED = f"So, é and 漢 \U0001f600:\n```python\n{RUNS}```\n"
Json = dict[str, Any]
LAST: Json = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE: Json = {"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 77}}


def piece(index: int = 0, finish: str | None = None, **delta: Any) -> Json:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def pieces(text: str, index: int = 0, name: str = "content") -> list[Json]:
    return [piece(index, **{name: text[at : at + 9]}) for at in range(0, len(text), 9)]


def events(values: Sequence[Json], end: str = "\n", done: bool = True) -> bytes:
    said = [json.dumps(value, ensure_ascii=False) for value in values]
    lines = [f"data: {one}{end}{end}" for one in [*said, *(["[DONE]"] if done else [])]]
    return "".join(lines).encode()


def drips(content: bytes, size: int = 50, *, hold: bool = False, cut: bool = False) -> Behaviour:
    """Sends a stream in chunks of so many bytes; holds the connection, or cuts it off, behind."""

    def behave(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", "text/event-stream")
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        with contextlib.suppress(OSError):
            for start in range(0, len(content), size):
                part = content[start : start + size]
                exchange.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                exchange.wfile.flush()
            if hold:
                exchange.server.closing.wait(20)
            if not (hold or cut):
                exchange.wfile.write(b"0\r\n\r\n")
                exchange.wfile.flush()
        exchange.close_connection = True

    return behave


THOUGHT = pieces("Let me see. " * 9, name="reasoning_content")
BODY = pieces(FENCED)
STREAMS: dict[str, Behaviour] = {
    "one byte at a time": drips(events([*BODY, LAST]), 1),
    "three bytes at a time, CRLF": drips(events([*BODY, LAST], "\r\n"), 3),
    "one byte at a time, CRLF": drips(events([*BODY, LAST], "\r\n"), 1),
    "seven bytes at a time, CR": drips(events([*BODY, LAST], "\r"), 7),
    "comments": drips(b": ping\n\n".join(events([one], done=False) for one in [*BODY, LAST])),
    "comments first": drips(b": OPENROUTER PROCESSING\n\n" * 9 + events([*BODY, LAST]), 5),
    "no DONE": drips(events([*BODY, LAST], done=False)),
    "no reason, DONE": drips(events(BODY)),
    "usage last": drips(events([*BODY, LAST, USAGE])),
    "usage in every piece": drips(events([{**one, "usage": USAGE["usage"]} for one in BODY])),
    "no choices now and then": drips(events([{"choices": []}, *BODY, {"choices": None}, LAST])),
    "role first": drips(events([piece(role="assistant", content=None), *BODY, LAST])),
    "role and nothing": drips(events([piece(role="assistant", content=""), *BODY, LAST])),
    "thought": drips(events([*THOUGHT, *BODY, LAST])),
    "tools": drips(events([piece(tool_calls=[{"index": 0}]), *BODY, LAST])),
    "null deltas": drips(events([{"choices": [{"index": 0, "delta": None}]}, *BODY, LAST])),
    "odd values": drips(events([{"choices": [7, None]}, {"choices": "x"}, {"y": 1}, *BODY, LAST])),
    "odd index": drips(events([{"choices": [{"index": "0", "delta": {}}]}, *BODY, LAST])),
    "open behind DONE": drips(events([*BODY, LAST]), hold=True),
    "cut behind the reason": drips(events([*BODY, LAST], done=False), cut=True),
    "cut behind the program": drips(events(BODY, done=False), cut=True),
    "an error behind the program": drips(events([*BODY, {"error": {"message": "oops"}}])),
    "named events, ids": drips(
        b"".join(b"event: m\nid: 1\nretry: 5\n" + events([one], done=False) for one in BODY)
        + b"data: [DONE]\n\n"
    ),
    "whole messages": drips(
        events([{"choices": [{"message": {"content": FENCED}, "finish_reason": "stop"}]}])
    ),
    "not a stream": does.texts(FENCED),
    "not a stream, in pieces": lambda exchange: drips(
        json.dumps({"choices": [{"message": {"content": FENCED}}]}).encode(), 7
    )(exchange),
}


@pytest.mark.parametrize("behave", STREAMS.values(), ids=STREAMS.keys())
async def test_streams_of_every_form_are_heard(behave: Behaviour) -> None:
    with ModelServer(script=[behave]) as server:
        policy = open_at(server, prefill="off", retries=0, timeout=5)
        begun = time.monotonic()
        [proposal], usage = await finish(policy, wish(STDIN))
        await policy.close()
        assert server.bodies[0]["stream"] is True
    assert proposal.text == RUNS
    assert usage.calls == 1
    assert usage.completion_tokens == proposal.tokens > 0
    assert time.monotonic() - begun < 4


BROKEN: dict[str, Behaviour] = {
    "no end": drips(events(BODY[:20], done=False)),
    "cut": drips(events(BODY[:20], done=False), cut=True),
    "cut in a letter": drips(events(BODY[:20], done=False)[:-9], cut=True),
    "an error": drips(events([*BODY[:20], {"error": {"message": "worker died", "code": 500}}])),
    "an error of another form": drips(events([*BODY[:20], {"object": "error", "message": "no"}])),
    "garbage": drips(events(BODY[:20], done=False) + b"data: {oops\n\n"),
    "silence": drips(events(BODY[:20], done=False), hold=True),
    "nothing": drips(b": hello\n\n"),
}


@pytest.mark.parametrize("behave", BROKEN.values(), ids=BROKEN.keys())
async def test_a_stream_that_breaks_is_asked_again_and_not_counted_twice(
    behave: Behaviour,
) -> None:
    said: list[str] = []
    with ModelServer(SCRIPT, script=[behave]) as server:
        policy = open_at(server, prefill="off", timeout=0.5, on_event=said.append)
        [proposal], usage = await finish(policy, wish(STDIN))
        await policy.close()
        assert len(server.requests) == 2
    assert proposal.text == RUNS
    assert usage.calls == 1
    assert usage.completion_tokens == proposal.tokens
    assert len([event for event in said if "; try 2" in event]) == 1


@pytest.mark.parametrize("cut", [True, False])
async def test_of_a_stream_that_breaks_whole_choices_are_kept_and_others_asked_again(
    cut: bool,
) -> None:
    whole = [*pieces(FENCED, 0), piece(0, "stop"), *pieces(FENCED, 2)]
    half = pieces(FENCED, 1)[:20]
    behave = drips(events([*half, *whole], done=False), cut=cut)
    said: list[str] = []
    with ModelServer(SCRIPT, script=[behave]) as server:
        policy = open_at(server, prefill="off", on_event=said.append)
        proposals, usage = await finish(policy, wish(STDIN), 4)
        await policy.close()
        assert [body["n"] for body in server.bodies] == [4, 2]
    assert [proposal.text for proposal in proposals] == [RUNS] * 4
    assert usage.calls == 2
    assert usage.completion_tokens == sum(proposal.tokens for proposal in proposals)
    assert not any("ignores n" in event for event in said)


@pytest.mark.parametrize("behave", [*BROKEN.values()][:2])
async def test_a_server_whose_streams_always_break_is_asked_for_whole_answers(
    behave: Behaviour, tmp_path: Path
) -> None:
    def answers(exchange: Exchange) -> None:
        (behave if exchange.body.get("stream") else does.well)(exchange)

    with ModelServer(SCRIPT, script=[answers] * 50) as server:
        for session in range(2):
            before = len(server.requests)
            policy = open_at(server, prefill="off", learnt=tmp_path / "server.json")
            proposals, _ = await finish(policy, replace(wish(STDIN), seed=9 * session), 3)
            await policy.close()
            assert [proposal.text for proposal in proposals] == [RUNS] * 3
        assert not any("stream" in body for body in server.bodies[before:])


@pytest.mark.parametrize("refused", ["stream", "stream_options"])
async def test_servers_that_refuse_streams_are_asked_without(refused: str) -> None:
    with ModelServer(SCRIPT, refuses=[refused]) as server:
        policy = open_at(server, prefill="off")
        await finish(policy, wish(STDIN), 2)
        before = len(server.requests)
        [proposal], _ = await finish(policy, replace(wish(STDIN), seed=5))
        await policy.close()
        [body] = server.bodies[before:]
    assert refused not in body
    assert proposal.text == RUNS


async def test_a_server_that_gives_one_choice_in_streams_gives_n_without() -> None:
    def answers(exchange: Exchange) -> None:
        if exchange.body.get("stream"):
            exchange.body["n"] = 1
        does.well(exchange)

    with ModelServer(SCRIPT, script=[answers] * 50) as server:
        policy = open_at(server, prefill="off")
        proposals, usage = await finish(policy, wish(STDIN), 6)
        await policy.close()
        assert usage.calls == len(server.requests) == 2
    assert [proposal.text for proposal in proposals] == [RUNS] * 6


async def test_short_answers_are_asked_for_whole() -> None:
    with ModelServer(SCRIPT) as server:
        policy = open_at(server, prefill="on")
        await policy.write(wish(STDIN))
        await finish(policy, wish(STDIN, max_step_tokens=500))
        await policy.close()
        assert not any("stream" in body for body in server.bodies)


# What is seen meanwhile.


async def test_tokens_show_from_the_first_and_go_when_the_answer_is_there() -> None:
    going = threading.Event()

    def slowly(exchange: Exchange) -> None:
        content = events([*THOUGHT, *BODY, LAST])
        exchange.send_response(200)
        exchange.send_header("Content-Type", "text/event-stream")
        exchange.send_header("Connection", "close")
        exchange.end_headers()
        exchange.wfile.write(content[:1500])
        exchange.wfile.flush()
        going.wait(10)
        exchange.wfile.write(content[1500:])
        exchange.close_connection = True

    pulse = Pulse()
    with ModelServer(script=[slowly]) as server:
        options = ServerOptions((server.url,), prefill="off")
        policy = open_openai("tiny", options, pulse=pulse)
        task = asyncio.create_task(finish(policy, wish(STDIN)))
        found = None
        while not (found and int(found[1])):
            await asyncio.sleep(0.01)
            found = re.fullmatch(r" · 1 under way: (\d+) tokens", str(pulse))
        assert not task.done()
        going.set()
        [proposal], _ = await task
        await policy.close()
    assert proposal.text == RUNS
    assert 3 < int(found[1]) < proposal.tokens
    assert str(pulse) == ""


async def test_what_is_waited_for_shows_with_the_time_that_is_left() -> None:
    pulse = Pulse()
    script = [does.error(429, "come back later", retry_after=100)]
    with ModelServer(script=script) as server:
        policy = open_openai("tiny", ServerOptions((server.url,), prefill="off"), pulse=pulse)
        tasks = [
            asyncio.create_task(policy.write(replace(wish(STDIN), seed=seed, until="program")))
            for seed in range(9)
        ]
        while "waiting" not in str(pulse):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
        assert re.fullmatch(r" · waiting (99|10[0-5]) s \(429: come back later\)", str(pulse))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await policy.close()
    assert str(pulse) == ""


# Streams of the Responses API.


@pytest.mark.parametrize("failed", [False, True])
async def test_streams_of_the_responses_api_count_and_break_like_others(failed: bool) -> None:
    text = [
        {"type": "response.output_text.delta", "delta": FENCED[at : at + 9]}
        for at in range(0, len(FENCED), 9)
    ]
    thought = {"type": "response.reasoning_summary_text.delta", "delta": "hm"}
    output = [{"type": "message", "content": [{"type": "output_text", "text": FENCED}]}]
    usage = {"input_tokens": 9, "output_tokens": 99}
    whole = {"output": output, "status": "completed", "usage": usage}
    end = (
        {"type": "error", "message": "oops", "code": "server_error"}
        if failed
        else {"type": "response.completed", "response": whole}
    )
    with ModelServer(script=[drips(events([thought, *text, end]))]) as server:
        policy = open_at(server, endpoint="responses", retries=0)
        [proposal], usage_seen = await finish(policy, wish(STDIN))
        await policy.close()
    assert proposal.text == RUNS
    assert failed or usage_seen.completion_tokens == 99


async def test_a_stream_that_holds_nothing_but_an_error_says_it() -> None:
    script = [drips(events([{"error": {"message": "the moon is wrong", "code": 500}}]))] * 9
    with ModelServer(script=script) as server:
        policy = open_at(server, prefill="off", retries=0)
        with pytest.raises(InfrastructureError, match="the moon is wrong"):
            await finish(policy, wish(STDIN))
        await policy.close()


async def test_a_step_that_was_whole_before_the_stream_broke_is_kept() -> None:
    step = "\n    print(read())\n\n\ndef read():\n    ret"
    behave = drips(events(pieces(step), done=False), cut=True)
    with ModelServer(SCRIPT, streams=True, script=[behave]) as server:
        policy = open_at(server, prefill="on", retries=0)
        answer = await policy.write(wish(STDIN))
        await policy.close()
    assert answer.proposal.ending is Ending.STEP
    assert answer.proposal.text == "def main():\n    print(read())\n\n\n"


async def test_many_streams_at_once() -> None:
    with ModelServer(SCRIPT, streams=True, refuses=["n"], thinks="apart") as server:
        policy = open_at(server, concurrency=8)
        proposals, usage = await ask(policy, replace(wish(STDIN), until="auto"), 20)
        await policy.close()
    assert [proposal.text for proposal in proposals] == [RUNS] * 20
    assert usage.calls == 20
