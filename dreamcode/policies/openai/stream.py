"""Answers that a server sends in pieces, joined to the answer that it would have sent whole."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from dreamcode.policies.openai.patience import Fault

DONE = "[DONE]"
"""What a stream that has come to its end says last."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_WHOLE = ("response.completed", "response.incomplete", "response.failed")
_STREAM = re.compile(r"\ufeff?(?:[ \t]*(?::[^\r\n]*)?\r?\n)*(?:data|event|id|retry):")
_LINE_END = re.compile(r"\r\n|\r|\n")  # and no other: JSON may hold those as they are
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def is_stream(text: str) -> bool:
    """Whether a body is a stream of events: some servers send nothing else."""
    return _STREAM.match(text) is not None


def read_events(text: str) -> Iterator[Any]:
    """The values in a stream of events: JSON, and `DONE`.

    Source: WHATWG HTML, server-sent events.
    """
    data: list[str] = []
    # No other line ends: JSON may hold them as they are.
    for line in [*_LINE_END.split(text.removeprefix("\ufeff")), ""]:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            joined = "\n".join(data)
            data = []
            yield DONE if joined.strip() == DONE else _read(joined)


def _read(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        raise Fault("a stream that breaks off in the middle", "See the server's log.") from None


class Joiner:
    """Joins the events of a stream to the body that the server would have sent in one piece."""

    def __init__(self) -> None:
        self._choices: dict[int, dict[str, Any]] = defaultdict(dict)
        self._usage: Any = None
        self._whole: dict[str, Any] | None = None
        self._is_done = False

    def add(self, event: Any) -> None:
        """Takes in the next event."""
        self._is_done = self._is_done or event == DONE
        if not isinstance(event, dict) or self._whole is not None:
            return
        if event.get("error") or event.get("object") == "error":
            self._whole = event
        elif event.get("type") in _WHOLE:
            self._whole = event.get("response") or {}
        self._usage = event.get("usage") or self._usage
        for piece in event.get("choices") or ():
            _add(self._choices[int(piece.get("index") or 0)], piece)

    @property
    def texts(self) -> list[str]:
        """What the choices say so far."""
        return [_said(self._choices[index]) for index in sorted(self._choices)]

    def body(self, *, cut: bool = False) -> dict[str, Any]:
        """The body; where the stream was `cut`, with what had arrived.

        Raises:
            Fault: the stream ended before the answer did.
        """
        if self._whole is not None:
            return self._whole
        ended = all(choice.get("finish_reason") for choice in self._choices.values())
        if not self._choices or not (ended or cut or self._is_done):
            raise Fault("a stream that ended before the answer did", "See the server's log.")
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {"choices": choices, "usage": self._usage}


def join_events(events: Iterable[Any]) -> dict[str, Any]:
    """The body that a server would have sent in one piece.

    Raises:
        Fault: the stream ended before the answer did.
    """
    joiner = Joiner()
    for event in events:
        joiner.add(event)
    return joiner.body()


def _said(choice: dict[str, Any]) -> str:
    content = choice.get("message", {}).get("content", ())
    return "".join(str(part) for part in content) + str(choice.get("text", ""))


def _add(choice: dict[str, Any], piece: dict[str, Any]) -> None:
    """Adds a piece to the choice it belongs to."""
    delta = piece.get("delta") or piece.get("message")
    if isinstance(delta, dict):
        message = choice.setdefault("message", {"content": []})
        for name in _TEXTS:
            if delta.get(name):
                message[name] = [*message.get(name, ()), delta[name]]
    elif piece.get("text") is not None:
        choice["text"] = choice.get("text", "") + piece["text"]
    for name in ("finish_reason", "stop_reason", "error"):
        if piece.get(name) is not None:
            choice[name] = piece[name]
    logprobs = piece.get("logprobs")
    for name, values in logprobs.items() if isinstance(logprobs, dict) else ():
        if isinstance(values, list):
            joined = choice.setdefault("logprobs", {})
            joined[name] = [*joined.get(name, ()), *values]
