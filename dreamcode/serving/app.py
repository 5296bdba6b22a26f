"""The addresses that clients of OpenAI's interface know, answered by searches."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dreamcode.errors import DreamcodeError, InputError
from dreamcode.problems.problem import Problem
from dreamcode.results import Result
from dreamcode.serving.answers import NAME, Answer, find_finish, list_model, write_content
from dreamcode.serving.asked import adapt, read_asked, read_statement
from dreamcode.serving.workshop import Progress, Workshop
from dreamcode.solver import Attempt
from dreamcode_sandbox.errors import SandboxError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What clients of this machine call it."""

MOST_BYTES = 4 * 2**20
"""Of a request's body."""

BEAT = 1.0
"""Seconds between two looks at how far a search is."""

SILENCE = 15.0
"""Seconds after which a stream says that it is alive, so that nobody between gives it up."""

GONE = 499
"""Status for the log: the client left before the answer."""

Handler = Callable[[Request], Awaitable[Response]]


class UnservedError(Exception):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        code: a word for programs.
    """

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def make_app(workshop: Workshop, key: str | None) -> Starlette:
    """The application.

    Args:
        workshop: who answers.
        key: what clients must name; None lets in whoever calls this machine by a name of its
            own: no page of another machine can, whatever name it was made to point here.
    """
    since = int(time.time())

    async def tell_health(_: Request) -> Response:
        counts = {name: getattr(workshop, name) for name in ("running", "waiting", "done")}
        return JSONResponse({"status": "ok"} | counts)

    async def tell_models(_: Request) -> Response:
        model = list_model(since).model_dump()
        return JSONResponse({"object": "list", "data": [model]})

    async def tell_model(request: Request) -> Response:
        check_model(request.path_params["name"])
        return JSONResponse(list_model(since).model_dump())

    async def complete(request: Request) -> Response:
        asked = read_asked(await read_json(request))
        check_model(asked.model)
        problem, attempt = read_statement(asked), adapt(workshop.attempt, asked)
        if not asked.stream:
            return await answer_whole(request, workshop, problem, attempt)
        usage = asked.stream_options is not None and asked.stream_options.include_usage
        events = answer_in_pieces(request, workshop, problem, attempt, usage=usage)
        return StreamingResponse(events, media_type="text/event-stream")

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if key is not None:
                check_key(request, key)
            return await handler(request)

        return handle

    hosts = ["*"] if key is not None else list(LOOPBACK)
    return Starlette(
        routes=[
            Route("/health", tell_health),
            Route("/v1/models", guarded(tell_models)),
            Route("/v1/models/{name:path}", guarded(tell_model)),
            Route("/v1/chat/completions", guarded(complete), methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers=dict.fromkeys((UnservedError, DreamcodeError, SandboxError), tell_error),
    )


@asynccontextmanager
async def searching(
    request: Request, workshop: Workshop, problem: Problem, attempt: Attempt, progress: Progress
) -> AsyncIterator[tuple["asyncio.Task[Result]", "asyncio.Task[None]"]]:
    """A search, and a task that is done once the client has left; both end with the context."""
    work = workshop.begin(problem, attempt, progress)
    leaving = asyncio.create_task(_wait_for_leaving(request))
    try:
        yield work, leaving
    finally:
        for task in (work, leaving):
            task.cancel()
        await asyncio.gather(work, leaving, return_exceptions=True)


async def answer_whole(
    request: Request, workshop: Workshop, problem: Problem, attempt: Attempt
) -> Response:
    """The answer in one piece; a client that leaves ends its search."""
    async with searching(request, workshop, problem, attempt, Progress()) as (work, leaving):
        await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return Response(status_code=GONE)
        return JSONResponse(Answer().whole(take_result(work)).model_dump())


async def answer_in_pieces(
    request: Request, workshop: Workshop, problem: Problem, attempt: Attempt, *, usage: bool
) -> AsyncIterator[str]:
    """Events: how far the search is, then the program; a client that leaves ends the search."""
    answer, progress = Answer(), Progress()
    async with searching(request, workshop, problem, attempt, progress) as (work, leaving):
        yield _event(answer.piece(ChoiceDelta(role="assistant", content="")))
        async for line in _follow(work, leaving, progress):
            yield _event(answer.progress(line)) if line else ": still at work\n\n"
        if not work.done():
            return
        try:
            result = take_result(work)
        except (UnservedError, DreamcodeError, SandboxError) as error:
            yield f"data: {json.dumps(describe_error(error))}\n\n"
            return
        yield _event(answer.piece(ChoiceDelta(content=write_content(result))))
        yield _event(answer.piece(ChoiceDelta(), find_finish(result)))
        if usage:
            yield _event(answer.usage(result))
        yield "data: [DONE]\n\n"


def take_result(work: "asyncio.Task[Result]") -> Result:
    """What a search that is over came to.

    Raises:
        UnservedError: it was cancelled: the server ends.
        DreamcodeError, SandboxError: it failed.
    """
    if work.cancelled():
        raise UnservedError(503, "the server was stopped before there was an answer")
    return work.result()


async def _follow(
    work: "asyncio.Task[Result]", leaving: "asyncio.Task[None]", progress: Progress
) -> AsyncIterator[str]:
    """Lines that are news, until the work is over or the client left; "" after a long silence."""
    said, quiet = "", 0.0
    while not work.done() and not leaving.done():
        await asyncio.wait({work, leaving}, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return
        if progress.line != said:
            said, quiet = progress.line, 0.0
            yield said
        elif (quiet := quiet + BEAT) >= SILENCE:
            quiet = 0.0
            yield ""


async def _wait_for_leaving(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _event(chunk: ChatCompletionChunk) -> str:
    return f"data: {chunk.model_dump_json()}\n\n"


async def read_json(request: Request) -> Any:
    """The body.

    Raises:
        UnservedError: it is no JSON or says that it is none (what a page of another site can send
            without asking first says so), or is too long.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnservedError(415, "send application/json")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise UnservedError(413, f"the body is longer than {MOST_BYTES:,} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnservedError(400, "the body is not JSON") from None


def check_model(name: str) -> None:
    """Raises UnservedError for a model that is not served."""
    if name != NAME:
        raise UnservedError(
            404, f"there is no model {name!r} here; use {NAME!r}", "model_not_found"
        )


def check_key(request: Request, key: str) -> None:
    """Raises UnservedError for a client that does not name the key."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), key.encode()):
        raise UnservedError(401, "no such API key", "invalid_api_key")


async def tell_error(_: Request, error: Exception) -> Response:
    """The error as clients know it; none is worth a second try, which would cost as much again."""
    return JSONResponse(describe_error(error), find_status(error), {"x-should-retry": "false"})


def find_status(error: Exception) -> int:
    """The status of HTTP that says whose fault it is."""
    if isinstance(error, UnservedError):
        return error.status
    if isinstance(error, InputError):
        return 400
    return 502 if isinstance(error, DreamcodeError) else 500


def describe_error(error: Exception) -> dict[str, Any]:
    """The error's body."""
    return {
        "error": {
            "message": " ".join(str(error).split()),
            "type": "invalid_request_error" if find_status(error) < 500 else "server_error",
            "param": None,
            "code": getattr(error, "code", None),
        }
    }
