"""Answers of OpenAI-compatible servers, chat and completions alike, checked before use."""

import math
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from dreamcode.codec import first_complaint
from dreamcode.policies.openai_retry import Fault


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
    """

    text: str
    finish: str
    stopped_by: str | None
    tokens: tuple[tuple[str, float], ...] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: at least one choice, and token counts where it gives them."""

    choices: tuple[Choice, ...]
    prompt_tokens: int | None
    completion_tokens: int | None


class _TokenLogprob(BaseModel):
    token: str
    logprob: float


class _Logprobs(BaseModel):
    """Chat answers fill `content`, completions the other two."""

    content: list[_TokenLogprob] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    stop_reason: str | int | None = None
    logprobs: _Logprobs | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Reply(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None


_NONSENSE = "Is this an OpenAI-compatible server? Check the base URL and the server's log."


def read_reply(text: str) -> Reply:
    """Reads the body of a chat or completions answer.

    Raises:
        Fault: the body is not JSON, not an answer, or has no choice with a text.
    """
    try:
        reply = _Reply.model_validate_json(text)
    except ValidationError as error:
        raise Fault(f"nonsense for an answer ({first_complaint(error)})", _NONSENSE) from None
    if not reply.choices:
        raise Fault("an answer without choices", _NONSENSE)
    return Reply(
        tuple(_read_choice(choice) for choice in reply.choices),
        reply.usage.prompt_tokens if reply.usage else None,
        reply.usage.completion_tokens if reply.usage else None,
    )


def _read_choice(choice: _Choice) -> Choice:
    text = choice.message.content if choice.message else choice.text
    finish = "stop" if choice.finish_reason in (None, "stop") else "length"
    if text is None:
        # A model that thinks may spend all its tokens before it writes the first word.
        if choice.finish_reason != "length":
            raise Fault(f"a choice without text (finish reason {choice.finish_reason})", _NONSENSE)
        text = ""
    stopped_by = None
    if "stop_reason" in choice.model_fields_set:  # vLLM's extension; a number is a token's id
        stopped_by = choice.stop_reason if isinstance(choice.stop_reason, str) else ""
    return Choice(text, finish, stopped_by, _read_tokens(choice.logprobs))


def _read_tokens(logprobs: _Logprobs | None) -> tuple[tuple[str, float], ...] | None:
    if logprobs is None:
        return None
    if logprobs.content is not None:
        pairs: list[tuple[str, float | None]] = [(t.token, t.logprob) for t in logprobs.content]
    elif logprobs.tokens is not None and logprobs.token_logprobs is not None:
        pairs = list(zip(logprobs.tokens, logprobs.token_logprobs, strict=False))
    else:
        return None
    known = [(token, value) for token, value in pairs if value is not None and math.isfinite(value)]
    return tuple(known) if len(known) == len(pairs) else None
