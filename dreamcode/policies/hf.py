"""`hf/<id or folder>`: any causal language model that transformers can load, and `embedded`."""

import json
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, PreTrainedModel

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.parse import parse
from dreamcode.chain.prompts import (
    FENCE,
    bare_prompt,
    begin_program,
    chat_messages,
    raw_prompt,
)
from dreamcode.errors import InfrastructureError, TooLongError
from dreamcode.policies.batching import Batcher
from dreamcode.policies.finishing import normalise_continuation, read_answer
from dreamcode.policies.fitting import FittingSampler
from dreamcode.policies.generation import Row
from dreamcode.policies.loading import SMALL_MODEL, load_pretrained
from dreamcode.policies.packing import pack_weights
from dreamcode.policies.policy import BATCH, Answer, Ending, Proposal, Request, Usage
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.reading import PromptReader, keeps_states
from dreamcode.prompting import Grain
from dreamcode.texts import clean

MAX_ROWS = 128
"""Rows in one batch; more requests wait for the next."""

WHOLE_TOKENS = 8192
"""Most tokens of a whole program, thinking included, where nobody says otherwise."""


class HfPolicy:
    """A transformers model that writes steps. Waiting requests share one batch.

    Args:
        name: what to type after `--model` to get it.
        model: the language model, in eval mode, on its device. On a CPU its weights may be laid
            out anew, after which it cannot be trained.
        tokenizer: the model's own.
        bare: whether it was trained on chains and wants the statement alone.
        on_event: told of what keeps the model from its best, one line each.
        pulse: shows what is under way.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: Any,
        *,
        bare: bool,
        on_event: Callable[[str], None] | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self._name = name
        self._model = model
        self._tokenizer = tokenizer
        self._bare = bare
        self._ends = _end_tokens(model, tokenizer)
        self._window = getattr(model.config, "max_position_embeddings", None)
        # The only tokens behind which a code fence can be complete.
        vocabulary = tokenizer.get_vocab().items()
        self._ticks = frozenset(id for token, id in vocabulary if "`" in token or token == "<0x60>")
        self._parameters = model.num_parameters()
        self._reader = PromptReader(model) if keeps_states(model) else None
        if self._parameters >= SMALL_MODEL:
            pack_weights(model)
        self._sampler = FittingSampler(name, model, self._reader, MAX_ROWS)
        self._say = on_event or (lambda _: None)
        self._pulse = pulse or Pulse()
        self._told = False
        self._closing = threading.Event()
        self._batcher: Batcher[Row, Usage] = Batcher(self._serve, self._choose_batch)

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return self._name

    @property
    def grain(self) -> Grain:
        """Whole programs where the model thinks first: an answer begun for it would not let it."""
        return "program" if self._thinks else "step"

    @property
    def wave(self) -> int:
        """Several programs at once on a GPU."""
        return 1 if self._model.device.type == "cpu" else BATCH

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return self._parameters

    async def write(self, request: Request) -> Answer:
        """Samples what follows the prefix, batched with whoever else is asking.

        Raises:
            TooLongError: prompt, prefix and a first token together exceed the model's window.
        """
        if self._answers_freely(request):
            function = request.problem.function
            return await self._sample(
                request, self._has_ended, lambda row: self._answer(row, function)
            )
        prefix, begun = request.prefix, self._begun(request)
        if self._thinks and not self._told:
            self._told = True
            self._say(
                f"{self.name} can think, but not where every function is begun for it; "
                "--grain program lets it"
            )

        def ends_step(row: Row) -> bool:
            if self._has_ended(row):
                return True
            text = begun + self._decode(row.tokens)
            return step_end(prefix, text) is not None or program_end(prefix, text) is not None

        def ends_program(row: Row) -> bool:
            if self._has_ended(row):
                return True
            # Decoding all rows after every token would take longer than the model.
            if row.tokens[-1] not in self._ticks:
                return False
            return program_end(prefix, begun + self._decode(row.tokens)) is not None

        if request.until == "step":
            return await self._sample(
                request, ends_step, lambda row: self._step(prefix, begun, row)
            )
        return await self._sample(
            request, ends_program, lambda row: self._continuation(prefix, begun, row)
        )

    async def close(self) -> None:
        """Ends the work under way at its next token, or part of a prompt, and frees memory."""
        self._closing.set()
        await self._batcher.close()
        if self._reader is not None:
            self._reader.forget()

    def _has_ended(self, row: Row) -> bool:
        return row.tokens[-1] in self._ends

    async def _sample(
        self,
        request: Request,
        is_done: Callable[[Row], bool],
        read: Callable[[Row], Proposal],
    ) -> Answer:
        row = self._row(request, is_done)
        usage = await self._batcher.ask(row)
        return Answer(read(row), usage)

    def _serve(self, rows: list[Row]) -> list[Usage]:
        """Fills in the rows; those with the same prompt share a call, whose first one pays."""
        with self._pulse.follow(len(rows)) as tell:

            def stopped() -> bool:
                tell(sum(len(row.tokens) for row in rows))
                return self._closing.is_set()

            self._sampler.sample(rows, stopped)
        if self._closing.is_set():
            raise InfrastructureError(f"{self.name} was closed while it was writing")
        paid: set[tuple[int, ...]] = set()
        spent = []
        for row in rows:
            prompt = tuple(row.prompt)
            spent.append(
                Usage(0, 0, len(row.tokens))
                if prompt in paid
                else Usage(1, len(row.prompt), len(row.tokens), row.cached)
            )
            paid.add(prompt)
        return spent

    def _choose_batch(self, rows: Sequence[Row]) -> list[int]:
        """Places of the waiting rows that make the next batch.

        The first has waited longest and is served now; with it go those whose prompts are
        nearest in length, so that little of the batch is padding.
        """
        first = len(rows[0].prompt)
        nearest = sorted(range(len(rows)), key=lambda place: abs(len(rows[place].prompt) - first))
        return nearest[: self._sampler.most_rows]

    def _row(self, request: Request, is_done: Callable[[Row], bool]) -> Row:
        pieces = self._prompt_tokens(request)
        prompt, ends = list(chain.from_iterable(pieces)), tuple(accumulate(map(len, pieces)))
        sampling = request.sampling
        room = WHOLE_TOKENS if request.most_tokens is None else request.most_tokens
        if self._window is not None:
            room = min(room, self._window - len(prompt))
        if room <= 0:
            raise TooLongError(
                f"problem {request.problem.id} with the program so far takes {len(prompt)} "
                f"tokens, but {self.name} reads at most {self._window}; use a model with a "
                "longer window"
            )
        return Row(prompt, request.seed, sampling.temperature, sampling.top_p, room, is_done, ends)

    def _answers_freely(self, request: Request) -> bool:
        """Whether the answer is not begun for the model, so that it may think in prose first."""
        if self._bare or not self._has_template:
            return False
        return request.prompting == "plain" or (self._thinks and request.until == "program")

    @property
    def _thinks(self) -> bool:
        """Whether the chat template knows of thinking."""
        return not self._bare and "think" in str(self._tokenizer.chat_template or "").lower()

    def _begun(self, request: Request) -> str:
        """How the program is begun for the model."""
        if self._bare or request.prefix or request.prompting == "plain":
            return ""
        return "" if self._answers_freely(request) else begin_program(request.problem)

    def _prompt_tokens(self, request: Request) -> list[list[int]]:
        """The prompt's tokens, then those of each step: a prefix in text is one in tokens too."""
        problem, prompting = request.problem, request.prompting
        if self._bare:
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

    @property
    def _has_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def _answer(self, row: Row, function: str | None) -> Proposal:
        text, found = read_answer(self._decode(row.tokens), function)
        ending = Ending.PROGRAM if found else Ending.LENGTH
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs), len(row.tokens))

    def _step(self, prefix: str, begun: str, row: Row) -> Proposal:
        text, ended = self._written(begun, row)
        kept = len(row.tokens)
        fence = program_end(prefix, text)
        cut = step_end(prefix, text)
        if cut is not None and (fence is None or cut <= fence):
            text, ending = normalise_step(text[:cut]), Ending.STEP
            kept = self._tokens_within(row.tokens, cut - len(begun))
        elif fence is not None:
            text, ending = normalise_step(text[:fence], last=True), Ending.PROGRAM
        elif ended and (prefix + text).strip():
            text, ending = normalise_step(text, last=True), Ending.PROGRAM
        else:
            ending = Ending.LENGTH  # no code at all is no program either
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs[:kept]), kept)

    def _continuation(self, prefix: str, begun: str, row: Row) -> Proposal:
        text, ended = self._written(begun, row)
        fence = program_end(prefix, text)
        finished = (ended or fence is not None) and bool((prefix + text).strip())
        text = normalise_continuation(prefix, text[:fence], finished=finished)
        ending = Ending.PROGRAM if finished else Ending.LENGTH
        return Proposal(text, ending, len(row.tokens), sum(row.logprobs), len(row.tokens))

    def _written(self, begun: str, row: Row) -> tuple[str, bool]:
        """The text behind what was begun for the model, if any, and whether the model ended it."""
        ended = row.tokens[-1] in self._ends
        text = self._decode(row.tokens[:-1] if ended else row.tokens)
        return begun + text if text.strip() else "", ended

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


def load_hf(
    name_or_path: str,
    on_event: Callable[[str], None] | None = None,
    pulse: Pulse | None = None,
) -> HfPolicy:
    """The policy `hf/<name_or_path>`: a folder on disk, else an id on the model hub.

    Args:
        name_or_path: where the model is.
        on_event: see `HfPolicy`.
        pulse: likewise.

    Raises:
        InputError: there is no such model, or it is not a causal language model.
    """
    return _load(f"hf/{name_or_path}", name_or_path, on_event, pulse)


def load_embedded(pulse: Pulse | None = None) -> HfPolicy:
    """The small policy that ships with the package: stdin problems of the miniature world."""
    return _load("embedded", str(resources.files(__package__) / "embedded"), None, pulse)


def _load(
    name: str, source: str, on_event: Callable[[str], None] | None, pulse: Pulse | None
) -> HfPolicy:
    model, tokenizer, _ = load_pretrained(AutoModelForCausalLM, source)
    bare = False
    hints = Path(source) / "dreamcode.json"
    if hints.is_file():
        bare = json.loads(hints.read_text("utf-8")).get("prompt") == "bare"
    return HfPolicy(name, model, tokenizer, bare=bare, on_event=on_event, pulse=pulse)


def _end_tokens(model: PreTrainedModel, tokenizer: Any) -> frozenset[int]:
    """All tokens that end an answer: a model may name several beside its tokenizer's."""
    ends = {tokenizer.eos_token_id}
    config = model.generation_config
    configured = config.eos_token_id if config is not None else None
    ends.update(configured if isinstance(configured, list) else [configured])
    return frozenset(end for end in ends if end is not None)
