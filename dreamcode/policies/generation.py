"""Batched sampling from a causal language model, with a stop rule and a seed for every row."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

ROOM = 128
"""Tokens of room that are added when there is none left."""

CROWD = 0.75
"""Rows leave the batch together, once no more than this share of it is still being written:
each time costs a copy of the whole cache."""


@dataclass(slots=True)
class Row:
    """One sample to draw, and what has been drawn of it.

    Attributes:
        prompt: token ids to continue.
        seed: of this row's own random stream; a row's samples do not depend on its batch.
        temperature: sampling temperature; 0 is greedy.
        top_p: nucleus mass.
        max_tokens: most tokens to draw.
        is_done: looks at `tokens` after each draw and says whether the row may stop.
        tokens: what was drawn.
        logprobs: log-likelihoods of `tokens` at temperature 1, in nats.
    """

    prompt: list[int]
    seed: int
    temperature: float
    top_p: float
    max_tokens: int
    is_done: Callable[["Row"], bool]
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


@torch.inference_mode()
def sample(
    model: PreTrainedModel, rows: Sequence[Row], stopped: Callable[[], bool] = lambda: False
) -> None:
    """Fills in `tokens` and `logprobs` of every row.

    Rows with the same prompt share its prefill; rows that are done leave the batch, which
    shrinks its cache. Prompts are padded on the left.

    Args:
        model: a causal language model, in eval mode.
        rows: what to sample; changed in place.
        stopped: asked before each token; True ends the work early.
    """
    prompts = list({tuple(row.prompt): None for row in rows})
    place = {prompt: index for index, prompt in enumerate(prompts)}
    ids, mask = _pad_left(prompts, model.device)
    cache = new_cache(model)
    logits = _forward(model, ids, mask, (mask.cumsum(1) - 1).clamp(min=0), cache)

    copies = torch.tensor([place[tuple(row.prompt)] for row in rows], device=model.device)
    cache.batch_select_indices(copies)
    mask, logits = mask[copies], logits[copies]
    batch = list(rows)
    streams = [random.Random(row.seed) for row in rows]
    writing = [True] * len(rows)

    while not stopped():
        tokens = _draw(logits, batch, streams, writing)
        writing = [
            alive and len(row.tokens) < row.max_tokens and not row.is_done(row)
            for row, alive in zip(batch, writing, strict=True)
        ]
        keep = [index for index, alive in enumerate(writing) if alive]
        if not keep:
            return
        if len(keep) <= CROWD * len(batch):
            index = torch.tensor(keep, device=model.device)
            cache.batch_select_indices(index)
            mask, tokens = mask[index], tokens[index]
            batch = [batch[i] for i in keep]
            streams = [streams[i] for i in keep]
            writing = [True] * len(keep)
        mask = torch.cat([mask, mask.new_ones(len(batch), 1)], dim=1)
        logits = _forward(model, tokens[:, None], mask, mask.sum(1, keepdim=True) - 1, cache)


def _forward(
    model: PreTrainedModel,
    ids: torch.Tensor,
    mask: torch.Tensor,
    positions: torch.Tensor,
    cache: DynamicCache,
) -> torch.Tensor:
    """Logits of the next token, float32, shape (rows, vocabulary); extends `cache`."""
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: torch.Tensor = output.logits[:, -1].float()
    return logits


def _draw(
    logits: torch.Tensor,
    rows: Sequence[Row],
    streams: Sequence[random.Random],
    writing: Sequence[bool],
) -> torch.Tensor:
    """Draws one token per row, notes it in rows still being written, returns all, shape (rows,)."""
    logprobs = logits.log_softmax(-1)
    temperature = torch.tensor([row.temperature for row in rows], device=logits.device)
    greedy = temperature == 0
    probabilities = (logits / temperature.clamp(min=1e-6)[:, None]).softmax(-1)
    if any(row.top_p < 1 for row in rows):
        top_p = torch.tensor([row.top_p for row in rows], device=logits.device)
        probabilities = _keep_nucleus(probabilities, top_p)
    # Inverse transform sampling: one uniform number per row, from the row's own stream. Sums over
    # a large vocabulary are taken in double precision, since rare tokens get lost in fp32.
    mass = probabilities.double().cumsum(-1)
    uniform = torch.tensor([stream.random() for stream in streams], dtype=torch.float64)
    threshold = uniform.to(logits.device)[:, None] * mass[:, -1:]
    drawn = torch.searchsorted(mass, threshold, right=True)[:, 0].clamp(max=mass.shape[1] - 1)
    tokens = torch.where(greedy, logits.argmax(-1), drawn)
    chosen = logprobs.gather(1, tokens[:, None])[:, 0]
    for row, alive, token, logprob in zip(
        rows, writing, tokens.tolist(), chosen.tolist(), strict=True
    ):
        if alive:
            row.tokens.append(token)
            row.logprobs.append(logprob)
    return tokens


def _keep_nucleus(probabilities: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """Zeroes what is outside the smallest set of tokens whose mass reaches `top_p`."""
    ordered, order = probabilities.sort(-1, descending=True)
    mass_before = ordered.cumsum(-1) - ordered
    ordered = ordered.where(mass_before < top_p[:, None], 0.0)
    return torch.zeros_like(probabilities).scatter_(1, order, ordered)


def _pad_left(
    prompts: Sequence[tuple[int, ...]], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, both (prompts, longest); padding is token 0 under mask 0."""
    # On the left, so that the last column holds every row's last token, which the next one follows.
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for index, prompt in enumerate(prompts):
        ids[index, longest - len(prompt) :] = torch.tensor(prompt)
        mask[index, longest - len(prompt) :] = 1
    return ids.to(device), mask.to(device)


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """A layer's keys and values, [rows, heads, tokens, width], as views of larger buffers.

    transformers' own layer copies everything for every token. Here a token is written into room
    that is there already, and rows leave the batch many at a time.
    """

    _buffers: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Appends the states of new tokens and returns those of all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        past_keys, past_values = self.keys, self.values
        assert past_keys is not None
        assert past_values is not None
        used = self.get_seq_length()
        end = used + key_states.shape[-2]
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            self._buffers = (
                _with_room(past_keys, key_states, end + ROOM),
                _with_room(past_values, value_states, end + ROOM),
            )
        keys, values = self._buffers
        keys[:, :, used:end] = key_states
        values[:, :, used:end] = value_states
        self.keys, self.values = keys[:, :, :end], values[:, :, :end]
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keeps only these rows, in this order; a row may be named several times."""
        self._buffers = None
        super().batch_select_indices(indices)


def new_cache(model: PreTrainedModel) -> DynamicCache:
    """An empty cache for the model; layers of a special kind (sliding windows) stay as they are."""
    cache = DynamicCache(config=model.config)
    cache.layers = [_roomy() if type(one) is DynamicLayer else one for one in cache.layers]
    return cache


def _roomy() -> RoomyLayer:
    return RoomyLayer()  # type: ignore[no-untyped-call]


def _with_room(old: torch.Tensor, new: torch.Tensor, capacity: int) -> torch.Tensor:
    """A buffer with `capacity` tokens of room whose first ones are the old states."""
    rows, heads, _, width = new.shape
    buffer = new.new_empty(rows, heads, capacity, width)
    if old.numel():
        buffer[:, :, : old.shape[-2]] = old
    return buffer
