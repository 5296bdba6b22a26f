"""`hf/<id or folder>`: any causal language model that transformers can load, and `embedded`."""

import threading
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import accumulate
from typing import Any

from transformers import AutoModelForCausalLM, PreTrainedModel

from dreamcode.errors import InfrastructureError
from dreamcode.policies.asking import Asker, find_ends, wants_bare
from dreamcode.policies.batching import Batcher
from dreamcode.policies.fitting import FittingSampler
from dreamcode.policies.generation import Row
from dreamcode.policies.loading import SMALL_MODEL, load_pretrained
from dreamcode.policies.packing import pack_weights
from dreamcode.policies.policy import BATCH, Answer, Request, Usage
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.reading import PromptReader, keeps_states
from dreamcode.prompting import Grain

MAX_ROWS = 128
"""Rows in one batch; more requests wait for the next."""


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

    Attributes:
        asker: who asks the model.
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
        self.asker = Asker(
            name,
            tokenizer,
            find_ends(tokenizer, model.generation_config),
            getattr(model.config, "max_position_embeddings", None),
            bare=bare,
            on_event=on_event,
        )
        self._parameters = model.num_parameters()
        self._reader = PromptReader(model) if keeps_states(model) else None
        if self._parameters >= SMALL_MODEL:
            pack_weights(model)
        self._sampler = FittingSampler(name, model, self._reader, MAX_ROWS)
        self._pulse = pulse or Pulse()
        self._closing = threading.Event()
        self._batcher: Batcher[Row, Usage] = Batcher(self._serve, self._choose_batch)

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return self._name

    @property
    def grain(self) -> Grain:
        """Whole programs where the model thinks first: an answer begun for it would not let it."""
        return self.asker.grain

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
        asking, sampling = self.asker.ask(request), request.sampling
        row = Row(
            asking.prompt,
            request.seed,
            sampling.temperature,
            sampling.top_p,
            asking.most_tokens,
            lambda row: asking.is_done(row.tokens),
            tuple(accumulate(map(len, asking.parts))),
        )
        usage = await self._batcher.ask(row)
        return Answer(asking.read(row.tokens, row.logprobs), usage)

    async def close(self) -> None:
        """Ends the work under way at its next token, or part of a prompt, and frees memory."""
        self._closing.set()
        await self._batcher.close()
        if self._reader is not None:
            self._reader.forget()

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
    bare = wants_bare(source)
    return HfPolicy(name, model, tokenizer, bare=bare, on_event=on_event, pulse=pulse)
