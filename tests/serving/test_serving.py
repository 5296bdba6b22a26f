"""Searches behind a real server, asked by the official client."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai import (
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AuthenticationError,
    OpenAI,
)
from openai.types.chat import ChatCompletion

from tests.serving.served import N, Scribe, serving

WORD = "Print the word {}.\n\n## Example\n\nInput:\n\n```\n\n```\n\nOutput:\n\n```\n{}\n```\n"


def client(address: str, key: str = "none", **settings: Any) -> OpenAI:
    return OpenAI(base_url=f"{address}/v1", api_key=key, **settings)


def asking(word: str) -> dict[str, Any]:
    statement = WORD.format(word, word)
    return {"model": "dreamcode", "messages": [{"role": "user", "content": statement}]}


def fetch(address: str, **settings: Any) -> tuple[int, Any]:
    """Status and JSON body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, **settings)) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(what: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def test_an_answer_is_the_program_and_what_the_search_cost() -> None:
    scribe = Scribe()
    with serving(scribe) as address:
        found = client(address).chat.completions.create(**asking("mango"))
    choice = found.choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content == '```python\ndef main():\n    print("mango")\n\n\nmain()\n```'
    assert found.usage is not None
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (11 * N, 7 * N)
    assert len(scribe.requests[0].problem.public_tests) == 1


def test_what_is_known_against_a_program_is_said() -> None:
    with serving(Scribe()) as address:
        body = asking("mango")
        body["messages"][0]["content"] = WORD.format("mango", "banana")
        found = client(address).chat.completions.create(**body)
    content = found.choices[0].message.content or ""
    assert content.endswith("```\n\nIt passes 0 of 1 public tests: wrong answer.")


def test_a_stream_tells_how_far_it_is_then_the_program() -> None:
    with serving(Scribe(seconds=1.5)) as address:
        chunks = list(
            client(address).chat.completions.create(
                stream=True, stream_options={"include_usage": True}, **asking("mango")
            )
        )
    assert len({chunk.id for chunk in chunks}) == 1
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    told = [getattr(delta, "reasoning_content", None) for delta in deltas]
    assert any(line and "tokens written" in line for line in told)
    content = "".join(delta.content or "" for delta in deltas)
    assert content == '```python\ndef main():\n    print("mango")\n\n\nmain()\n```'
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 7 * N


async def test_every_answer_belongs_to_its_request() -> None:
    scribe = Scribe(seconds=0.05)
    words = [f"w{number}" for number in range(64)]

    async def ask(one: AsyncOpenAI, word: str) -> ChatCompletion:
        found: ChatCompletion = await one.chat.completions.create(**asking(word))
        return found

    with serving(scribe, at_once=16) as address:
        async with AsyncOpenAI(base_url=f"{address}/v1", api_key="none") as one:
            found = await asyncio.gather(*(ask(one, word) for word in words))
        assert fetch(f"{address}/health") == (
            200, {"status": "ok", "running": 0, "waiting": 0, "done": 64}
        )  # fmt: skip
    for word, answer in zip(words, found, strict=True):
        assert f'print("{word}")' in (answer.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_costs_nothing_more(stream: bool) -> None:
    scribe = Scribe(seconds=2.0)
    with serving(scribe) as address:
        one = client(address, max_retries=0)
        if stream:
            chunks = one.chat.completions.create(stream=True, **asking("mango"))
            next(iter(chunks))
            assert wait_until(lambda: scribe.begun == N)
            chunks.close()
        else:
            with pytest.raises(APITimeoutError):
                one.with_options(timeout=1.0).chat.completions.create(**asking("mango"))

        def idle() -> bool:
            _, health = fetch(f"{address}/health")
            return bool(health["running"] == 0)

        assert scribe.begun == N
        assert wait_until(idle)
        time.sleep(2.0)
        assert (scribe.begun, scribe.ended) == (N, 0)
        assert fetch(f"{address}/health")[1]["done"] == 0


def test_what_a_request_says_comes_before_the_servers_settings() -> None:
    scribe = Scribe()
    with serving(scribe) as address:
        body = asking("mango") | {"temperature": 0.25, "top_p": 0.5, "seed": 9}
        client(address).chat.completions.create(**body)
        found = client(address).chat.completions.create(**asking("mango"), max_completion_tokens=8)
    first, limited = scribe.requests[0], scribe.requests[N:]
    assert (first.sampling.temperature, first.sampling.top_p) == (0.25, 0.5)
    assert len(limited) < N
    assert found.usage is not None
    assert found.usage.completion_tokens <= 14


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "another model": ({"model": "gpt-4o"}, 404, "no model 'gpt-4o' here; use 'dreamcode'"),
    "several answers": ({"n": 2}, 400, "n: "),
    "no messages": ({"messages": []}, 400, "messages: "),
    "no text": ({"messages": [{"role": "user", "content": " "}]}, 400, "write the problem there"),
    "nobody asks": ({"messages": [{"role": "system", "content": "x"}]}, 400, "no user message"),
    "a picture": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        400,
        "type 'image_url'; only text",
    ),
    "too hot": ({"temperature": 3}, 400, "temperature: "),
}


@pytest.mark.parametrize("case", BAD)
def test_a_request_that_cannot_be_answered_is_named(case: str) -> None:
    changes, status, words = BAD[case]
    scribe = Scribe()
    with serving(scribe) as address, pytest.raises(APIStatusError) as caught:
        client(address).chat.completions.create(**(asking("mango") | changes))
    assert caught.value.status_code == status
    assert words in caught.value.message
    assert not scribe.begun


@pytest.mark.parametrize("stream", [False, True])
def test_a_search_that_fails_is_not_paid_for_again(stream: bool) -> None:
    scribe = Scribe()
    body = asking("x") | {"messages": [{"role": "user", "content": "Print nothing."}]}
    with serving(scribe) as address:
        one = client(address, max_retries=2)
        with pytest.raises(APIError, match="scribe is down"):
            list(one.chat.completions.create(**body | {"stream": stream}))
    assert scribe.begun == N


def test_text_of_others_opens_no_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "tests.json").write_text('[{"input": "", "output": "secret"}]')
    scribe = Scribe()
    text = f"---\ntests: {tmp_path}/tests.json\n---\n\nPrint the word mango.\n"
    body = asking("x") | {"messages": [{"role": "user", "content": text}]}
    with serving(scribe) as address:
        client(address).chat.completions.create(**body)
    problem = scribe.requests[0].problem
    assert problem.public_tests == ()
    assert problem.statement.startswith("---\ntests: ")


def test_a_key_is_asked_for_where_there_is_one() -> None:
    with serving(Scribe(), key="open sesame") as address:
        for wrong in ("none", "open sesam", "open sesame and more"):
            with pytest.raises(AuthenticationError):
                client(address, wrong).models.list()
        assert [one.id for one in client(address, "open sesame").models.list()] == ["dreamcode"]
        assert fetch(f"{address}/v1/models")[0] == 401
        assert fetch(f"{address}/health")[0] == 200


def test_pages_of_other_sites_reach_nothing() -> None:
    scribe = Scribe()
    body = json.dumps(asking("mango")).encode()
    with serving(scribe) as address:
        chat = f"{address}/v1/chat/completions"
        # A page can send this without being asked first, so it must not count as a request.
        assert fetch(chat, data=body, headers={"Content-Type": "text/plain"})[0] == 415
        # A name that was made to point here.
        assert fetch(f"{address}/v1/models", headers={"Host": "evil.example"})[0] == 400
        assert fetch(chat, data=b"{", headers={"Content-Type": "application/json"})[0] == 400
        large = b'{"a": "' + b"x" * (5 * 2**20) + b'"}'
        assert fetch(chat, data=large, headers={"Content-Type": "application/json"})[0] == 413
    assert not scribe.begun
