"""What a server understands of the OpenAI protocol, learnt from what it refuses."""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from dreamcode.chain.prompts import (
    FENCE,
    chat_messages,
    form_of,
    next_step_messages,
    raw_prompt,
)
from dreamcode.policies.openai_wire import RefusedError
from dreamcode.policies.policy import Request
from dreamcode.problems import Problem

Mode = Literal["prefill", "instruction", "raw"]

_OPTIONAL = ("logprobs", "seed", "stop", "temperature", "top_p")
_PREFILL = {"add_generation_prompt": False, "continue_final_message": True}
_NAMES_N = re.compile(
    r"""['"`]n['"`]|\bn\s*(?:[=>]|must\b|should\b|is not\b)|one (?:\w+ )?choice"""
)
_OPENING_FENCE = re.compile(r"^\s*```[ \t]*py", re.MULTILINE)
_CODE = re.compile(
    r"""\s*(?:$|```|[#@"'(\[]|[\w.]+(?:\[[^\]\n]*\])?\s*(?:,[\w\s,.]+)?[-+*/]?[=(:]"""
    r"""|(?:async|class|def|elif|else|except|finally|for|from|if|import|return|try|while|with)\b)"""
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to ask this server.

    Attributes:
        mode: how it is made to continue a prefix: an answer begun for it, an instruction to
            write the next function, or a raw completion.
        can_fall_back: whether to give up prefill for instructions when it does not work.
        proven: whether a prefilled answer has been continued, so that one strange sample
            does not change the mode for good.
        many: whether one request gives several choices.
        length: its name for the most tokens to generate.
        unsupported: optional parameters that it refuses.
    """

    mode: Mode
    can_fall_back: bool = False
    proven: bool = False
    many: bool = True
    length: str = "max_tokens"
    unsupported: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        """Where requests go, below the base URL."""
        return "/completions" if self.mode == "raw" else "/chat/completions"

    def body(
        self,
        request: Request,
        written: str,
        *,
        n: int,
        seed: int,
        max_tokens: int,
        stop: tuple[str, ...],
    ) -> dict[str, Any]:
        """A request for `n` continuations of `written`, the model's name left out."""
        problem, sampling, prompting = request.problem, request.sampling, request.prompting
        body: dict[str, Any] = {
            "n": n,
            # Some servers hold seeds in 32 bits and refuse longer ones.
            "seed": seed % 2**31,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "logprobs": 1 if self.mode == "raw" else True,
            self.length: max_tokens,
        }
        if stop:
            body["stop"] = list(stop)
        if self.mode == "raw":
            body["prompt"] = raw_prompt(problem, prompting) + written
        elif prompting == "plain":
            body["messages"] = chat_messages(problem, prompting)
        elif self.mode == "prefill":
            begun = {"role": "assistant", "content": FENCE + written}
            body["messages"] = [*chat_messages(problem), begun]
            body |= _PREFILL
        else:
            body["messages"] = next_step_messages(problem, written)
        return {key: value for key, value in body.items() if key not in self.unsupported}

    def learn(self, refusal: RefusedError, body: dict[str, Any]) -> tuple["Dialect", str] | None:
        """How to ask instead of `body`, and what that costs the user; None if in no way."""
        said = str(refusal)

        def blamed(name: str) -> bool:
            if refusal.parameter is not None and refusal.parameter in body:
                return refusal.parameter == name
            return name in body and re.search(rf"\b{name}\b", said) is not None

        if self.length == "max_tokens" and blamed("max_tokens"):
            return replace(self, length="max_completion_tokens"), "max_completion_tokens it is"
        if body["n"] > 1 and (refusal.parameter == "n" or _NAMES_N.search(said)):
            return replace(self, many=False), "server refuses n: sending one request per sample"
        prefill_blamed = any(blamed(name) for name in _PREFILL)
        if not prefill_blamed:
            for name in _OPTIONAL:
                if blamed(name):
                    learnt = replace(self, unsupported=self.unsupported | {name})
                    return learnt, f"server refuses {name}: asking without"
        prefilled = "continue_final_message" in body
        if prefilled and self.can_fall_back and (prefill_blamed or not self.proven):
            return self._instructing(), "server refuses prefill: asking for one function at a time"
        return None

    def notice(self, texts: list[str]) -> tuple["Dialect", str | None]:
        """What the first prefilled answers tell: continued, or begun anew without a word.

        A server that ignores the prefill answers as if nothing had been written: with prose,
        or with an opening fence. Then our stop strings cut it at its first function.
        """
        if self.mode != "prefill" or self.proven or not self.can_fall_back:
            return self, None
        anew = sum(begins_anew(text) for text in texts)
        if 2 * anew <= len(texts):
            return replace(self, proven=True), None
        return self._instructing(), "server ignores prefill: asking for one function at a time"

    def _instructing(self) -> "Dialect":
        return replace(self, mode="instruction", can_fall_back=False)


def begins_anew(text: str) -> bool:
    """Whether this begins an answer of its own instead of going on with our code."""
    return bool(_OPENING_FENCE.search(text)) or not _CODE.match(text)


def stop_strings(problem: Problem, mode: Mode) -> tuple[str, ...]:
    """Where a server should stop, so that little is generated beyond the step.

    Four at most: OpenAI's limit. They begin with a line end, so the function that the text
    starts with does not trigger its own; but one that follows imports, decorators or
    `class Solution:` does. Such a text is no step yet and is simply continued: that costs a
    short extra request at some first steps, while stopping nowhere would cost the rest of the
    program in tokens at every step. Whatever slips through (tabs, `async def`) is cut off by
    `step_end` afterwards.

    An instruction answer is prose around a fence and holds one function: it stops by itself.
    The fence string has its line end behind it, because an opening fence names its language.
    """
    if mode == "instruction":
        return ()
    if form_of(problem) == "class":
        return ("\n    def ", "\n    @", "\ndef ", "```\n")
    return ("\ndef ", "\n@", "\nasync def ", "```\n")
