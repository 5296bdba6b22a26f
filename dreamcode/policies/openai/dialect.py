"""How a server wants to be asked: what one request to it looks like."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dreamcode.chain.prompts import (
    FENCE,
    Message,
    begin_program,
    chat_messages,
    form_of,
    next_step_messages,
    raw_prompt,
    rest_messages,
)
from dreamcode.policies.policy import STEP_TOKENS, Request
from dreamcode.policies.server_options import Endpoint
from dreamcode.problems import Problem
from dreamcode.prompting import Grain

Mode = Literal["prefill", "free", "raw"]
"""How a model is made to continue a prefix: an answer that is begun for it, an answer of its own
to an instruction, or a raw completion."""

PATHS: dict[Endpoint, str] = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "responses": "/responses",
}
PREFILL = {"add_generation_prompt": False, "continue_final_message": True}
LEAST_TOKENS = 64
"""A prompt that leaves less room than this is too long for the model."""

STREAM_FROM = 2048
"""Answers that may take more tokens than these are asked for as streams, to be seen growing."""

THINKING_STEP_TOKENS = 8192
"""Most tokens of a step, where nobody says otherwise, of models that may think before it."""

_STATEMENT = re.compile(r"(?:import|from|async|def|class)[ \t]|@")
_BODY = re.compile(r"[ \t]*\n[ \t]+\S")
_FENCES = re.compile(r"(?:^\s*|:[ \t]*)```[ \t]*(py)?", re.MULTILINE)
_CODE = re.compile(
    r"""\s*(?:$|```|[#@"'(\[]|[\w.]+(?:\[[^\]\n]*\])?\s*(?:,[\w\s,.]+)?[-+*/]?[=(:]"""
    r"""|(?:async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if"""
    r"""|import|match|nonlocal|not|pass|raise|return|try|while|with|yield)\b)"""
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to ask this server, as far as it is known.

    Attributes:
        endpoint: where requests go.
        mode: how the model is made to continue a prefix.
        settled: whether `mode` is what the user wants or what has been seen to work; else a
            better one may be found.
        thinks: whether the model was seen to think before it answers; None if it has not been
            asked yet.
        many: whether one request gives several choices.
        many_streamed: whether it does so as a stream.
        length: the server's name for the most tokens to generate.
        ceiling: most tokens that it lets anybody ask for; None if unknown.
        window: most tokens of prompt and answer together; None if unknown.
        density: tokens per byte of a prompt, as seen when `window` was found out.
        system: whether it takes a system message.
        streams: whether it wants to be asked for a stream.
        unsupported: parameters that it refuses.
        effort: how hard the model shall think; None leaves it to the server.
        extra: fields of the body that the user wants.
    """

    endpoint: Endpoint = "chat"
    mode: Mode = "free"
    settled: bool = False
    thinks: bool | None = None
    many: bool = True
    many_streamed: bool = True
    length: str = "max_tokens"
    ceiling: int | None = None
    window: int | None = None
    density: float = 0.0
    system: bool = True
    streams: bool = False
    unsupported: frozenset[str] = frozenset()
    effort: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where requests go, below the base URL."""
        return PATHS[self.endpoint]

    @property
    def step_tokens(self) -> int:
        """Most tokens of a step where nobody says otherwise."""
        # An answer that is begun leaves no room for thinking.
        may_think = self.mode == "free" and self.thinks is not False
        return THINKING_STEP_TOKENS if may_think else STEP_TOKENS

    def until(self, request: Request) -> Grain:
        """How far one answer goes, where the request leaves it open."""
        if request.prompting == "plain":
            return "program"
        if request.until == "auto":
            return "program" if self.mode == "free" else "step"
        return request.until

    def begun(self, request: Request) -> str:
        """What is begun for the model behind the prefix."""
        if self.mode == "free" or request.prompting != "cof":
            return ""  # models that were trained on chains begin each function by themselves
        if not request.prefix:
            return begin_program(request.problem)
        return request.head if self.until(request) == "step" else ""

    def body(
        self,
        request: Request,
        written: str,
        *,
        n: int,
        seed: int,
        most_tokens: int | None,
        stop: tuple[str, ...],
    ) -> dict[str, Any]:
        """A request for `n` continuations of `written`, the model's name left out."""
        sampling = request.sampling
        body: dict[str, Any] = {"temperature": sampling.temperature}
        if sampling.top_p < 1:  # servers that refuse the two together are spared the default
            body["top_p"] = sampling.top_p
        if self.endpoint == "responses":
            body |= {"input": self._messages(request, written), "store": False}
            if self.effort is not None:
                body["reasoning"] = {"effort": self.effort}
        else:
            # Some servers hold seeds in 32 bits and refuse longer ones.
            body |= {"n": n, "seed": seed % 2**31}
            body["logprobs"] = 1 if self.endpoint == "completions" else True
            if stop:
                body["stop"] = list(stop)
            if self.effort is not None:
                body["reasoning_effort"] = self.effort
            if self.endpoint == "completions":
                prompt = raw_prompt(request.problem, request.prompting, request.python)
                body["prompt"] = prompt + written
            else:
                body["messages"] = self._messages(request, written)
                body |= PREFILL if self._begins(request) else {}
        most = self._most(most_tokens, body)
        if most is not None:
            body["max_output_tokens" if self.endpoint == "responses" else self.length] = most
        is_long = most is None or most > STREAM_FROM
        hangs_up = stop and "stop" in self.unsupported  # on who cannot be told where to stop
        can = "stream" not in self.unsupported and (n == 1 or self.many_streamed)
        if self.streams or ((is_long or hangs_up) and can):
            body["stream"] = True
            if self.endpoint != "responses" and "stream" not in self.unsupported:
                body["stream_options"] = {"include_usage": True}
        kept = {name: value for name, value in body.items() if name not in self.unsupported}
        return _merge(kept, self.extra)

    def _most(self, wanted: int | None, body: Mapping[str, Any]) -> int | None:
        """Most tokens to ask for behind the prompt of `body`."""
        if wanted is None:
            return None
        bounds = [wanted, self.ceiling or wanted]
        if self.window is not None:
            # A prompt of another text may hold more tokens per byte.
            prompt = math.ceil(1.05 * self.density * prompt_bytes(body))
            bounds.append(max(self.window - prompt, LEAST_TOKENS))
        return min(bounds)

    def _begins(self, request: Request) -> bool:
        return self.mode == "prefill" and request.prompting == "cof"

    def _messages(self, request: Request, written: str) -> list[Message]:
        problem, python, feedback = request.problem, request.python, request.feedback
        if self._begins(request):
            begun = {"role": "assistant", "content": FENCE + written}
            return [*self._addressed(chat_messages(problem, "cof", python, feedback)), begun]
        if request.until == "step":
            return self._addressed(next_step_messages(problem, written, python, feedback))
        if written:
            return self._addressed(rest_messages(problem, written, python, feedback))
        return self._addressed(chat_messages(problem, request.prompting, python, feedback))

    def _addressed(self, messages: list[Message]) -> list[Message]:
        """The messages; where the server takes no system message its text leads the user's."""
        if self.system:
            return messages
        system, user = messages
        return [{"role": "user", "content": f"{system['content']}\n\n{user['content']}"}]


def prompt_bytes(body: Mapping[str, Any]) -> int:
    """How long the prompt of a request is."""
    messages = body.get("messages") or body.get("input") or ()
    texts = [body.get("prompt", ""), *(str(message["content"]) for message in messages)]
    return sum(len(text.encode(errors="replace")) for text in texts)


def begins_anew(text: str) -> bool:
    """Whether this begins an answer of its own instead of going on with our code."""
    if _BODY.match(text):  # what is begun ends in a function's head; docstrings may hold fences
        return False
    first = _FENCES.search(text)  # an opening one behind a closing one is beyond our program
    return bool(first and first[1]) or not _CODE.match(text)


def restates(text: str, begun: str) -> bool:
    """Whether this is code that begins once more with what was begun for the model."""
    return begun != "" and _STATEMENT.match(text) is not None


def stop_strings(problem: Problem, mode: Mode) -> tuple[str, ...]:
    """Where a server should stop, so that little is generated beyond the step.

    Four at most: OpenAI's limit. They begin with a line end, so the function that the text
    starts with does not trigger its own; but one that follows imports, decorators or
    `class Solution:` does. Such a text is no step yet and is simply continued: that costs a
    short extra request at some first steps, while stopping nowhere would cost the rest of the
    program in tokens at every step. Whatever slips through (tabs, `async def`) is cut off by
    `step_end` afterwards.

    A free answer is prose around a fence: it stops by itself. The fence string has its line
    end behind it, because an opening fence names its language.
    """
    if mode == "free":
        return ()
    if form_of(problem) == "class":
        return ("\n    def ", "\n    @", "\ndef ", "```\n")
    return ("\ndef ", "\n@", "\nasync def ", "```\n")


def _merge(body: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the user's fields; theirs win, null takes a field out, objects are merged."""
    merged = {name: value for name, value in body.items() if extra.get(name, "") is not None}
    for name, value in extra.items():
        known = merged.get(name)
        if value is None:
            continue
        if isinstance(known, dict) and isinstance(value, Mapping):
            merged[name] = _merge(known, value)
        else:
            merged[name] = value
    return merged
