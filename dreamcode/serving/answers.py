"""From the result of a search to what clients of OpenAI's interface read."""

import time
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails

from dreamcode.chain.prompts import FENCE
from dreamcode.results import Result

NAME = "dreamcode"
"""What the one model that is served is called."""

Finish = Literal["stop", "length"]


def _now() -> int:
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of one answer, which share an id."""

    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=_now)

    def whole(self, result: Result) -> ChatCompletion:
        """All at once."""
        message = ChatCompletionMessage(role="assistant", content=write_content(result))
        choice = Choice(finish_reason=find_finish(result), index=0, message=message)
        return ChatCompletion(
            id=self.id,
            choices=[choice],
            created=self.created,
            model=NAME,
            object="chat.completion",
            usage=count_usage(result),
        )

    def piece(self, delta: ChoiceDelta, finish: Finish | None = None) -> ChatCompletionChunk:
        """A piece of a stream."""
        choice = ChunkChoice(delta=delta, finish_reason=finish, index=0)
        return self._chunk([choice])

    def progress(self, line: str) -> ChatCompletionChunk:
        """How far the search is: shown where clients show what a model thinks."""
        delta = ChoiceDelta.model_validate({"reasoning_content": line + "\n"})
        return self.piece(delta)

    def usage(self, result: Result) -> ChatCompletionChunk:
        """The last piece of a stream that was to tell it."""
        chunk = self._chunk([])
        chunk.usage = count_usage(result)
        return chunk

    def _chunk(self, choices: list[ChunkChoice]) -> ChatCompletionChunk:
        return ChatCompletionChunk(
            id=self.id,
            choices=choices,
            created=self.created,
            model=NAME,
            object="chat.completion.chunk",
        )


def write_content(result: Result) -> str:
    """The program in a fence; what is known against it stands below."""
    best = result.best
    if best is None:
        reached = f" within the limit of {result.exhausted}" if result.exhausted else ""
        return f"No program was finished{reached}."
    content = f"{FENCE}{best.text.rstrip()}\n```"
    if best.public is not None and not best.public.accepted:
        grade = best.public
        content += f"\n\nIt passes {grade.passed} of {grade.tests} public tests: {grade.verdict}."
    return content


def find_finish(result: Result) -> Finish:
    """Why it ends here."""
    return "length" if result.best is None and result.exhausted else "stop"


def count_usage(result: Result) -> CompletionUsage:
    """What the whole search cost, not the chosen program alone."""
    spent = result.spent
    return CompletionUsage(
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        total_tokens=spent.prompt_tokens + spent.completion_tokens,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=spent.cached_tokens),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=spent.thinking_tokens),
    )


def list_model(since: int) -> Model:
    """The one model that there is.

    Args:
        since: when it began to be served, in seconds of Unix time.
    """
    return Model(id=NAME, created=since, object="model", owned_by="dreamcode")
