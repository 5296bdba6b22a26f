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


def join_events(events: Iterable[Any]) -> dict[str, Any]:
    """The body that a server would have sent in one piece, from the events of its stream.

    Raises:
        Fault: the stream ended before the answer did.
    """
    choices: dict[int, dict[str, Any]] = defaultdict(dict)
    usage = None
    is_done = False
    for event in events:
        is_done = is_done or event == DONE
        if not isinstance(event, dict):
            continue
        if event.get("error") or event.get("object") == "error":
            return event
        if event.get("type") in _WHOLE:
            whole: dict[str, Any] = event.get("response") or {}
            return whole
        usage = event.get("usage") or usage
        for piece in event.get("choices") or ():
            _add(choices[int(piece.get("index") or 0)], piece)
    finished = all(choice.get("finish_reason") for choice in choices.values())
    if not choices or not (is_done or finished):
        raise Fault("a stream that ended before the answer did", "See the server's log.")
    return {"choices": [choices[index] for index in sorted(choices)], "usage": usage}


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
