"""`hf/<id or folder>`: any causal language model that transformers can load, and `embedded`."""

import json
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, PreTrainedModel

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.parse import parse
from dreamcode.chain.prompts import FENCE, bare_prompt, chat_messages, raw_prompt
from dreamcode.errors import InfrastructureError, TooLongError
from dreamcode.policies.batching import Batcher
from dreamcode.policies.finishing import normalise_continuation, read_answer
from dreamcode.policies.generation import Row, sample
from dreamcode.policies.loading import load_pretrained
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage

MAX_ROWS = 128
"""Rows in one batch; more requests wait for the next."""


class HfPolicy:
    """A transformers model that writes steps. Waiting requests share one batch.

    Args:
        name: what to type after `--model` to get it.
        model: in eval mode, on its device.
        tokenizer: the model's own.
        bare: whether it was trained on chains and wants the statement alone.
    """

    def __init__(self, name: str, model: PreTrainedModel, tokenizer: Any, *, bare: bool) -> None:
        self._name = name
        self._model = model
        self._tokenizer = tokenizer
        self._bare = bare
        self._ends = _end_tokens(model, tokenizer)
        self._window = getattr(model.config, "max_position_embeddings", None)
        # The only tokens behind which a code fence can be complete.
        vocabulary = tokenizer.get_vocab().items()
        self._ticks = frozenset(id for token, id in vocabulary if "`" in token or token == "<0x60>")
        self._closing = threading.Event()
        self._batcher: Batcher[list[Row], None] = Batcher(self._serve, _choose_batch)

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return self._name

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return self._model.num_parameters()

    async def write(self, request: Request) -> Answer:
        """Samples what follows the prefix, batched with whoever else is asking.

        Raises:
            TooLongError: prompt, prefix and a first token together exceed the model's window.
        """
        prefix = request.prefix
        if self._answers_freely(request):
            function = request.problem.function
            return await self._sample(
                request, self._has_ended, lambda _, row: self._answer(row, function)
            )
        if request.until == "step":

            def ends_step(row: Row) -> bool:
                if self._has_ended(row):
                    return True
                text = self._decode(row.tokens)
                return step_end(prefix, text) is not None or program_end(prefix, text) is not None

            return await self._sample(request, ends_step, self._step)

        def ends_program(row: Row) -> bool:
            if self._has_ended(row):
                return True
            # Decoding all rows after every token would take longer than the model.
            if row.tokens[-1] not in self._ticks:
                return False
            return program_end(prefix, self._decode(row.tokens)) is not None

        return await self._sample(request, ends_program, self._continuation)

    async def close(self) -> None:
        """Ends the work under way at its next token."""
        self._closing.set()

    def _has_ended(self, row: Row) -> bool:
        return row.tokens[-1] in self._ends

    async def _sample(
        self,
        request: Request,
        is_done: Callable[[Row], bool],
        read: Callable[[str, Row], Proposal],
    ) -> Answer:
        rows = self._rows(request, is_done)
        await self._batcher.ask(rows)
        usage = Usage(
            calls=1,
            prompt_tokens=len(rows[0].prompt),
            completion_tokens=sum(len(row.tokens) for row in rows),
        )
        return Answer(tuple(read(request.prefix, row) for row in rows), usage)

    def _serve(self, groups: list[list[Row]]) -> list[None]:
        sample(self._model, [row for rows in groups for row in rows], self._closing.is_set)
        if self._closing.is_set():
            raise InfrastructureError(f"{self.name} was closed while it was writing")
        return [None] * len(groups)

    def _rows(self, request: Request, is_done: Callable[[Row], bool]) -> list[Row]:
        prompt = self._prompt_tokens(request)
        sampling = request.sampling
        room = sampling.max_step_tokens
        if self._window is not None:
            room = min(room, self._window - len(prompt))
        if room <= 0:
            raise TooLongError(
                f"problem {request.problem.id} with the program so far takes {len(prompt)} "
                f"tokens, but {self.name} reads at most {self._window}; use a model with a "
                "longer window"
            )
        return [
            Row(prompt, seed, sampling.temperature, sampling.top_p, room, is_done)
            for seed in request.seeds
        ]

    def _answers_freely(self, request: Request) -> bool:
        """Whether the answer is not begun for the model, so that it may think in prose first."""
        return request.prompting == "plain" and not self._bare and self._has_template

    def _prompt_tokens(self, request: Request) -> list[int]:
        """The prompt, then the steps one by one, so that a prefix is a prefix in tokens too."""
        problem, prompting = request.problem, request.prompting
        pieces = [step.source for step in parse(request.prefix).steps]
        if self._bare:
            text, begin = bare_prompt(problem), True
        elif self._has_template:
            text = self._tokenizer.apply_chat_template(
                chat_messages(problem, prompting), tokenize=False, add_generation_prompt=True
            )
            if not self._answers_freely(request):
                text += FENCE
            begin = False  # the template writes the begin token itself
        else:
            text, begin = raw_prompt(problem, prompting), True
        ids: list[int] = list(self._tokenizer(text, add_special_tokens=begin)["input_ids"])
        for piece in pieces:
            ids += self._tokenizer(piece, add_special_tokens=False)["input_ids"]
        return ids

    @property
    def _has_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def _answer(self, row: Row, function: str | None) -> Proposal:
        text, found = read_answer(self._decode(row.tokens), function)
        ending = Ending.PROGRAM if found else Ending.LENGTH
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs), len(row.tokens))

    def _step(self, prefix: str, row: Row) -> Proposal:
        ended = row.tokens[-1] in self._ends
        text = self._decode(row.tokens[:-1] if ended else row.tokens)
        kept = len(row.tokens)
        fence = program_end(prefix, text)
        cut = step_end(prefix, text)
        if cut is not None and (fence is None or cut <= fence):
            text, ending = normalise_step(text[:cut]), Ending.STEP
            kept = self._tokens_within(row.tokens, cut)
        elif fence is not None:
            text, ending = normalise_step(text[:fence], last=True), Ending.PROGRAM
        elif ended:
            text, ending = normalise_step(text, last=True), Ending.PROGRAM
        else:
            ending = Ending.LENGTH
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs[:kept]), kept)

    def _continuation(self, prefix: str, row: Row) -> Proposal:
        ended = row.tokens[-1] in self._ends
        text = self._decode(row.tokens[:-1] if ended else row.tokens)
        fence = program_end(prefix, text)
        finished = ended or fence is not None
        text = normalise_continuation(prefix, text[:fence], finished=finished)
        ending = Ending.PROGRAM if finished else Ending.LENGTH
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs), len(row.tokens))

    def _tokens_within(self, tokens: list[int], characters: int) -> int:
        """How many tokens make up the first `characters`; the rest began the next step."""
        count = len(tokens)
        while count and len(self._decode(tokens[: count - 1])) >= characters:
            count -= 1
        return count

    def _decode(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text


def load_hf(name_or_path: str) -> HfPolicy:
    """The policy `hf/<name_or_path>`: a folder on disk, else an id on the model hub.

    Raises:
        InputError: there is no such model, or it is not a causal language model.
    """
    return _load(f"hf/{name_or_path}", name_or_path)


def load_embedded() -> HfPolicy:
    """The small policy that ships with the package: stdin problems of the miniature world."""
    return _load("embedded", str(resources.files(__package__) / "embedded"))


def _load(name: str, source: str) -> HfPolicy:
    model, tokenizer, _ = load_pretrained(AutoModelForCausalLM, source)
    bare = False
    hints = Path(source) / "dreamcode.json"
    if hints.is_file():
        bare = json.loads(hints.read_text("utf-8")).get("prompt") == "bare"
    return HfPolicy(name, model, tokenizer, bare=bare)


def _end_tokens(model: PreTrainedModel, tokenizer: Any) -> frozenset[int]:
    """All tokens that end an answer: a model may name several beside its tokenizer's."""
    ends = {tokenizer.eos_token_id}
    config = model.generation_config
    configured = config.eos_token_id if config is not None else None
    ends.update(configured if isinstance(configured, list) else [configured])
    return frozenset(end for end in ends if end is not None)


def _choose_batch(groups: Sequence[list[Row]]) -> list[int]:
    """Places of the waiting groups that make the next batch of at most MAX_ROWS.

    The first has waited longest and is served now, alone if it is too large; with it go those
    whose prompts are nearest in length, so that little of the batch is padding.
    """
    lengths = [len(rows[0].prompt) for rows in groups]
    nearest = sorted(range(len(groups)), key=lambda place: abs(lengths[place] - lengths[0]))
    chosen: list[int] = []
    total = 0
    for place in nearest:
        total += len(groups[place])
        if chosen and total > MAX_ROWS:
            break
        chosen.append(place)
    return chosen
