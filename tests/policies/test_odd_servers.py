"""`openai/<model>` against servers that refuse, stream, count and echo in ways of their own."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.policy import Ending
from tests.policies import server as does
from tests.policies.asking import ask, finish
from tests.policies.server import Behaviour, Exchange, ModelServer
from tests.policies.test_openai import CLASS, RUNS, SCRIPT, STDIN, WATER, open_at, wish
from tests.policies.test_servers import has_system, refusing

FENCED = f"So:\n```python\n{RUNS}```\n"


def refuses_n(body: dict[str, Any]) -> bool:
    return bool(body["n"] > 1)


def above(most: int) -> Callable[[dict[str, Any]], bool]:
    def refuses(body: dict[str, Any]) -> bool:
        return bool(max(body.get("max_tokens", 0), body.get("max_completion_tokens", 0)) > most)

    return refuses


REFUSALS: dict[str, tuple[str, Callable[[dict[str, Any]], bool], int]] = {
    "forbidden logprobs": (
        "You are not allowed to request logprobs from this model",
        lambda body: "logprobs" in body,
        403,
    ),
    "a template's exception": ("Jinja Exception: System role not supported", has_system, 500),
    "roles, by a failure": ("raise_exception('roles must alternate')", has_system, 500),
    "n is not implemented": ("", refuses_n, 501),
    "n is no valid field": ("Extra inputs are not permitted", refuses_n, 422),
    "a range": ("Range of max_tokens should be [1, 500]", above(500), 400),
    "a ceiling in no words": ("Bad Request", above(5000), 400),
}


@pytest.mark.parametrize(("words", "refuses", "status"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_what_is_refused_is_found_out_whatever_the_status(
    words: str, refuses: Callable[[dict[str, Any]], bool], status: int
) -> None:
    with ModelServer(SCRIPT, script=[refusing(words, refuses, status)] * 100) as server:
        policy = open_at(server, prefill="off", retries=0)
        proposals, _ = await finish(policy, wish(STDIN, max_step_tokens=9000), 3)
        before = len(server.requests)
        await finish(policy, replace(wish(STDIN, max_step_tokens=9000), seed=9), 3)
        await policy.close()
        assert not any(refuses(body) for body in server.bodies[before:])
    assert [proposal.text for proposal in proposals] == [RUNS] * 3


async def test_a_forbidden_model_and_wishes_that_are_refused_are_named() -> None:
    for manners, options, said in (
        ({"script": [does.error(403, "Not for you")] * 9}, {}, "Not for you"),
        ({"refuses": ["reasoning_effort"]}, {"effort": "high"}, "--reasoning-effort"),
        ({"refuses": ["top_k"]}, {"extra": {"top_k": 3}}, "--extra top_k"),
        ({"endpoints": ["completions"]}, {}, "--endpoint completions"),
    ):
        with ModelServer(SCRIPT, **manners) as server:
            policy = open_at(server, prefill="off", **options)
            with pytest.raises(InputError, match=said):
                await finish(policy, wish(STDIN))
            await policy.close()


async def test_a_filter_that_stops_an_answer_does_not_stop_the_run() -> None:
    events: list[str] = []
    words = "The response was filtered by the content management policy."
    script = [does.error(400, words, code="content_filter", param="prompt")] * 3
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, on_event=events.append)
        [lost, *others], usage = await finish(policy, wish(STDIN), 5)
        await policy.close()
        assert [body["n"] for body in server.bodies] == [1, 1, 1, 1, 1, 2]
    assert (lost.ending, lost.text, lost.tokens) == (Ending.LENGTH, "", 0)
    assert [other.text for other in others] == [RUNS] * 4
    assert usage.completion_tokens == sum(other.tokens for other in others)
    assert all("filtered" in event for event in events)


# Streams.


def chunks(text: str, *, finish: bool = True) -> list[str]:
    pieces = [{"content": text[start : start + 9]} for start in range(0, len(text), 9)]
    events = [{"choices": [{"index": 0, "delta": piece}]} for piece in pieces]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop" if finish else None}]}
    return [json.dumps(event, ensure_ascii=False) for event in [*events, end]]


SEPARATED = FENCED.replace("one group", "one\u2028group\x85")
STREAMS = {
    "CRLF": "".join(f"data: {event}\r\n\r\n" for event in chunks(FENCED)),
    "CR": "".join(f"data: {event}\r\r" for event in chunks(FENCED)),
    "no blank": "".join(f"data:{event}\n\n" for event in chunks(FENCED)),
    "comments": "".join(f": wait\n\ndata: {event}\n\n" for event in chunks(FENCED)),
    "a BOM": "\ufeff" + "".join(f"data: {event}\n\n" for event in chunks(FENCED)),
    "DONE alone": "".join(f"data: {e}\n\n" for e in [*chunks(FENCED, finish=False), "[DONE]"]),
    "other line ends": "".join(f"data: {event}\n\n" for event in chunks(SEPARATED)),
}


@pytest.mark.parametrize("content", STREAMS.values(), ids=STREAMS.keys())
async def test_streams_of_every_form_are_read(content: str) -> None:
    def send(exchange: Exchange) -> None:
        exchange.send(content.encode(), headers={"Content-Type": "text/event-stream"})

    with ModelServer(script=[send]) as server:
        policy = open_at(server, prefill="off", retries=0)
        [proposal], _ = await finish(policy, wish(STDIN))
        await policy.close()
    assert proposal.text == RUNS


# Odd answers.


def said(message: dict[str, Any], usage: object = None, before: str = "") -> Behaviour:
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    text = before + json.dumps({"choices": choices, "usage": usage})
    return lambda exchange: exchange.send(text.encode())


async def test_thinking_is_never_code() -> None:
    """An answer that a server gives as thinking is asked for again, counted, and said to be."""
    thoughts: list[dict[str, Any]] = [
        {"content": None, "reasoning_content": FENCED},
        {"content": "", "reasoning": FENCED},
        {"content": [{"type": "thinking", "thinking": FENCED}], "reasoning_content": None},
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": 11}
    for prefill in ("off", "on"):
        for answers in (1, 3):
            events: list[str] = []
            script = [said(message, usage) for message in thoughts[:answers]]
            script.append(said({"content": FENCED}, usage))
            with ModelServer(script=script) as server:
                policy = open_at(server, prefill=prefill, retries=0, on_event=events.append)
                [proposal], spent = await finish(policy, wish(STDIN))
                await policy.close()
            heard = answers < 3
            assert (proposal.text == RUNS) == heard
            assert bool(proposal.text) == heard
            assert (proposal.ending is Ending.PROGRAM) == heard
            calls = min(answers + 1, 3)
            assert (spent.calls, spent.completion_tokens) == (calls, 11 * calls)
            assert "reasoning parser" in events[0]
            assert "--reasoning-effort none" in events[0]
            assert ("however often" in events[-1]) == (not heard)


async def test_numbers_that_count_nothing_are_estimated_and_a_mark_before_it_is_skipped() -> None:
    usage = {"prompt_tokens": 0, "completion_tokens": 0}
    with ModelServer(script=[said({"content": FENCED}, usage, before="\ufeff")]) as server:
        policy = open_at(server, prefill="off", retries=0)
        [proposal], spent = await finish(policy, wish(STDIN))
        await policy.close()
    assert proposal.text == RUNS
    assert spent.completion_tokens > 50


# Servers that do not go on with what is begun as it is.


def continued(change: Callable[[str, str], str]) -> Behaviour:
    """Answers what is begun by `change` of what was begun and what follows."""

    def behave(exchange: Exchange) -> None:
        begun = exchange.body["messages"][-1]["content"]
        code = begun.removeprefix("```python\n")
        program = RUNS if RUNS.startswith(code.rstrip()) else WATER
        assert program.startswith(code.rstrip())
        exchange.body.pop("stop", None)
        does.texts(change(begun, program[len(code.rstrip()) :] + "```\n"))(exchange)

    return behave


ECHOES: dict[str, Callable[[str, str], str]] = {
    "all of it again": lambda begun, rest: begun + rest,
    "the code again": lambda begun, rest: begun.removeprefix("```python\n") + rest,
    "white space lost": lambda begun, rest: rest.lstrip(),
}


@pytest.mark.parametrize("grain", ["step", "program"])
@pytest.mark.parametrize("change", ECHOES.values(), ids=ECHOES.keys())
async def test_what_is_begun_may_come_back_or_lose_its_margin(
    change: Callable[[str, str], str], grain: Any
) -> None:
    for problem, program in ((STDIN, RUNS), (CLASS, WATER)):
        with ModelServer(script=[continued(change)] * 9) as server:
            policy = open_at(server, prefill="on", retries=0)
            answer = await policy.write(replace(wish(problem), until=grain))
            await policy.close()
        assert program.startswith(answer.proposal.text.rstrip())
        assert len(answer.proposal.text) > 60


async def test_a_server_that_ends_what_is_begun_at_once_is_asked_without() -> None:
    def behave(exchange: Exchange) -> None:
        begun = exchange.body["messages"][-1]["role"] == "assistant"
        (does.texts("\n") if begun else does.well)(exchange)

    with ModelServer(SCRIPT, script=[behave] * 50) as server:
        policy = open_at(server, retries=0)
        proposals, _ = await ask(policy, replace(wish(STDIN), until="auto"), 6)
        await policy.close()
        begun = [body for body in server.bodies if body["messages"][-1]["role"] == "assistant"]
    assert [proposal.text for proposal in proposals] == [RUNS] * 6
    assert len(begun) == 1


async def test_whether_a_server_goes_on_with_what_is_begun_costs_one_answer() -> None:
    with ModelServer(SCRIPT, ignores=["prefill", "n"]) as server:
        policy = open_at(server)
        proposals, usage = await ask(policy, replace(wish(STDIN), until="auto"), 6)
        await policy.close()
    assert [proposal.text for proposal in proposals] == [RUNS] * 6
    assert usage.calls <= 8


async def test_a_server_of_something_else_is_given_up_once_for_all() -> None:
    with ModelServer(script=[does.not_an_answer] * 50) as server:
        policy = open_at(server, retries=1)
        tasks = [policy.write(replace(wish(STDIN), seed=seed)) for seed in range(20)]
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await policy.close()
        assert len(server.requests) == 2
    assert {type(outcome) for outcome in outcomes} == {InfrastructureError}
