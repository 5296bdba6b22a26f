"""Requests to an OpenAI-compatible server, its errors told apart."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

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
from dreamcode.policies.openai.stream import Joiner, is_stream, join_events, read_events

Enough = Callable[[list[str]], bool]

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


class Wire:
    """A connection to one server.

    Attributes:
        base_url: where the server is, e.g. "http://localhost:8000/v1".
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float,
        retries: int,
        backoff: float,
        concurrency: int,
        on_event: OnEvent,
    ) -> None:
        self.base_url = base_url
        # One place for retries and one for time-outs: ours. The SDK's own would multiply them.
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key,
            max_retries=0,
            timeout=openai.Timeout(None, connect=min(_CONNECT_SECONDS, timeout)),
        )
        self._timeout = timeout
        self._patience = Patience(base_url, retries, backoff, on_event)
        self._slots = asyncio.Semaphore(concurrency)
        self._closed = False

    async def ask(self, path: str, body: dict[str, Any], enough: Enough | None = None) -> Reply:
        """Posts `body` to `path` (e.g. "/chat/completions") until there is a sound answer.

        Args:
            path: where to, below the base URL.
            body: what to send.
            enough: told what the choices say so far, whether to hang up; of streams alone.

        Raises:
            RefusedError: the server refuses the request as it is.
            InputError: wrong key or URL.
            InfrastructureError: the server kept failing.
        """
        # A request keeps its slot while it waits, so that a server in trouble is asked less.
        async with self._slots:
            return await self._patience.ask(lambda: self._ask_once(path, body, enough))

    async def close(self) -> None:
        """Closes the connections; requests under way fail at their next try."""
        self._closed = True
        await self._client.close()

    async def list_models(self) -> list[str]:
        """The names of what the server serves; none where it does not tell."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return sorted([model.id async for model in self._client.models.list()])
        except (openai.OpenAIError, TimeoutError, ValueError, AttributeError):
            return []

    async def _ask_once(self, path: str, body: dict[str, Any], enough: Enough | None) -> Reply:
        if self._closed:
            raise InfrastructureError(f"{self.base_url}: the connection was closed by us.")
        try:
            if enough is not None and body.get("stream"):
                return await self._listen(path, body, enough)
            async with asyncio.timeout(self._timeout):
                # As text, and not as the SDK's types: those accept anything unchecked.
                text = await self._client.post(path, body=body, cast_to=str)
            return (
                read_body(join_events(read_events(text))) if is_stream(text) else read_reply(text)
            )
        except TimeoutError:
            raise Fault(
                f"no answer within {self._timeout:g} s",
                "Is the server overloaded? Allow a longer time-out with --timeout.",
            ) from None
        except openai.APIStatusError as error:
            headers = dict(error.response.headers)
            said = error.body or error.response.text
            return self._explain(error.status_code, said, headers, body)
        except ServerSaysError as error:
            said = error.error
            code = said.get("code") or said.get("status") if isinstance(said, dict) else None
            # An error behind "200 OK" may pass, unless it says by its code that it will not.
            is_status = re.fullmatch(r"[45]\d\d", str(code)) is not None
            return self._explain(int(str(code)) if is_status else 500, said, {}, body)
        except openai.APIConnectionError as error:
            cause = error.__cause__
            reason = _one_line(str(cause) or type(cause).__name__) if cause else "no connection"
            raise Fault(
                f"the connection failed ({reason})",
                "Start the server, or correct OPENAI_BASE_URL or --base-url.",
                shared=True,
            ) from None

    async def _listen(self, path: str, body: dict[str, Any], enough: Enough) -> Reply:
        """Reads a stream up to where it says enough; the server stops when we hang up."""
        joiner = Joiner()
        async with asyncio.timeout(self._timeout) as limit:
            stream = await self._client.post(
                path, body=body, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object]
            )
            async with stream:
                async for event in stream:
                    limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
                    joiner.add(event)
                    if joiner.texts and enough(joiner.texts):
                        return read_body(joiner.body(cut=True))
        return read_body(joiner.body())

    def _explain(
        self, status: int, body: Any, headers: Mapping[str, str], asked: dict[str, Any]
    ) -> Reply:
        """Raises what an error of the server means; that of a filter is a refusal to answer."""
        said, code, parameter = _read_error(body)
        words = f"{code} {said}".lower()
        if status < 500 and any(sign in words for sign in _FILTERED):
            return Reply((Choice("", refusal=said),) * asked.get("n", 1), Counts(0, 0))
        if status == 402 or (status == 429 and any(word in words for word in _OUT_OF_MONEY)):
            raise InfrastructureError(
                f"{self.base_url}: {said}. Raise the account's quota or use another server."
            )
        is_refusal = status == 501 or (status == 500 and _REFUSES.search(words) is not None)
        if status in (408, 409, 425, 429) or (status >= 500 and not is_refusal):
            wait = told_wait(headers, f"{said} {json.dumps(body, default=str)}")
            remedy = "Try again later; --resume asks only for what is missing."
            raise Fault(f"{status}: {said}", remedy, wait, shared=status in (429, 503, 529))
        blamed = [name for name in asked if name != "model" and re.search(rf"\b{name}\b", said)]
        if status == 401 or (status == 403 and not blamed and parameter not in asked):
            raise InputError(
                f"{self.base_url} does not let us use model {asked['model']!r} ({said}). "
                "Put the right key into OPENAI_API_KEY."
            )
        raise RefusedError(
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
