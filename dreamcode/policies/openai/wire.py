"""Requests to an OpenAI-compatible server, its errors told apart."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import openai

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.openai.patience import Fault, OnEvent, Patience, told_wait
from dreamcode.policies.openai.reply import (
    Choice,
    Counts,
    Reply,
    ServerSaysError,
    read_body,
    read_reply,
)
from dreamcode.policies.openai.servers import Server, Servers
from dreamcode.policies.openai.stream import EventReader, Joiner
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions

Answer = TypeVar("Answer")

_CONNECT_SECONDS = 10.0
_TOO_LONG = (
    *("context length", "context size", "context window", "maximum context", "too long"),
    *("context_length_exceeded", "exceeds the model", "token limit", "maximum number of tokens"),
)
_FILTERED = (
    *("content_filter", "content management policy", "content_policy", "responsibleai"),
    *("data_inspection", "prohibited_content", "flagged"),
)
# A refusal that some servers report as a failure of theirs: a prompt's template that does not
# take the messages, a parameter that nothing handles.
_REFUSES = re.compile(
    r"jinja|raise_exception|chat.?template|must alternate|un\w*supported"
    r"|not (?:\w+ )?(?:supported|implemented|allowed)|invalid_request|extra inputs",
    re.IGNORECASE,
)
_OUT_OF_MONEY = ("insufficient_quota", "insufficient balance", "billing", "credit balance")


class RefusedError(Exception):
    """The server understood the request and refuses it: asking again changes nothing.

    Attributes:
        parameter: the parameter that the server blames; None if it does not say.
        missing: whether there is nothing under this path or model name.
        too_long: whether prompt and answer together do not fit the model.
    """

    def __init__(
        self,
        message: str,
        parameter: str | None = None,
        *,
        missing: bool = False,
        too_long: bool = False,
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.missing = missing
        self.too_long = too_long


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask a server.

    Attributes:
        path: where, below the base URL, e.g. "/chat/completions".
        body: what to send.
        is_whole: says of the text of a choice, so far, that nothing of it is missing.
        enough: how many whole choices of a stream to hang up after; None hears it to its end.
    """

    path: str
    body: dict[str, Any]
    is_whole: Callable[[str], bool]
    enough: int | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a server has.

    Attributes:
        name: what the server calls it.
        window: most tokens that it reads and writes; None if the server does not say.
    """

    name: str
    window: int | None = None


class Wire:
    """A connection to one server, or to several that have the same model.

    Args:
        base_urls: where the servers are, e.g. "http://localhost:8000/v1"; at least one.
        api_key: what they are to be shown.
        options: how patient to be with it.
        on_event: told about retries, one line each.
        pulse: shows what is under way.

    Attributes:
        slots: one is held for each question, also while it waits or is asked otherwise, so that
            a server in trouble is asked less.
    """

    def __init__(
        self,
        base_urls: Sequence[str],
        api_key: str,
        options: ServerOptions,
        on_event: OnEvent,
        pulse: Pulse,
    ) -> None:
        self.base_url = base_urls[0]
        timeout = openai.Timeout(None, connect=min(_CONNECT_SECONDS, options.timeout))

        # One place for retries and one for time-outs: ours. The SDK's own would multiply them.
        def connect(url: str) -> openai.AsyncOpenAI:
            return openai.AsyncOpenAI(base_url=url, api_key=api_key, max_retries=0, timeout=timeout)

        self._servers = Servers([Server(url, connect(url)) for url in base_urls], on_event)
        self._timeout = options.timeout
        self._pulse = pulse
        self._patience = Patience(
            self.base_url, options.retries, options.backoff, options.max_wait, on_event, pulse
        )
        self.slots = asyncio.Semaphore(options.concurrency * len(base_urls))
        self._closed = False

    async def ask(
        self, question: Question, doubt: Callable[[], Awaitable[Reply | None]] | None = None
    ) -> Reply:
        """Asks until there is a sound answer.

        Args:
            question: what to ask.
            doubt: see `Patience.ask`.

        Raises:
            RefusedError: the server refuses the request as it is.
            InputError: wrong key or URL.
            InfrastructureError: the server kept failing.
        """
        return await self._patience.ask(lambda: self.ask_once(question), doubt)

    async def close(self) -> None:
        """Closes the connections; requests under way fail at their next try."""
        self._closed = True
        for server in self._servers.all:
            await server.client.close()

    async def list_models(self) -> list[Served]:
        """What the server serves, by name; nothing where it does not tell."""
        client = self._servers.choose().client
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                found = [
                    Served(model.id, (model.model_extra or {}).get("max_model_len"))
                    async for model in client.models.list()
                ]
        except (openai.OpenAIError, TimeoutError, ValueError, AttributeError):
            return []
        return sorted(found, key=lambda one: one.name)

    async def ask_once(self, question: Question) -> Reply:
        """Asks once; of a server in trouble another one is asked instead.

        Raises:
            Fault: there is trouble that may pass.
            RefusedError: as of `ask`, like the others.
        """
        try:
            return await self._try(lambda server: self._ask(server, question))
        except _FilteredError as filtered:
            refusal = Choice("", refusal=str(filtered))
            return Reply((refusal,) * question.body.get("n", 1), Counts(0, 0))

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that a server answers to what is no request for an answer of its model.

        Args:
            path: where: below the base URL, or if it begins with two strokes below the server.
            body: what to send.

        Raises:
            RefusedError: as of `ask`, like the others.
        """

        async def post(server: Server) -> Any:
            place = path
            if path.startswith("//"):
                place = server.base_url.removesuffix("/v1") + path[1:]
            async with self._explained(server, body):
                return await server.client.post(place, body=body, cast_to=object)

        try:
            return await self._patience.ask(lambda: self._try(post))
        except _FilteredError as filtered:
            raise RefusedError(str(filtered)) from None

    async def _try(self, ask: Callable[[Server], Awaitable[Answer]]) -> Answer:
        """Asks one server; others instead of one that is in trouble."""
        while True:
            if self._closed:
                raise InfrastructureError(f"{self.base_url}: the connection was closed by us.")
            server = self._servers.choose()
            try:
                with server.work():
                    answer = await ask(server)
            except Fault as fault:
                if not fault.shared or not self._servers.set_aside(server, fault):
                    raise
                if fault.doubtful:  # it may be the request that makes servers fail
                    raise Fault(str(fault), fault.remedy, doubtful=True) from None
            else:
                self._servers.welcome(server)
                return answer

    async def _ask(self, server: Server, question: Question) -> Reply:
        async with self._explained(server, question.body) as limit:
            # Raw, and not as the SDK's types: those accept anything unchecked.
            stream = await server.client.post(
                question.path,
                body=question.body,
                cast_to=object,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with stream:
                return await self._listen(_chunks(stream.response), question, limit)

    @asynccontextmanager
    async def _explained(
        self, server: Server, body: dict[str, Any]
    ) -> AsyncIterator[asyncio.Timeout]:
        """A context whose errors say what they mean; gives the time-out that it is under."""
        url = server.base_url
        try:
            async with asyncio.timeout(self._timeout) as limit:
                yield limit
        except TimeoutError:
            raise Fault(
                f"no answer within {self._timeout:g} s",
                "Is the server overloaded? Allow a longer time-out with --timeout.",
            ) from None
        except openai.APIStatusError as error:
            headers = dict(error.response.headers)
            said = error.body or error.response.text
            raise _explain(url, error.status_code, said, headers, body) from None
        except ServerSaysError as error:
            said = error.error
            code = said.get("code") or said.get("status") if isinstance(said, dict) else None
            # An error behind "200 OK" may pass, unless it says by its code that it will not.
            is_status = re.fullmatch(r"[45]\d\d", str(code)) is not None
            status = int(str(code)) if is_status else 500
            raise _explain(url, status, said, {}, body) from None
        except openai.APIConnectionError as error:
            raise _disconnected(url, error.__cause__, begun=False) from None
        except _BrokenError as error:
            raise _disconnected(url, error.__cause__, begun=True) from None

    async def _listen(
        self, chunks: AsyncIterator[bytes], question: Question, limit: asyncio.Timeout
    ) -> Reply:
        """Reads a body, be it a stream of events or not; a server stops when we hang up."""
        reader, joiner = EventReader(), Joiner()
        try:
            with self._pulse.follow(question.body.get("n", 1)) as tell:
                async for chunk in chunks:
                    for event in reader.feed(chunk):
                        limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
                        joiner.add(event)
                    tell(joiner.tokens)
                    if joiner.is_done:  # some servers leave the connection open behind it
                        break
                    if question.enough is not None:
                        texts = joiner.texts
                        if len(texts) >= question.enough and all(map(question.is_whole, texts)):
                            return read_body(joiner.body(cut=True))
            for event in reader.feed(b"", last=True):
                joiner.add(event)
            return read_body(joiner.body()) if reader.is_stream else read_reply(reader.text)
        except (Fault, _BrokenError, TimeoutError, ServerSaysError, asyncio.CancelledError) as end:
            # What is whole is kept; `asyncio.timeout` cancels, and so do those who want no more.
            kept = joiner.salvage(question.is_whole)
            if kept is None or (isinstance(end, asyncio.CancelledError) and not limit.expired()):
                raise
            return replace(read_body(kept), broken=True)


class _FilteredError(Exception):
    """A filter of the server's refuses an answer."""


class _BrokenError(Exception):
    """The connection broke while the answer was being read."""


async def _chunks(response: Any) -> AsyncIterator[bytes]:
    """The bytes of a body as they come, whatever library brings them.

    Raises:
        _BrokenError: they end too early.
    """
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except Exception as error:
        raise _BrokenError from error


def _disconnected(url: str, cause: BaseException | None, *, begun: bool) -> Exception:
    """What it means that the connection failed."""
    reason = _one_line(str(cause) or type(cause).__name__) if cause else "no connection"
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return InputError(
                f"{url}: no secure connection ({reason}). Correct --base-url (http "
                "or https?), or the server's certificate."
            )
        # A server that dies of a request closes the connection; one that is gone has none.
        begun = begun or "RemoteProtocol" in type(cause).__name__
        cause = cause.__cause__ or cause.__context__
    return Fault(
        f"the connection failed ({reason})",
        "Start the server, or correct OPENAI_BASE_URL or --base-url.",
        shared=True,
        doubtful=begun,
    )


def _explain(
    url: str, status: int, body: Any, headers: Mapping[str, str], asked: dict[str, Any]
) -> Exception:
    """What an error of the server means."""
    said, code, parameter = _read_error(body)
    words = f"{code} {said}".lower()
    if status < 500 and any(sign in words for sign in _FILTERED):
        return _FilteredError(said)
    if status == 402 or (status == 429 and any(word in words for word in _OUT_OF_MONEY)):
        return InfrastructureError(
            f"{url}: {said}. Raise the account's quota or use another server."
        )
    is_refusal = status == 501 or (status == 500 and _REFUSES.search(words) is not None)
    if status in (408, 409, 425, 429) or (status >= 500 and not is_refusal):
        wait = told_wait(headers, f"{said} {json.dumps(body, default=str)}")
        remedy = "Try again later; --resume asks only for what is missing."
        return Fault(
            f"{status}: {said}",
            remedy,
            wait,
            shared=status in (429, 502, 503, 529),
            doubtful=status in (500, 502, 503) and wait is None,
        )
    blamed = [name for name in asked if name != "model" and re.search(rf"\b{name}\b", said)]
    if status == 401 or (status == 403 and not blamed and parameter not in asked):
        return InputError(
            f"{url} does not let us use model {asked['model']!r} ({said}). "
            "Put the right key into OPENAI_API_KEY."
        )
    return RefusedError(
        said,
        parameter,
        missing=status in (404, 405),
        too_long=status == 413 or any(sign in words for sign in _TOO_LONG),
    )


def _read_error(body: Any) -> tuple[str, str, str | None]:
    """What the server says, its code and the parameter it blames, in whatever form it says so."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            page = body.lstrip().startswith("<")
            return _one_line("a page of HTML" if page else body or "no word"), "", None
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return _one_line(error if isinstance(error, str) else json.dumps(error)), "", None
    message = error.get("message") or error.get("detail")
    said = message if isinstance(message, str) and message else json.dumps(error)
    behind = error.get("metadata")
    if isinstance(behind, dict) and behind.get("raw"):  # what a router was told by a provider
        said = f"{said}: {behind['raw']}"
    parameter = error.get("param")
    code = f"{error.get('code') or ''} {error.get('type') or ''}"
    return _one_line(said), code, parameter if isinstance(parameter, str) else None


def _one_line(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= 300 else f"{line[:297]}..."
