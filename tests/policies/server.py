"""A real HTTP server that speaks the OpenAI protocol, well or badly, as a test wants it.

    with ModelServer({statement: [program, ...]}) as server:
        policy = open_openai("tiny", base_url=server.url, backoff=0.01)

A `script` makes the first requests go wrong, one entry each; `refuses`, `ignores` and the
other options make it some particular server. See `brain.py` for what it answers otherwise.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.policies.brain import Brain, NothingToSayError

Behaviour = Callable[["Exchange"], None]


@dataclass(frozen=True)
class Request:
    """What a client sent; the names of headers in small letters."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """An answer that was sent as a whole.

    Attributes:
        question: path and body of the request.
        asked: when it came.
        sent: when the answer was sent.
    """

    question: str
    asked: float
    sent: float


class ModelServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 while the `with` block runs.

    Args:
        programs: what it can write; see `Brain`.
        refuses: parameters answered with a 400 that names them; "prefill" for both of its.
        models: what it serves.
        endpoints: what it serves them by: "chat/completions", "completions", "responses".
        streams: whether it answers in streams alone.
        per_minute: most requests in each `minute`; beyond it refuses and says how long to wait.
        minute: seconds.
        pace: seconds that every answer takes, one after another.
        port: where to listen; 0 is any free one.
        script: the first requests' behaviours; every later request is answered well.
        **manners: the other attributes of `Brain`.
    """

    daemon_threads = True
    request_queue_size = 128  # as real servers: with 5 the system itself refuses most of fifty

    def __init__(
        self,
        programs: Mapping[str, Sequence[str]] | None = None,
        *,
        refuses: Iterable[str] = (),
        models: Sequence[str] = ("tiny",),
        endpoints: Iterable[str] = ("chat/completions", "completions"),
        streams: bool = False,
        per_minute: int | None = None,
        minute: float = 60.0,
        pace: float = 0.0,
        port: int = 0,
        script: Iterable[Behaviour] = (),
        **manners: Any,
    ) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        manners["ignores"] = frozenset(manners.get("ignores", ()))
        self.brain = Brain(programs or {}, **manners)
        self.refuses = frozenset(refuses)
        self.models = tuple(models)
        self.endpoints = frozenset(endpoints)
        self.streams = streams
        self.per_minute = per_minute
        self.minute = minute
        self.served: deque[float] = deque()
        self.pace = pace
        self.turn = threading.Lock()
        self.answered = 0
        self.delivered: list[Delivery] = []
        self.script = deque(script)
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the requests so far."""
        return [request.body for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Clients that go away in the middle are what many tests are about."""


class Exchange(BaseHTTPRequestHandler):
    """One connection and the request it carries now."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait for each other
    server: ModelServer
    body: dict[str, Any]

    def do_GET(self) -> None:
        models = [{"id": name, "object": "model"} for name in self.server.models]
        self.reply({"object": "list", "data": models})

    def do_POST(self) -> None:
        server = self.server
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with server.lock:
            server.requests.append(Request(self.path, headers, self.body))
            behave = server.script.popleft() if server.script else well
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            behave(self)
        finally:
            with server.lock:
                server.at_once -= 1

    def reply(
        self, value: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Sends a JSON value."""
        self.send(json.dumps(value).encode(), status, headers)

    def send(
        self,
        content: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        promised: int | None = None,
    ) -> None:
        """Sends a body; hangs up after it if more was promised."""
        self.send_response(status)
        self.send_header("Content-Type", (headers or {}).get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(promised or len(content)))
        for name, value in (headers or {}).items():
            if name != "Content-Type":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = promised is not None

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


# What a server can do to a request, for scripts.


def well(exchange: Exchange) -> None:
    """Answers as it should, or refuses what this server refuses."""
    server, body = exchange.server, exchange.body
    sent = {"prefill" if name == "continue_final_message" else name for name in body}
    if exchange.path.removeprefix("/v1/") not in server.endpoints:
        error(404, f"Invalid URL (POST {exchange.path})")(exchange)
    elif (wait := seconds_to_wait(server)) is not None:
        error(429, f"Rate limit reached. Please try again in {wait:.3f}s.")(exchange)
    elif server.streams and not body.get("stream"):
        error(400, "This model can only be used with streaming")(exchange)
    elif body["model"] not in server.models:
        error(404, f"The model `{body['model']}` does not exist")(exchange)
    elif refused := sorted(sent & server.refuses - ({"n"} if body.get("n") == 1 else set())):
        name = "continue_final_message" if refused[0] == "prefill" else refused[0]
        error(400, f"Unsupported parameter: '{name}'", param=name)(exchange)
    else:
        try:
            answer(exchange)
        except NothingToSayError as problem:
            error(400, f"test script: {problem}", param="messages")(exchange)


def seconds_to_wait(server: ModelServer) -> float | None:
    """How long until the next request is allowed; None if this one is."""
    if server.per_minute is None:
        return None
    now = time.monotonic()
    with server.lock:
        while server.served and server.served[0] <= now - server.minute:
            server.served.popleft()
        if len(server.served) >= server.per_minute:
            return server.served[0] + server.minute - now
        server.served.append(now)
    return None


def answer(exchange: Exchange) -> None:
    """Says what the model says; notes what was asked, and when the answer was sent as a whole."""
    server, asked = exchange.server, time.monotonic()
    with server.turn if server.pace else nullcontext():
        time.sleep(server.pace)
        say(exchange)
        exchange.wfile.flush()
    question = json.dumps([exchange.path, exchange.body], sort_keys=True)
    server.delivered.append(Delivery(question, asked, time.monotonic()))


def say(exchange: Exchange) -> None:
    """What the model says, in the form of the endpoint."""
    server, body = exchange.server, exchange.body
    responses = exchange.path == "/v1/responses"
    if responses:
        asked = {**body, "messages": body["input"], "max_tokens": body.get("max_output_tokens")}
        said = as_response(server.brain.answer(asked))
    else:
        said = server.brain.answer(body)
    with server.lock:
        server.answered += 1
    if not body.get("stream"):
        exchange.reply(said)
    elif responses:
        stream(
            exchange,
            [{"type": "response.created"}, {"type": "response.completed", "response": said}],
        )
    else:
        stream(exchange, as_chunks(said))


def as_response(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer in the form of the Responses API."""
    [choice] = answer["choices"]
    usage = answer.get("usage", {})
    thinking = usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
    text = {"type": "output_text", "text": choice["message"]["content"], "annotations": []}
    cut = choice["finish_reason"] == "length"
    return {
        "object": "response",
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [text]},
        ],
        "usage": {
            "input_tokens": usage.get("prompt_tokens"),
            "output_tokens": usage.get("completion_tokens"),
            "output_tokens_details": {"reasoning_tokens": thinking},
        },
    }


def as_chunks(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """A chat answer as the events of a stream, a few characters each."""
    events: list[dict[str, Any]] = []
    for choice in answer["choices"]:
        index = choice["index"]
        if "text" in choice:
            events.append({"choices": [{"index": index, "text": choice["text"]}]})
        for name, text in choice.get("message", {}).items():
            if name == "role":
                continue
            for start in range(0, len(text), 7):
                delta = {name: text[start : start + 7]}
                events.append({"choices": [{"index": index, "delta": delta}]})
        told = ("index", "finish_reason", "stop_reason", "logprobs")
        finish = {name: choice[name] for name in told if name in choice}
        events.append({"choices": [{"delta": {}, **finish}]})
    return [*events, {"choices": [], "usage": answer.get("usage")}]


def stream(exchange: Exchange, events: Sequence[dict[str, Any]], *, done: bool = True) -> None:
    """Sends events as they are sent to browsers."""
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    content = "".join([": hello\n\n", *lines, "data: [DONE]\n\n" if done else ""])
    exchange.send(content.encode(), headers={"Content-Type": "text/event-stream"})


def error(
    status: int, message: str = "no", *, retry_after: object = None, **fields: Any
) -> Behaviour:
    """An error; `fields` become part of the error object."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return lambda exchange: exchange.reply(
        {"error": {"message": message, **fields}}, status, headers
    )


def texts(*contents: str | None, finish: str = "stop") -> Behaviour:
    """These texts for choices, whatever was asked."""
    choices = [
        {"index": index, "message": {"content": content}, "finish_reason": finish}
        for index, content in enumerate(contents)
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": 5 * len(contents)}
    return lambda exchange: exchange.reply({"choices": choices, "usage": usage})


def hang(exchange: Exchange) -> None:
    """Says nothing until the server closes."""
    exchange.server.closing.wait(60)
    exchange.close_connection = True


def cut(exchange: Exchange) -> None:
    """Hangs up in the middle of the body."""
    exchange.send(b'{"choices": [{"message": {"content": "def ma', promised=1000)


def hang_up(exchange: Exchange) -> None:
    """Hangs up without a word."""
    exchange.close_connection = True


def invalid_json(exchange: Exchange) -> None:
    """A body that is no JSON, of the right length."""
    exchange.send(b'{"choices": [{"mess')


def not_an_answer(exchange: Exchange) -> None:
    """JSON of another kind, as from a server of something else."""
    exchange.reply({"hello": "world"})


def no_choices(exchange: Exchange) -> None:
    """An answer that offers nothing."""
    exchange.reply({"choices": []})


no_content = texts(None)
