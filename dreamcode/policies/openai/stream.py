"""Answers that a server sends in pieces, joined to the answer that it would have sent whole."""

import codecs
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from dreamcode.policies.openai.patience import Fault
from dreamcode.policies.openai.reply import BYTES_PER_TOKEN, ServerSaysError

DONE = "[DONE]"
"""What a stream that has come to its end says last."""

_WHOLE = ("response.completed", "response.incomplete", "response.failed")
_STREAM = re.compile(r"\ufeff?(?:[ \t]*(?::[^\r\n]*)?\r?\n)*(?:data|event|id|retry):")
_LINE_END = re.compile(r"\r\n|\r|\n")  # and no other: JSON may hold those as they are
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def is_stream(text: str) -> bool:
    """Whether a body, or its beginning, is a stream of events: some servers send nothing else."""
    return _STREAM.match(text) is not None


class EventReader:
    """Reads a body as it comes, cut anywhere; a stream's events are given at once.

    Source: WHATWG HTML, server-sent events.

    Attributes:
        text: what is not part of an event yet: all of a body that is no stream.
        is_stream: whether it is one, as far as is known.
    """

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.is_stream = False
        self._data: list[str] = []
        self.text = ""

    def feed(self, content: bytes, *, last: bool = False) -> Iterator[Any]:
        """The values that are whole by now: JSON, and `DONE`.

        Raises:
            Fault: an event is no JSON.
        """
        self.text += self._decode(content, last)
        self.is_stream = self.is_stream or is_stream(self.text)
        if not self.is_stream:
            return
        half = "\r" if self.text.endswith("\r") and not last else ""  # of a line end
        *lines, rest = _LINE_END.split(self.text.removesuffix(half) if half else self.text)
        self.text = rest + half
        for line in [*lines, rest, ""] if last else lines:
            line = line.removeprefix("\ufeff")
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            elif not line and self._data:
                joined, self._data = "\n".join(self._data), []
                yield DONE if joined.strip() == DONE else _read(joined)


def _read(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        raise _broken("a stream that breaks off in the middle") from None


def _broken(how: str) -> Fault:
    return Fault(how, "See the server's log.", doubtful=True)


class Joiner:
    """Joins the events of a stream to the body that the server would have sent in one piece."""

    def __init__(self) -> None:
        self._choices: dict[int, dict[str, Any]] = defaultdict(dict)
        self._usage: Any = None
        self._whole: dict[str, Any] | None = None
        self._bytes = 0
        self.is_done = False

    def add(self, event: Any) -> None:
        """Takes in the next event.

        Raises:
            ServerSaysError: it is an error.
        """
        self.is_done = self.is_done or event == DONE
        if not isinstance(event, dict) or self._whole is not None:
            return
        kind = str(event.get("type"))
        if event.get("error") or "error" in (event.get("object"), kind):
            raise ServerSaysError(event.get("error") or event)
        if kind in _WHOLE:
            self._whole = event.get("response") or {}
        elif isinstance(event.get("delta"), str):  # of the Responses API
            name = "content" if kind == "response.output_text.delta" else "reasoning"
            self._add(0, {"delta": {name: event["delta"]}})
        self._usage = event.get("usage") or self._usage
        pieces = event.get("choices")
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict):
                index = piece.get("index")
                self._add(index if isinstance(index, int) else 0, piece)

    @property
    def texts(self) -> list[str]:
        """What the choices say so far."""
        return [_said(self._choices[index]) for index in sorted(self._choices)]

    @property
    def tokens(self) -> int:
        """Tokens so far, about."""
        return -(-self._bytes // BYTES_PER_TOKEN)

    def body(self, *, cut: bool = False) -> dict[str, Any]:
        """The body; where the stream was `cut`, with what had arrived.

        Raises:
            Fault: the stream ended before the answer did.
        """
        if self._whole is not None:
            return self._whole
        ended = all(choice.get("finish_reason") for choice in self._choices.values())
        if not self._choices or not (ended or cut or self.is_done):
            raise _broken("a stream that ended before the answer did")
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {"choices": choices, "usage": self._usage}

    def salvage(self, is_whole: Callable[[str], bool]) -> dict[str, Any] | None:
        """The body of a stream that broke off, with the choices of which nothing is missing."""
        choices = [
            choice
            for _, choice in sorted(self._choices.items())
            if choice.get("finish_reason") or is_whole(_said(choice))
        ]
        return {"choices": choices, "usage": None} if choices else None

    def _add(self, index: int, piece: dict[str, Any]) -> None:
        """Adds a piece to the choice it belongs to."""
        choice = self._choices[index]
        delta = piece.get("delta") or piece.get("message")
        if isinstance(delta, dict):
            message = choice.setdefault("message", {"content": []})
            for name in _TEXTS:
                if delta.get(name):
                    message.setdefault(name, []).append(delta[name])
                    self._bytes += len(str(delta[name]).encode(errors="replace"))
        elif piece.get("text"):
            choice["text"] = choice.get("text", "") + str(piece["text"])
            self._bytes += len(str(piece["text"]).encode(errors="replace"))
        for name in ("finish_reason", "stop_reason", "error"):
            if name in piece and choice.get(name) is None:
                choice[name] = piece[name]
        logprobs = piece.get("logprobs")
        for name, values in logprobs.items() if isinstance(logprobs, dict) else ():
            if isinstance(values, list):
                choice.setdefault("logprobs", {}).setdefault(name, []).extend(values)


def _said(choice: dict[str, Any]) -> str:
    content = choice.get("message", {}).get("content", ())
    return "".join(str(part) for part in content) + str(choice.get("text", ""))
