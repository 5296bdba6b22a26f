"""Answers of OpenAI-compatible servers, of every endpoint, checked before use."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from dreamcode.codec import first_complaint
from dreamcode.policies.openai.patience import Fault

BYTES_PER_TOKEN = 4
"""Of what is written, where a server does not count."""

_CUT_SHORT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_NONSENSE = "Is this an OpenAI-compatible server? Check --base-url and the server's log."


@dataclass(frozen=True, slots=True)
class Choice:
    """One sampled text.

    Attributes:
        text: what was generated, the stop string left out.
        finish: why it ended: "stop" for the model's own end and for a stop string alike,
            "length" when cut short.
        stopped_by: the stop string that ended it, or "" for the model's own end; None where
            the server does not tell the two apart.
        tokens: each token's text and log-likelihood; None where the server does not tell.
        thought: what the server set apart as thinking.
        refusal: why the model or the server would not answer; "" if it did.
    """

    text: str
    finish: str = "stop"
    stopped_by: str | None = None
    tokens: tuple[tuple[str, float], ...] | None = None
    thought: str = ""
    refusal: str = ""

    @property
    def is_all_thought(self) -> bool:
        """Whether the model ended by itself, and the server set apart as thinking all it wrote."""
        is_silent = not self.text.strip() and not self.refusal
        return is_silent and self.finish == "stop" and bool(self.thought.strip())


@dataclass(frozen=True, slots=True)
class Counts:
    """The tokens of an answer as the server counts them; None where it does not.

    Attributes:
        read: of the prompt, those from a cache included.
        written: thinking included.
        cached: of those read, from a cache.
        thinking: of those written, before the answer.
    """

    read: int | None = None
    written: int | None = None
    cached: int | None = None
    thinking: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: at least one choice, and token counts where it gives them.

    Attributes:
        choices: what was sampled.
        counts: what it took.
        broken: whether the answer broke off; the choices are those of which nothing is missing.
    """

    choices: tuple[Choice, ...]
    counts: Counts = Counts()
    broken: bool = False


class ServerSaysError(Exception):
    """The server reports an error inside an answer that claims success.

    Attributes:
        error: as the server words it.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class _TokenLogprob(BaseModel):
    token: str
    logprob: float


class _Logprobs(BaseModel):
    """Chat answers fill `content`, completions the other two."""

    content: list[_TokenLogprob] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None


class _Message(BaseModel):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None


class _Choice(BaseModel):
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    stop_reason: Any = None
    logprobs: Any = None
    error: Any = None


class _Reply(BaseModel):
    choices: list[_Choice]
    usage: Any = None


class _Responses(BaseModel):
    output: list[dict[str, Any]]
    status: str | None = None
    incomplete_details: Any = None
    usage: Any = None


def read_reply(text: str) -> Reply:
    """Reads the body of an answer.

    Raises:
        ServerSaysError: it is an error, whatever the status was.
        Fault: it is not JSON, not an answer, or has no choice.
    """
    try:
        body = json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        raise Fault(f"nonsense for an answer ({_excerpt(text)})", _NONSENSE) from None
    return read_body(body)


def read_body(body: Any) -> Reply:
    """Reads an answer's JSON value. See `read_reply`."""
    if isinstance(body, dict) and not body.get("choices") and not body.get("output"):
        if error := body.get("error") or body.get("detail"):
            raise ServerSaysError(error)
        if body.get("object") == "error":
            raise ServerSaysError(body)
    try:
        if isinstance(body, dict) and "output" in body:
            return _read_responses(_Responses.model_validate(body))
        reply = _Reply.model_validate(body)
    except ValidationError as error:
        complaint = f"{first_complaint(error)}; it says: {_excerpt(json.dumps(body))}"
        raise Fault(f"nonsense for an answer ({complaint})", _NONSENSE) from None
    if not reply.choices:
        raise Fault("an answer without choices", _NONSENSE)
    failed = [choice.error for choice in reply.choices if choice.error]
    if len(failed) == len(reply.choices):
        raise ServerSaysError(failed[0])
    choices = tuple(_read_choice(choice) for choice in reply.choices if not choice.error)
    counts = _read_counts(reply.usage, "prompt", "completion")
    if counts.written == 0 and any(choice.text for choice in choices):
        counts = replace(counts, written=None)  # it counts nothing, and says so by a number
    return Reply(choices, counts)


def _read_choice(choice: _Choice) -> Choice:
    message = choice.message or _Message(content=choice.text)
    text, thought = _split_parts(message.content)
    thought += _join(message.reasoning_content) or _join(message.reasoning)
    refusal = _join(message.refusal)
    if choice.finish_reason == "content_filter" and not text:
        refusal = refusal or "the server's content filter"
    stopped_by = None
    if "stop_reason" in choice.model_fields_set:  # vLLM's extension; a number is a token's id
        stopped_by = choice.stop_reason if isinstance(choice.stop_reason, str) else ""
    finish = "length" if str(choice.finish_reason).lower() in _CUT_SHORT else "stop"
    return Choice(text, finish, stopped_by, _read_tokens(choice.logprobs), thought, refusal)


def _read_responses(reply: _Responses) -> Reply:
    """The one choice of an answer of the Responses API."""
    texts: list[str] = []
    thoughts: list[str] = []
    refusals: list[str] = []
    for item in reply.output:
        if item.get("type") == "reasoning":
            thoughts += [_join(item.get("summary")), _join(item.get("content"))]
            continue
        parts = item.get("content")
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and part.get("type") == "refusal":
                refusals.append(str(part.get("refusal", "")))
            else:
                texts.append(_join(part))
    counts = _read_counts(reply.usage, "input", "output")
    finish = "length" if reply.status == "incomplete" else "stop"
    choice = Choice("".join(texts), finish, thought="".join(thoughts), refusal=" ".join(refusals))
    return Reply((choice,), counts)


def _split_parts(content: Any) -> tuple[str, str]:
    """What a message says and what it thinks, its content being a text or a list of parts."""
    if not isinstance(content, list):
        return _join(content), ""
    said: list[str] = []
    thought: list[str] = []
    for part in content:
        kind = str(part.get("type", "")) if isinstance(part, dict) else ""
        (thought if "think" in kind or "reason" in kind else said).append(_join(part))
    return "".join(said), "".join(thought)


def _join(value: Any) -> str:
    """The text in a value of any shape that servers have used for one."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        names = ("text", "content", "thinking", "reasoning", "summary")
        return next((_join(value[name]) for name in names if value.get(name)), "")
    return "".join(map(_join, value)) if isinstance(value, Iterable) else ""


def _read_counts(usage: Any, read: str, written: str) -> Counts:
    """Token counts as far as they are there and make sense."""

    def number(*path: str) -> int | None:
        value = usage
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return int(value) if is_number and math.isfinite(value) and value >= 0 else None

    return Counts(
        number(f"{read}_tokens"),
        number(f"{written}_tokens"),
        number(f"{read}_tokens_details", "cached_tokens"),
        number(f"{written}_tokens_details", "reasoning_tokens"),
    )


def _read_tokens(logprobs: Any) -> tuple[tuple[str, float], ...] | None:
    try:
        found = _Logprobs.model_validate(logprobs)
    except ValidationError:
        return None
    if found.content is not None:
        pairs: list[tuple[str, float | None]] = [(t.token, t.logprob) for t in found.content]
    elif found.tokens is not None and found.token_logprobs is not None:
        pairs = list(zip(found.tokens, found.token_logprobs, strict=False))
    else:
        return None
    known = [(token, value) for token, value in pairs if value is not None and math.isfinite(value)]
    return tuple(known) if len(known) == len(pairs) else None


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
