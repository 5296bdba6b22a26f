"""How a model on this machine is asked in tokens, and how its tokens are read: by any engine."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from transformers import GenerationConfig, PreTrainedConfig

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.parse import parse
from dreamcode.chain.prompts import (
    FENCE,
    bare_prompt,
    begin_program,
    chat_messages,
    raw_prompt,
)
from dreamcode.errors import TooLongError
from dreamcode.policies.finishing import normalise_continuation, read_answer
from dreamcode.policies.policy import Ending, Proposal, Request
from dreamcode.prompting import Grain
from dreamcode.texts import clean

WHOLE_TOKENS = 8192
"""Most tokens of a whole program, thinking included, where nobody says otherwise."""

TAIL = 8
"""Tokens that hold what may end a step, however it is cut: few, since most tokens end none."""

_MAY_END = re.compile(r"def[ \t\f]|```")


@dataclass(frozen=True, slots=True)
class Asking:
    """A request in a model's own tokens.

    Attributes:
        parts: the prompt's tokens, then those of each step of the prefix: a prefix in text is
            one in tokens too.
        most_tokens: most tokens that may be written.
        is_done: looks at what was written, after every token, and says whether it may stop.
        read: the sample that these tokens make, given their log-likelihoods too.
    """

    parts: list[list[int]]
    most_tokens: int
    is_done: Callable[[Sequence[int]], bool]
    read: Callable[[Sequence[int], Sequence[float]], Proposal]

    @property
    def prompt(self) -> list[int]:
        """All tokens that are read."""
        return list(chain.from_iterable(self.parts))


class Asker:
    """Asks one model.

    Args:
        name: what to type after `--model` to get it.
        tokenizer: the model's own.
        ends: tokens that end an answer.
        window: most tokens the model reads and writes; None if it does not say.
        bare: whether it was trained on chains and wants the statement alone.
        on_event: told of what keeps the model from its best, one line each.

    Attributes:
        ends: tokens that end an answer.
    """

    def __init__(
        self,
        name: str,
        tokenizer: Any,
        ends: frozenset[int],
        window: int | None,
        *,
        bare: bool = False,
        on_event: Callable[[str], None] | None = None,
    ) -> None:
        self._name = name
        self._tokenizer = tokenizer
        self.ends = ends
        self._window = window
        self._bare = bare
        self._say = on_event or (lambda _: None)
        self._told = False

    @property
    def grain(self) -> Grain:
        """Whole programs where the model thinks first: an answer begun for it would not let it."""
        return "program" if self._thinks else "step"

    def ask(self, request: Request) -> Asking:
        """The request in tokens.

        Raises:
            TooLongError: prompt, prefix and a first token together exceed the model's window.
        """
        parts = self._parts(request)
        most = self._most_tokens(request, sum(map(len, parts)))
        if self._answers_freely(request):
            function = request.problem.function
            return Asking(parts, most, self._has_ended, lambda *told: self._answer(function, *told))
        prefix, begun = request.prefix, self._begun(request)
        if self._thinks and not self._is_bare(request) and not self._told:
            self._told = True
            self._say(
                f"{self._name} can think, but not where every function is begun for it; "
                "--grain program lets it"
            )

        def ends_step(tokens: Sequence[int]) -> bool:
            if not self._may_end(tokens):
                return self._has_ended(tokens)
            text = begun + self._decode(tokens)
            return step_end(prefix, text) is not None or program_end(prefix, text) is not None

        def ends_program(tokens: Sequence[int]) -> bool:
            if not self._may_end(tokens):
                return self._has_ended(tokens)
            return program_end(prefix, begun + self._decode(tokens)) is not None

        if request.until == "step":
            return Asking(parts, most, ends_step, lambda *told: self._step(prefix, begun, *told))
        return Asking(
            parts, most, ends_program, lambda *told: self._continuation(prefix, begun, *told)
        )

    def _has_ended(self, tokens: Sequence[int]) -> bool:
        return tokens[-1] in self.ends

    def _may_end(self, tokens: Sequence[int]) -> bool:
        """Whether there is reason to look at all tokens: decoding them takes longer than a model.

        A step is known to be over with the `def` of the next one, a program with its fence.
        """
        return not self._has_ended(tokens) and bool(_MAY_END.search(self._decode(tokens[-TAIL:])))

    def _most_tokens(self, request: Request, prompt: int) -> int:
        most = WHOLE_TOKENS if request.most_tokens is None else request.most_tokens
        if self._window is None:
            return most
        if prompt >= self._window:
            raise TooLongError(
                f"problem {request.problem.id} with the program so far takes {prompt} "
                f"tokens, but {self._name} reads at most {self._window}; use a model with a "
                "longer window"
            )
        return min(most, self._window - prompt)

    def _answers_freely(self, request: Request) -> bool:
        """Whether the answer is not begun for the model, so that it may think in prose first."""
        if self._is_bare(request) or not self._has_template:
            return False
        return request.prompting == "plain" or (self._thinks and request.until == "program")

    def _is_bare(self, request: Request) -> bool:
        return self._bare or request.prompting == "bare"

    @property
    def _thinks(self) -> bool:
        """Whether the chat template knows of thinking."""
        return not self._bare and "think" in str(self._tokenizer.chat_template or "").lower()

    @property
    def _has_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def _begun(self, request: Request) -> str:
        """How the program is begun for the model."""
        if self._is_bare(request) or request.prefix or request.prompting == "plain":
            return ""
        return "" if self._answers_freely(request) else begin_program(request.problem)

    def _parts(self, request: Request) -> list[list[int]]:
        problem, prompting = request.problem, request.prompting
        if self._is_bare(request):
            text, begin = bare_prompt(problem), True
        elif self._has_template:
            text = self._tokenizer.apply_chat_template(
                chat_messages(problem, prompting, request.python, request.feedback),
                tokenize=False,
                add_generation_prompt=True,
            )
            if not self._answers_freely(request):
                text += FENCE
            begin = False  # the template writes the begin token itself
        else:
            text, begin = raw_prompt(problem, prompting, request.python), True
        steps = [step.source for step in parse(request.prefix).steps]
        written = [*steps, self._begun(request)]
        return [self._tokens(text, begin=begin), *map(self._tokens, filter(None, written))]

    def _tokens(self, text: str, *, begin: bool = False) -> list[int]:
        return list(self._tokenizer(clean(text), add_special_tokens=begin)["input_ids"])

    def _answer(
        self, function: str | None, tokens: Sequence[int], logprobs: Sequence[float]
    ) -> Proposal:
        text, found = read_answer(self._decode(tokens), function)
        ending = Ending.PROGRAM if found else Ending.LENGTH
        return Proposal(text, ending, len(tokens), sum(logprobs), len(tokens))

    def _step(
        self, prefix: str, begun: str, tokens: Sequence[int], logprobs: Sequence[float]
    ) -> Proposal:
        text, ended = self._written(begun, tokens)
        kept = len(tokens)
        fence = program_end(prefix, text)
        cut = step_end(prefix, text)
        if cut is not None and (fence is None or cut <= fence):
            text, ending = normalise_step(text[:cut]), Ending.STEP
            kept = self._tokens_within(tokens, cut - len(begun))
        elif fence is not None:
            text, ending = normalise_step(text[:fence], last=True), Ending.PROGRAM
        elif ended and (prefix + text).strip():
            text, ending = normalise_step(text, last=True), Ending.PROGRAM
        else:
            ending = Ending.LENGTH  # no code at all is no program either
        return Proposal(text, ending, len(tokens), sum(logprobs[:kept]), kept)

    def _continuation(
        self, prefix: str, begun: str, tokens: Sequence[int], logprobs: Sequence[float]
    ) -> Proposal:
        text, ended = self._written(begun, tokens)
        fence = program_end(prefix, text)
        finished = (ended or fence is not None) and bool((prefix + text).strip())
        text = normalise_continuation(prefix, text[:fence], finished=finished)
        ending = Ending.PROGRAM if finished else Ending.LENGTH
        return Proposal(text, ending, len(tokens), sum(logprobs), len(tokens))

    def _written(self, begun: str, tokens: Sequence[int]) -> tuple[str, bool]:
        """The text behind what was begun for the model, if any, and whether the model ended it."""
        ended = self._has_ended(tokens)
        text = self._decode(tokens[:-1] if ended else tokens)
        return begun + text if text.strip() else "", ended

    def _tokens_within(self, tokens: Sequence[int], characters: int) -> int:
        """How many tokens make up the first `characters`; the rest began the next step."""
        count = len(tokens)
        while count and len(self._decode(tokens[: count - 1])) >= characters:
            count -= 1
        return count

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text


def find_ends(tokenizer: Any, config: GenerationConfig | PreTrainedConfig | None) -> frozenset[int]:
    """All tokens that end an answer: a model may name several beside its tokenizer's."""
    ends = {tokenizer.eos_token_id}
    configured = getattr(config, "eos_token_id", None)
    ends.update(configured if isinstance(configured, list) else [configured])
    return frozenset(end for end in ends if end is not None)


def wants_bare(source: str) -> bool:
    """Whether the model in this folder was trained on chains and wants the statement alone."""
    hints = Path(source) / "dreamcode.json"
    return hints.is_file() and json.loads(hints.read_text("utf-8")).get("prompt") == "bare"
