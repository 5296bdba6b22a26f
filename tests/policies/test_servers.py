"""Models that think, and servers that refuse, limit or stream, each a real HTTP server."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from tests.policies import server as does
from tests.policies.asking import ask, finish
from tests.policies.server import Behaviour, ModelServer
from tests.policies.test_openai import (
    CLASS,
    FUNCTION,
    GAPS,
    RUNS,
    SCRIPT,
    STDIN,
    canonical,
    open_at,
    propose_once,
    wish,
)

# Models that think, and whole programs in one answer.


@pytest.mark.parametrize("thinks", ["tags", "apart", "counted"])
@pytest.mark.parametrize("problem", [STDIN, CLASS, FUNCTION])
async def test_a_model_that_thinks_is_asked_for_whole_programs_and_never_begun(
    thinks: str, problem: Problem
) -> None:
    events: list[str] = []
    [program] = SCRIPT[problem.statement]
    with ModelServer(SCRIPT, thinks=thinks) as server:
        policy = open_at(server, on_event=events.append)
        proposals, usage = await ask(policy, replace(wish(problem), until="auto"), 4)
        await policy.close()
        assert {body["messages"][-1]["role"] for body in server.bodies} == {"user"}
        assert [body["n"] for body in server.bodies] == [1, 3]
    assert [proposal.text for proposal in proposals] == [program] * 4
    assert {proposal.ending for proposal in proposals} == {Ending.PROGRAM}
    assert usage.thinking_tokens == (0 if thinks == "tags" else 40)
    assert len(events) == 1
    assert "thinks" in events[0]


async def test_a_model_that_does_not_think_is_begun_where_the_server_goes_on() -> None:
    with ModelServer(SCRIPT, tells_stop_reason=True) as server:
        policy = open_at(server)
        request = replace(wish(FUNCTION), until="auto")
        [first, *others], _ = await ask(policy, request, 3)
        await policy.close()
    assert first.text == GAPS
    assert {proposal.text for proposal in others} == {canonical(GAPS)[0]}


async def test_a_server_that_refuses_nearly_everything_gives_a_program_per_call() -> None:
    refuses = ["prefill", "n", "max_tokens", "temperature", "top_p", "logprobs", "stop", "seed"]
    with ModelServer(SCRIPT, refuses=refuses) as server:
        policy = open_at(server)
        proposals, usage = await ask(policy, replace(wish(STDIN), until="auto"), 4)
        await policy.close()
    assert [proposal.text for proposal in proposals] == [RUNS] * 4
    assert usage.calls == 4


@pytest.mark.parametrize("problem", [STDIN, CLASS, FUNCTION])
async def test_the_rest_of_a_program_comes_in_one_answer(problem: Problem) -> None:
    [program] = SCRIPT[problem.statement]
    steps = canonical(program)
    for length in range(len(steps)):
        prefix = "".join(steps[:length])
        with ModelServer(SCRIPT, thinks="tags") as server:
            policy = open_at(server, prefill="off")
            [proposal], usage = await finish(policy, wish(problem, prefix))
            await policy.close()
        assert prefix + proposal.text == program
        assert usage.calls == 1


async def test_effort_and_further_fields_are_sent_and_their_refusal_is_said() -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": True}, "top_k": 20}
    with ModelServer(SCRIPT, thinks="apart") as server:
        policy = open_at(server, effort="high", extra=extra)
        await ask(policy, replace(wish(STDIN), until="auto"), 2)
        await policy.close()
        [body] = server.bodies
    assert body["reasoning_effort"] == "high"
    assert body.items() >= extra.items()
    with (
        ModelServer(SCRIPT, refuses=["reasoning_effort"]) as server,
        pytest.raises(InputError, match="reasoning_effort"),
    ):
        await propose_once(server, effort="high")


async def test_empty_answers_and_refusals_are_asked_again_and_paid() -> None:
    events: list[str] = []
    script = [does.texts(""), does.texts("I cannot help with that.")]
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off", on_event=events.append)
        [proposal], usage = await finish(policy, wish(STDIN))
        await policy.close()
        seeds = [body["seed"] for body in server.bodies]
    assert proposal.text == RUNS
    assert usage.calls == 3
    assert proposal.tokens == usage.completion_tokens
    assert len(set(seeds)) == 3
    assert any("without a program" in event for event in events)


async def test_thinking_that_takes_all_tokens_names_the_option() -> None:
    events: list[str] = []
    script = [does.texts("<think> and so on and on", finish="length")]
    with ModelServer(script=script) as server:
        policy = open_at(server, prefill="off", on_event=events.append)
        [proposal], _ = await finish(policy, wish(STDIN))
        await policy.close()
    assert proposal.ending is Ending.LENGTH
    assert "--max-step-tokens" in events[0]


# Refusals in other words, or in none.


def refusing(words: str, refuses: Callable[[dict[str, Any]], bool], status: int = 400) -> Behaviour:
    """A server that refuses some requests in its own words."""

    def behave(exchange: does.Exchange) -> None:
        if refuses(exchange.body):
            exchange.reply({"error": {"message": words}}, status)
        else:
            does.well(exchange)

    return behave


def has_system(body: dict[str, Any]) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


REFUSALS: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "n in other words": ("Multiple candidates is not enabled", lambda body: body["n"] > 1),
    "logprobs in no words": ("Bad Request", lambda body: "logprobs" in body),
    "seed in no words": ("", lambda body: "seed" in body),
    "two at once in no words": (
        "invalid request",
        lambda body: "seed" in body or "logprobs" in body,
    ),
    "system messages": ("System role not supported", has_system),
    "roles must alternate": (
        "Conversation roles must alternate user/assistant/user/assistant/...",
        has_system,
    ),
    "a ceiling": (
        "max_tokens must be less than or equal to 500",
        lambda body: body.get("max_tokens", 0) > 500,
    ),
}


@pytest.mark.parametrize(("words", "refuses"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_refusals_are_found_out_by_their_effect(
    words: str, refuses: Callable[[dict[str, Any]], bool]
) -> None:
    script = [refusing(words, refuses)] * 200
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off")
        request = replace(wish(STDIN, max_step_tokens=2000), until="program")
        proposals, _ = await ask(policy, request, 3)
        before = len(server.requests)
        await ask(policy, replace(request, seed=10), 3)
        await policy.close()
        assert not any(refuses(body) for body in server.bodies[before:])
    assert [proposal.text for proposal in proposals] == [RUNS] * 3


@pytest.mark.parametrize(
    ("sampling", "left"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 0.8, "top_p": 0.9}, {"top_p": 0.9}),
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    ],
)
async def test_of_temperature_and_top_p_that_stays_which_the_user_chose(
    sampling: dict[str, float], left: dict[str, float]
) -> None:
    words = "`temperature` and `top_p` cannot both be specified for this model."
    script = [refusing(words, lambda body: {"temperature", "top_p"} <= body.keys())] * 9
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off")
        await policy.write(wish(STDIN, **sampling))
        await policy.close()
        body = server.bodies[-1]
    assert {name: body[name] for name in ("temperature", "top_p") if name in body} == left


async def test_an_answer_that_does_not_fit_is_asked_for_shorter() -> None:
    words = "This model's maximum context length is 900 tokens; you asked for more."
    script = [refusing(words, lambda body: body.get("max_tokens", 0) > 600)] * 9
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off")
        [proposal], _ = await finish(policy, wish(STDIN, max_step_tokens=5000))
        await policy.close()
    assert proposal.text == RUNS


# Odd answers.


async def test_content_in_parts_and_odd_usage_are_read() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "draft: ```python\n1\n```"}]},
        {"type": "text", "text": "```python\n"},
        {"type": "text", "text": RUNS + "```"},
    ]
    for usage in (
        None,
        {"prompt_tokens": None, "completion_tokens": None},
        {"completion_tokens": 12.0},
        {"total_tokens": 3},
        "free",
    ):
        body = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
        answer = body | {"usage": usage}
        with ModelServer(script=[lambda exchange, a=answer: exchange.reply(a)]) as server:
            policy = open_at(server, prefill="off")
            [proposal], spent = await finish(policy, wish(STDIN))
            await policy.close()
        assert proposal.text == RUNS
        assert spent.completion_tokens > 0


async def test_an_error_behind_200_is_shown_and_passes() -> None:
    events: list[str] = []
    error = {"error": {"message": "Provider returned error: overloaded", "code": 502}}
    script = [lambda exchange: exchange.reply(error)]
    with ModelServer(SCRIPT, script=script) as server:
        policy = open_at(server, prefill="off", on_event=events.append)
        [proposal], _ = await finish(policy, wish(STDIN))
        await policy.close()
    assert proposal.text == RUNS
    assert "overloaded" in events[0]


# Other endpoints, streams.


async def test_a_model_that_only_the_responses_api_serves_is_used_there() -> None:
    events: list[str] = []
    with ModelServer(SCRIPT, endpoints=["responses"], thinks="counted") as server:
        policy = open_at(server, on_event=events.append, effort="low")
        proposals, usage = await ask(policy, replace(wish(STDIN), until="auto"), 3)
        await policy.close()
        bodies = [one.body for one in server.requests if one.path == "/v1/responses"]
    assert [proposal.text for proposal in proposals] == [RUNS] * 3
    assert usage.calls == 3
    assert usage.completion_tokens == sum(proposal.tokens for proposal in proposals)
    assert usage.thinking_tokens == 30
    assert bodies[-1]["reasoning"] == {"effort": "low"}
    assert len(events) == 1


async def test_the_responses_api_tells_what_was_cut() -> None:
    with ModelServer(SCRIPT, endpoints=["responses"]) as server:
        policy = open_at(server, endpoint="responses")
        [proposal], _ = await finish(policy, wish(STDIN, max_step_tokens=20))
        await policy.close()
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == 20


@pytest.mark.parametrize("endpoints", [["chat/completions"], ["responses"]])
async def test_a_server_that_only_streams_is_read(endpoints: list[str]) -> None:
    with ModelServer(SCRIPT, endpoints=endpoints, streams=True, thinks="apart") as server:
        policy = open_at(server)
        proposals, usage = await ask(policy, replace(wish(STDIN), until="auto"), 3)
        await policy.close()
    assert [proposal.text for proposal in proposals] == [RUNS] * 3
    assert usage.completion_tokens > 0


async def test_a_stream_that_breaks_off_is_asked_for_again() -> None:
    def break_off(exchange: does.Exchange) -> None:
        events = [{"choices": [{"index": 0, "delta": {"content": "def ma"}}]}]
        does.stream(exchange, events)

    with ModelServer(SCRIPT, script=[break_off]) as server:
        policy = open_at(server, prefill="off")
        [proposal], _ = await finish(policy, wish(STDIN))
        await policy.close()
        assert len(server.requests) == 2
    assert proposal.text == RUNS


# Limits of requests per minute, servers that come back.


async def test_a_limit_per_minute_is_waited_for_and_told_of_once_at_a_time() -> None:
    events: list[str] = []
    with ModelServer(SCRIPT, per_minute=4, minute=0.5, refuses=["n"]) as server:
        policy = open_at(server, prefill="off", retries=3, on_event=events.append)
        proposals, _ = await finish(policy, wish(STDIN), 14)
        await policy.close()
        assert server.answered == 14
    assert len(proposals) == 14
    waits = [event for event in events if "as the server asks" in event]
    assert 1 <= len(waits) <= 8


async def test_a_server_that_is_restarted_is_waited_for_in_one_line_a_time() -> None:
    events: list[str] = []
    with ModelServer(SCRIPT) as first:
        port = first.server_port
    policy = open_at(first, prefill="off", backoff=0.1, on_event=events.append)
    tasks = [asyncio.create_task(policy.write(replace(wish(STDIN), seed=s))) for s in range(12)]
    await asyncio.sleep(0.4)
    assert not any(task.done() for task in tasks)
    with ModelServer(SCRIPT, port=port):
        answers = await asyncio.wait_for(asyncio.gather(*tasks), 20)
        await policy.close()
    assert len(answers) == 12
    assert len(events) <= 4


async def test_a_dead_server_is_given_up_by_all_together() -> None:
    events: list[str] = []
    with ModelServer(SCRIPT) as server:
        pass
    policy = open_at(server, prefill="off", backoff=0.05, retries=3, on_event=events.append)
    begun = time.monotonic()
    tasks = [asyncio.create_task(policy.write(replace(wish(STDIN), seed=s))) for s in range(40)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await policy.close()
    assert {type(outcome) for outcome in outcomes} == {InfrastructureError}
    assert "asked 4 times" in str(outcomes[0])
    assert len(events) == 3
    assert time.monotonic() - begun < 10
