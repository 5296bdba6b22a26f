"""Batched sampling from a causal language model, with a stop rule and a seed for every row."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache, PreTrainedModel

from dreamcode.policies.reading import PromptReader, cut_prompt
from dreamcode.policies.states import join_states, new_cache

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
        ends: where a part of the prompt ends that the prompts of later steps go on from.
        cached: how many tokens of the prompt had been read before, or for another row.
        done: whether nothing more will be drawn.
        tokens: what was drawn.
        logprobs: log-likelihoods of `tokens` at temperature 1, in nats.
    """

    prompt: list[int]
    seed: int
    temperature: float
    top_p: float
    max_tokens: int
    is_done: Callable[["Row"], bool]
    ends: tuple[int, ...] = ()
    cached: int = 0
    done: bool = False
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def restart(self) -> None:
        """Forgets what was drawn."""
        self.tokens.clear()
        self.logprobs.clear()
        self.done = False


@dataclass(slots=True)
class _Batch:
    """Rows that are written together.

    Attributes:
        rows: those that are in it.
        streams: of random numbers, one per row.
        mask: of the tokens so far, 0 where there is padding, shape (rows, tokens).
        cache: of their attention states.
        logits: of each row's next token, float32, shape (rows, vocabulary).
    """

    rows: list[Row]
    streams: list[random.Random]
    mask: torch.Tensor
    cache: DynamicCache
    logits: torch.Tensor

    def keep(self, places: Sequence[int]) -> torch.Tensor:
        """Drops all rows but these; returns their places."""
        index = torch.tensor(places, device=self.mask.device)
        self.cache.batch_select_indices(index)
        self.mask = self.mask[index]
        self.rows = [self.rows[place] for place in places]
        self.streams = [self.streams[place] for place in places]
        return index


@torch.inference_mode()
def sample(
    model: PreTrainedModel,
    rows: Sequence[Row],
    stopped: Callable[[], bool] = lambda: False,
    reader: PromptReader | None = None,
) -> None:
    """Fills in `tokens` and `logprobs` of every row.

    Rows with the same prompt share its reading; rows that are done leave the batch, which
    shrinks its cache. Prompts are padded on the left.

    Args:
        model: a causal language model, in eval mode.
        rows: what to sample; changed in place.
        stopped: asked before each token and each part of a prompt; True ends the work early.
        reader: reads the prompts, if the model `keeps_states`; None reads all of them anew, in
            one pass.
    """
    batch = _read_whole(model, rows) if reader is None else _read(model, rows, stopped, reader)
    while batch is not None and not stopped():
        tokens = _draw(batch.logits, batch.rows, batch.streams)
        for row in batch.rows:
            row.done = row.done or len(row.tokens) >= row.max_tokens or row.is_done(row)
        kept = [place for place, row in enumerate(batch.rows) if not row.done]
        if not kept:
            return
        if len(kept) <= CROWD * len(batch.rows):
            tokens = tokens[batch.keep(kept)]
        mask = batch.mask = torch.cat([batch.mask, batch.mask.new_ones(len(tokens), 1)], dim=1)
        positions = mask.sum(1, keepdim=True) - 1
        batch.logits = _forward(model, tokens[:, None], mask, positions, batch.cache)


def _read(
    model: PreTrainedModel,
    rows: Sequence[Row],
    stopped: Callable[[], bool],
    reader: PromptReader,
) -> _Batch | None:
    """The rows behind their prompts; None if it was stopped."""
    paths = [cut_prompt(row.prompt, row.ends) for row in rows]
    found = reader.read(list({path.ids: path for path in paths}.values()), stopped)
    if found is None:
        return None
    reads = {read.path.ids: read for read in found[0]}
    for row, path in zip(rows, paths, strict=True):
        row.cached = reads[path.ids].cached
    longest = max(len(path.ids) for path in paths)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, path in enumerate(paths):
        mask[place, longest - len(path.ids) :] = 1
    logits = torch.stack([reads[path.ids].logits for path in paths])
    cache = join_states(model, [path.keys for path in paths], found[1])
    return _begin(rows, mask.to(model.device), cache, logits)


def _read_whole(model: PreTrainedModel, rows: Sequence[Row]) -> _Batch:
    """The rows behind their prompts, of which each distinct one is read in one pass."""
    prompts = list({tuple(row.prompt): None for row in rows})
    place = {prompt: index for index, prompt in enumerate(prompts)}
    ids, mask = _pad_left(prompts, model.device)
    cache = new_cache(model)
    logits = _forward(model, ids, mask, (mask.cumsum(1) - 1).clamp(min=0), cache)
    copies = torch.tensor([place[tuple(row.prompt)] for row in rows], device=model.device)
    cache.batch_select_indices(copies)
    return _begin(rows, mask[copies], cache, logits[copies])


def _begin(
    rows: Sequence[Row], mask: torch.Tensor, cache: DynamicCache, logits: torch.Tensor
) -> _Batch:
    streams = [random.Random(row.seed) for row in rows]
    return _Batch(list(rows), streams, mask, cache, logits)


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
    for row, token, logprob in zip(rows, tokens.tolist(), chosen.tolist(), strict=True):
        if not row.done:
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
