"""`judge/<model>`: a language model that is asked for yes or no, by a real server."""

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError, InputError, TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.judge import Judge, open_judge
from tests.rewards.checkpoints import PROBLEMS, draft, prefix

Reply = tuple[int, dict[str, Any]]


def says(*tokens: tuple[str, dict[str, float]]) -> dict[str, Any]:
    """An answer of these tokens, each with the chances of what could have stood there."""
    content = [
        {
            "token": token,
            "logprob": math.log(chances[token]),
            "top_logprobs": [
                {"token": other, "logprob": math.log(chance)} for other, chance in chances.items()
            ],
        }
        for token, chances in tokens
    ]
    text = "".join(token for token, _ in tokens)
    choice = {"message": {"content": text}, "logprobs": {"content": content}}
    return {"choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 2}}


def word(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}}]}


@contextmanager
def judged_by(
    answer: Callable[[dict[str, Any]], Reply], **given: Any
) -> Iterator[tuple[Judge, list[dict[str, Any]], list[str]]]:
    """A judge whose server answers so; what it was asked, and what the judge said."""
    asked: list[dict[str, Any]] = []
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            status, said = answer(body)
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with suppress(ConnectionError):  # a judge that met an error hangs up
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/v1"
            options = ServerOptions((url,), backoff=0.01, **given)
            yield open_judge("wise", options, on_event=told.append), asked, told
        finally:
            server.shutdown()
            thread.join()


def question(body: dict[str, Any]) -> str:
    [message] = body["messages"]
    text: str = message["content"]
    return text


async def score(judge: Judge, *drafts: Draft) -> list[tuple[float | None, ...]]:
    rows = await judge.score(PROBLEMS[0], drafts)
    await judge.close()
    return rows


async def test_a_reward_is_the_chance_of_yes_against_no_in_all_spellings() -> None:
    chances = {"Yes": 0.5, " yes": 0.1, "No": 0.2, "no": 0.1, "Maybe": 0.1}
    with judged_by(lambda _: (200, says(("Yes", chances)))) as (judge, asked, told):
        [row] = await score(judge, draft())
    assert row == (pytest.approx(0.6 / 0.9),) * 3
    assert (judge.name, judge.judges, judge.aggregation) == ("judge/wise", "prefixes", "last")
    assert all(body["model"] == "wise" and body["temperature"] == 0 for body in asked)
    assert told == [
        "judge/wise was asked 3 times: 300 tokens read, 6 written, beside what the run counts"
    ]


async def test_every_prefix_is_a_question_and_the_whole_program_another() -> None:
    def answer(body: dict[str, Any]) -> Reply:
        sure = 0.9 if "is finished" in question(body) else 0.6
        return 200, says(("yes", {"yes": sure, "no": 1 - sure}))

    with judged_by(answer) as (judge, asked, _):
        [row] = await score(judge, draft())
    assert row == (pytest.approx(0.6), pytest.approx(0.6), pytest.approx(0.9))
    questions = sorted(map(question, asked), key=len)
    for text, end in zip(questions, (1, 2, 3), strict=True):
        assert "".join(draft().steps[:end]).rstrip() in text
        assert PROBLEMS[0].statement.strip() in text


async def test_nothing_is_asked_twice() -> None:
    with judged_by(lambda _: (200, says(("no", {"no": 1.0})))) as (judge, asked, _):
        await judge.score(PROBLEMS[0], [prefix(draft(), 2)])
        await judge.score(PROBLEMS[0], [draft(), prefix(draft(), 2)])
        assert len(asked) == 3
        await judge.score(PROBLEMS[1], [draft()])
        await judge.close()
    assert len(asked) == 6


async def test_a_word_that_stands_behind_others_is_found() -> None:
    answer = says(("**", {"**": 1.0}), ("No", {"No": 0.75, "Yes": 0.25}))
    with judged_by(lambda _: (200, answer)) as (judge, _, _):
        [row] = await score(judge, draft())
    assert row == (pytest.approx(0.25),) * 3


@pytest.mark.parametrize(("text", "reward"), [("Yes.", 1.0), ("no", 0.0), ("**No**, since", 0.0)])
async def test_without_chances_the_word_counts(text: str, reward: float) -> None:
    with judged_by(lambda _: (200, word(text))) as (judge, _, told):
        [row] = await score(judge, draft())
    assert row == (reward,) * 3
    assert told[0] == "judge/wise tells no chances: its word alone counts, as 0 or 1"
    assert len(told) == 2


@pytest.mark.parametrize("text", ["", "<think>Let me see", "Nothing is wrong", "yesterday"])
async def test_another_word_is_no_reward(text: str) -> None:
    with judged_by(lambda _: (200, word(text))) as (judge, _, told):
        [row] = await score(judge, draft())
    assert row == (None,) * 3
    assert "answers neither yes nor no" in told[0]


async def test_what_a_server_does_not_take_is_left_out_from_then_on() -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if "max_tokens" in body:
            said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return 400, {"error": {"message": said, "param": "max_tokens"}}
        for name in ("logprobs", "temperature"):
            if name in body:
                return 400, {"error": {"message": f"{name} is not supported", "param": name}}
        return 200, word("yes")

    with judged_by(answer) as (judge, asked, told):
        await judge.score(PROBLEMS[0], [prefix(draft(), 1)])
        before = len(asked)
        [row] = await score(judge, draft())
    assert row == (1.0,) * 3
    assert len(asked) == before + 2  # the first prefix is known
    assert asked[-1]["max_completion_tokens"] == 16
    assert "judge/wise does not take logprobs: asked without" in told


async def test_errors_say_what_to_do() -> None:
    refuses = 400, {"error": {"message": "no such model"}}
    with (
        judged_by(lambda _: refuses) as (judge, _, _),
        pytest.raises(InputError, match="refuses to judge with 'wise': no such model"),
    ):
        await score(judge, draft())
    long = 400, {"error": {"message": "maximum context length is 9 tokens"}}
    with (
        judged_by(lambda _: long) as (judge, _, _),
        pytest.raises(TooLongError, match="too long for it"),
    ):
        await score(judge, draft())
    with (
        judged_by(lambda _: (200, {"choices": []})) as (judge, _, _),
        pytest.raises(InfrastructureError, match="answers what is no answer"),
    ):
        await score(judge, draft())
    with (
        judged_by(lambda _: (500, {"error": "down"}), retries=1) as (judge, asked, _),
        pytest.raises(InfrastructureError, match="asked 2 times"),
    ):
        await score(judge, prefix(draft(), 1))
    assert len(asked) == 2


async def test_a_fence_in_the_program_does_not_end_it() -> None:
    program = draft('def main():\n    """```python\n    x\n    ```"""\n\n\nmain()\n')
    with judged_by(lambda _: (200, word("no"))) as (judge, asked, _):
        await score(judge, program)
    assert "````python\ndef main" in question(asked[0])


async def test_further_fields_reach_the_server() -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": False}}
    with judged_by(lambda _: (200, word("no")), extra=extra) as (judge, asked, _):
        await score(judge, draft())
    assert asked[0]["chat_template_kwargs"] == {"enable_thinking": False}
