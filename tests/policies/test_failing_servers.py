"""Servers that fail where others refuse, and those that hold little: found out, and remembered."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError, InputError, TooLongError
from dreamcode.policies.policy import Ending
from tests.policies import server as does
from tests.policies.asking import ask, finish
from tests.policies.brain import tokenize
from tests.policies.server import Behaviour, Exchange, ModelServer
from tests.policies.test_openai import RUNS, SCRIPT, STDIN, open_at, wish

Body = dict[str, Any]


def failing(fails: Callable[[Body], bool], how: Behaviour) -> Behaviour:
    """A server that some requests make fail."""
    return lambda exchange: (how if fails(exchange.body) else does.well)(exchange)


def wordless(status: int, page: str = "") -> Behaviour:
    return lambda exchange: exchange.send(page.encode(), status, {"Content-Type": "text/html"})


CAUSES: dict[str, Callable[[Body], bool]] = {
    "n": lambda body: body["n"] > 1,
    "seed": lambda body: "seed" in body,
    "top_p": lambda body: "top_p" in body,
    "logprobs": lambda body: "logprobs" in body,
    "stop": lambda body: "stop" in body,
    "stream": lambda body: "stream" in body,
    "prefill": lambda body: body["messages"][-1]["role"] == "assistant",
    "seed and logprobs": lambda body: "seed" in body or "logprobs" in body,
    "many tokens": lambda body: body.get("max_tokens", 0) > 2000,
}
WAYS: dict[str, Behaviour] = {
    "500": wordless(500, "Internal Server Error"),
    "500 in JSON": does.error(500, "list index out of range"),
    "502": wordless(502, "<html><h1>502 Bad Gateway</h1></html>"),
    "503": wordless(503),
    "hangs up": does.hang_up,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("fails", CAUSES.values(), ids=CAUSES.keys())
async def test_what_makes_a_server_fail_is_found_out_and_remembered(
    fails: Callable[[Body], bool], way: Behaviour, tmp_path: Path
) -> None:
    events: list[str] = []
    kept = tmp_path / "server.json"
    known = 0
    with ModelServer(SCRIPT, script=[failing(fails, way)] * 200) as server:
        for first in (True, False):
            policy = open_at(server, retries=4, learnt=kept, on_event=events.append)
            request = wish(STDIN, max_step_tokens=9000, top_p=0.9)
            proposals, _ = await ask(policy, replace(request, until="auto", seed=not first), 6)
            if fails(server.bodies[0]) or "n" in server.bodies[0]:
                await ask(policy, replace(request, until="step"), 2)
            before = len(server.requests)
            await ask(policy, replace(request, until="auto", seed=90), 6)
            await policy.close()
            assert all(RUNS.startswith(proposal.text.rstrip()) for proposal in proposals)
            assert not any(fails(body) for body in server.bodies[before:])
            if not first:
                assert not any(fails(body) for body in server.bodies[known:])
            known = len(server.requests)
    assert sum("; try " in event for event in events) <= 4
    assert json.loads(kept.read_text())["dialect"]


async def test_a_server_that_is_down_for_a_while_is_not_taken_to_refuse() -> None:
    """Guesses that happen to be answered prove nothing: what failed is answered as well by then."""
    for lost in range(3, 16):
        script = [wordless(500)] * lost
        with ModelServer(SCRIPT, script=script) as server:
            policy = open_at(server, prefill="off", retries=8)
            await finish(policy, wish(STDIN), 4)
            before = len(server.requests)
            await finish(policy, replace(wish(STDIN), seed=50), 4)
            await policy.close()
            [body] = server.bodies[before:]
        assert body["n"] == 4
        assert {"seed", "logprobs", "temperature"} <= body.keys()


async def test_what_was_answered_before_is_not_doubted() -> None:
    with ModelServer(SCRIPT) as server:
        policy = open_at(server, prefill="off", retries=3)
        await finish(policy, wish(STDIN), 2)
        server.script.extend([does.error(500, "oops")] * 4)
        with pytest.raises(InfrastructureError, match="asked 4 times"):
            await finish(policy, replace(wish(STDIN), seed=5), 2)
        await policy.close()
        assert len(server.requests) == 5


# Answers that are too long.


def holding(window: int, words: str, status: int = 400) -> Behaviour:
    """A server whose model holds so many tokens of prompt and answer together."""

    def behave(exchange: Exchange) -> None:
        body = exchange.body
        prompt = len(tokenize("".join(message["content"] for message in body["messages"])))
        most = body.get("max_tokens", 0)
        if prompt + most > window:
            said = words.format(window=window, prompt=prompt, most=most, total=prompt + most)
            exchange.reply({"error": {"message": said}}, status)
        else:
            does.well(exchange)

    return behave


WORDS = [
    "This model's maximum context length is {window} tokens. However, you requested {total} "
    "tokens ({prompt} in the messages, {most} in the completion).",
    "'max_tokens' or 'max_completion_tokens' is too large: {most}. This model's maximum context "
    "length is {window} tokens and your request has {prompt} input tokens "
    "({most} > {window} - {prompt}).",
    "the request exceeds the available context size",
    "input is too long for the requested model",
    "Requested token count exceeds the model's maximum context length of {window} tokens.",
]


@pytest.mark.parametrize("words", WORDS)
async def test_what_a_model_holds_is_found_out_once(words: str, tmp_path: Path) -> None:
    kept = tmp_path / "server.json"
    with ModelServer(SCRIPT, script=[holding(4000, words)] * 200) as server:
        request = wish(STDIN, max_step_tokens=9000)
        for session in range(2):
            before = len(server.requests)
            policy = open_at(server, prefill="off", learnt=kept)
            for seed in range(3):
                await finish(policy, replace(request, seed=seed))
            await policy.close()
            refused = len(server.requests) - before - 3
            assert refused <= 9
            assert session == 0 or not refused
        assert server.bodies[-1]["max_tokens"] > 1000


CEILINGS: dict[str, tuple[str, int]] = {
    "named": ("max_tokens must be at most 1500", 400),
    "with a comma": ("max_tokens is too large: 9000. It supports at most 1,500 tokens", 400),
    "no number": ("max_tokens is too large", 400),
    "not even the name": ("Bad Request", 400),
    "an error of validation": ("Input should be less than or equal to 1500 (max_tokens)", 422),
}


@pytest.mark.parametrize(("words", "status"), CEILINGS.values(), ids=CEILINGS.keys())
async def test_the_most_that_a_server_allows_is_found_out_once(
    words: str, status: int, tmp_path: Path
) -> None:
    def behave(exchange: Exchange) -> None:
        most = exchange.body.get("max_tokens", exchange.body.get("max_completion_tokens", 0))
        does.error(status, words)(exchange) if most > 1500 else does.well(exchange)

    kept = tmp_path / "server.json"
    with ModelServer(SCRIPT, script=[behave] * 200) as server:
        for session in range(2):
            before = len(server.requests)
            policy = open_at(server, prefill="off", learnt=kept)
            for seed in range(3):
                await finish(policy, replace(wish(STDIN, max_step_tokens=9000), seed=seed))
            await policy.close()
            assert session == 0 or len(server.requests) == before + 3
        assert server.bodies[-1]["max_tokens"] > 1000


async def test_a_prompt_that_does_not_fit_is_said_at_once_when_the_window_is_known() -> None:
    with ModelServer(SCRIPT, script=[holding(4000, WORDS[0])] * 200) as server:
        policy = open_at(server, prefill="off")
        await finish(policy, wish(STDIN, max_step_tokens=9000))
        before = len(server.requests)
        longer = replace(STDIN, statement=STDIN.statement + " really" * 8000)
        with pytest.raises(TooLongError):
            await finish(policy, wish(longer, max_step_tokens=9000))
        await policy.close()
        assert len(server.requests) == before + 1


# Steps of models that think.


async def test_steps_of_models_that_may_think_have_more_room() -> None:
    for manners, options, most in (
        ({"thinks": "apart"}, {}, {8192}),
        ({"thinks": "apart"}, {"effort": "high"}, {8192}),
        ({}, {"prefill": "off"}, {8192, 1024}),
        ({}, {"prefill": "on"}, {1024}),
    ):
        with ModelServer(SCRIPT, **manners) as server:
            policy = open_at(server, **options)
            for seed in range(3):
                await policy.write(replace(wish(STDIN), seed=seed))
            await policy.write(replace(wish(STDIN, max_step_tokens=700), seed=9))
            await policy.close()
            asked = [body["max_tokens"] for body in server.bodies]
        assert {tokens for tokens in asked if tokens >= 1024} == most
        assert 700 in asked


# Waiting.


async def test_a_longer_wait_can_be_allowed_and_is_named() -> None:
    script = [does.error(429, "come back", retry_after=2)] * 2
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off", max_wait=1)
        with pytest.raises(InfrastructureError, match=r"wait 2 s; more than 1 s .*--max-wait"):
            await finish(policy, wish(STDIN))
        await policy.close()
        policy = open_at(server, prefill="off", max_wait=5)
        begun = time.monotonic()
        await finish(policy, wish(STDIN))
        await policy.close()
    assert time.monotonic() - begun >= 2


@pytest.mark.parametrize(
    "fault",
    [
        wordless(502, "<!doctype html><title>Bad Gateway</title>"),
        does.error(503, "Loading model"),
        does.error(500, "worker restarting"),
        does.hang_up,
        does.error(429, "slow down"),
    ],
)
async def test_one_line_is_for_all_who_wait(fault: Behaviour) -> None:
    events: list[str] = []
    with ModelServer(SCRIPT, refuses=["n"]) as server:
        policy = open_at(
            server, prefill="off", concurrency=50, backoff=0.05, on_event=events.append
        )
        await finish(policy, wish(STDIN), 2)
        server.script.extend([fault] * 120)
        tasks = [policy.write(replace(wish(STDIN), seed=s, until="program")) for s in range(50)]
        answers = await asyncio.gather(*tasks)
        await policy.close()
    assert {answer.proposal.ending for answer in answers} == {Ending.PROGRAM}
    assert sum("; try " in event for event in events) <= 8


async def test_a_secure_connection_to_a_plain_server_is_said_at_once() -> None:
    with ModelServer(SCRIPT) as server:
        policy = open_at(server, base_urls=(server.url.replace("http:", "https:"),))
        with pytest.raises(InputError, match=r"no secure connection.*--base-url"):
            await policy.write(wish(STDIN))
        await policy.close()
