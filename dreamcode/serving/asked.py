"""What a client of the chat completions endpoint asks for, and the problem that it means."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from dreamcode.codec import first_complaint
from dreamcode.errors import InputError
from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.problem import Problem
from dreamcode.solver import Attempt


class Part(BaseModel):
    """A piece of a message; other kinds than text have none."""

    type: str = "text"
    text: str | None = None


class Message(BaseModel):
    """One turn of the conversation."""

    role: str
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """What a stream tells besides."""

    include_usage: bool = False


class Asked(BaseModel):
    """A request's body. Fields that are not here change nothing, as other servers have it."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    n: Literal[1] | None = 1
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None


def read_asked(body: Any) -> Asked:
    """The request in a body.

    Raises:
        InputError: it is none, or asks for what is not done here.
    """
    try:
        return Asked.model_validate(body)
    except ValidationError as error:
        raise InputError(first_complaint(error)) from error


def read_statement(asked: Asked) -> Problem:
    """The problem that the users' messages state, joined in their order.

    It is text of others: front matter, which could name files of this machine, is not read.

    Raises:
        InputError: there is no text, or a part that is no text.
    """
    texts = [_text_of(message) for message in asked.messages if message.role == "user"]
    statement = "\n\n".join(filter(str.strip, texts))
    if not statement.strip():
        raise InputError("messages: no user message has any text; write the problem there")
    digest = hashlib.blake2b(statement.encode("utf-8", "replace"), digest_size=6).hexdigest()
    material = Material(f"request-{digest}", statement, Path(), has_front_matter=False)
    return assemble(material).problem


def adapt(attempt: Attempt, asked: Asked) -> Attempt:
    """The attempt with what a request says otherwise.

    A bound of tokens holds for all that the search writes, as it does for models that think.
    """
    options, limits = attempt.options, attempt.limits
    sampling = options.sampling
    if asked.temperature is not None:
        sampling = replace(sampling, temperature=asked.temperature)
    if asked.top_p is not None:
        sampling = replace(sampling, top_p=asked.top_p)
    options = replace(options, sampling=sampling)
    if asked.seed is not None:
        options = replace(options, seed=asked.seed)
    bounds = [limits.tokens, asked.max_tokens, asked.max_completion_tokens]
    tokens = min((bound for bound in bounds if bound is not None), default=None)
    return replace(attempt, options=options, limits=replace(limits, tokens=tokens))


def _text_of(message: Message) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    for part in message.content:
        if part.type != "text" or part.text is None:
            raise InputError(f"messages: a part of type {part.type!r}; only text is read here")
    return "\n".join(part.text or "" for part in message.content)
