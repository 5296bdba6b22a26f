"""Requests to an OpenAI-compatible server, its errors told apart."""

import asyncio
import json
from typing import Any, NoReturn

import openai

from dreamcode.errors import InfrastructureError, InputError, TooLongError
from dreamcode.policies.openai_reply import Reply, read_reply
from dreamcode.policies.openai_retry import Fault, OnEvent, ask_patiently, retry_after

_CONNECT_SECONDS = 10.0
_TOO_LONG = ("context length", "context size", "context window", "maximum context", "too long")


class RefusedError(Exception):
    """The server understood the request and refuses it: asking again changes nothing.

    Attributes:
        parameter: the parameter that the server blames; None if it does not say.
    """

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


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
        self._retries = retries
        self._backoff = backoff
        self._on_event = on_event
        self._slots = asyncio.Semaphore(concurrency)
        self._closed = False

    async def ask(self, path: str, body: dict[str, Any]) -> Reply:
        """Posts `body` to `path` (e.g. "/chat/completions") until there is a sound answer.

        Raises:
            RefusedError: the server refuses the request as it is (400, 422).
            InputError: wrong key, model or URL, or a prompt too long for the model.
            InfrastructureError: the server kept failing.
        """
        # A request keeps its slot while it waits, so that a server in trouble is asked less.
        async with self._slots:
            return await ask_patiently(
                lambda: self._ask_once(path, body),
                server=self.base_url,
                retries=self._retries,
                backoff=self._backoff,
                on_event=self._on_event,
            )

    async def close(self) -> None:
        """Closes the connections; requests under way fail at their next try."""
        self._closed = True
        await self._client.close()

    async def _ask_once(self, path: str, body: dict[str, Any]) -> Reply:
        if self._closed:
            raise InfrastructureError(f"{self.base_url}: the connection was closed by us.")
        try:
            async with asyncio.timeout(self._timeout):
                # As text, and not as the SDK's types: those accept anything unchecked.
                text = await self._client.post(path, body=body, cast_to=str)
        except TimeoutError:
            raise Fault(
                f"no answer within {self._timeout:g} s",
                "Is the server overloaded? Allow a longer time-out.",
            ) from None
        except openai.APIStatusError as error:
            await self._explain(error, path, body["model"])
        except openai.APIConnectionError as error:
            cause = error.__cause__
            reason = _one_line(str(cause) or type(cause).__name__) if cause else "no connection"
            raise Fault(
                f"the connection failed ({reason})",
                "Start the server, or correct OPENAI_BASE_URL or --base-url.",
            ) from None
        return read_reply(text)

    async def _explain(self, error: openai.APIStatusError, path: str, model: str) -> NoReturn:
        status = error.status_code
        said = _said(error)
        if status in (408, 409, 425, 429) or status >= 500:
            if error.code == "insufficient_quota":
                raise InfrastructureError(
                    f"{self.base_url}: {said}. Raise the account's quota or use another server."
                )
            raise Fault(
                said,
                "Try again later; nothing that was answered is lost.",
                retry_after(error.response.headers.get("retry-after")),
            )
        if status in (401, 403):
            raise InputError(
                f"{self.base_url} does not let us use model {model!r} ({said}). "
                "Put the right key into OPENAI_API_KEY."
            )
        if status == 404:
            raise InputError(
                f"{self.base_url} has no model {model!r} at {path} ({said}). "
                f"{await self._advise_model()}"
            )
        too_long = error.code == "context_length_exceeded" or status == 413
        if too_long or any(words in said.lower() for words in _TOO_LONG):
            raise TooLongError(
                f"The prompt is too long for {model!r} at {self.base_url} ({said}). "
                "Allow fewer tokens per step, or use a model with a longer context."
            )
        raise RefusedError(said, error.param)

    async def _advise_model(self) -> str:
        """What to type instead of a model that is not there, as far as the server tells."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                names = [model.id async for model in self._client.models.list()]
        except (openai.OpenAIError, TimeoutError, ValueError, AttributeError):
            return "Check the base URL: it usually ends in /v1."
        return f"It serves: {', '.join(sorted(names)[:8])}." if names else "It serves no model."


def _said(error: openai.APIStatusError) -> str:
    """What the server says, also where it does not say it in OpenAI's way."""
    message = error.message
    if isinstance(error.body, dict | list) and not _has_message(error.body):
        message = f"{message} - {json.dumps(error.body)}"
    elif isinstance(error.body, str) and not error.body.startswith("<"):  # no page of HTML
        message = f"{message} - {error.body}"
    return _one_line(message)


def _has_message(body: object) -> bool:
    return isinstance(body, dict) and isinstance(body.get("message"), str)


def _one_line(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= 300 else f"{line[:297]}..."
