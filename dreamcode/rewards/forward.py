"""One forward pass of a token-classification model over runs with pasts of different length."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from dreamcode.errors import InputError
from dreamcode.rewards.runs import Run

States = dict[bytes, torch.Tensor]
"""Attention states of segments by their keys: keys and values of all layers in turn, shape
(2 * layers, heads, tokens, head size)."""


def read_logits(model: PreTrainedModel, runs: Sequence[Run]) -> dict[bytes, list[float]]:
    """The logits at the end of every segment, by key. The runs must begin with their chains."""
    ids, mask, _ = _lay_out(runs)
    device = model.device
    output = model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False)
    return _pick(runs, output.logits)


def read_logits_and_states(
    model: PreTrainedModel, runs: Sequence[Run], past: Mapping[bytes, torch.Tensor]
) -> tuple[dict[bytes, list[float]], States]:
    """The logits at the end of every segment, by key, and the segments' attention states.

    Args:
        model: a model that `keeps_states`.
        runs: the runs to read, at least one.
        past: states of all segments that stand before a run's first.
    """
    ids, mask, positions = _lay_out(runs)
    cache = _join_pasts(model, runs, past)
    device = model.device
    output = model(
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        position_ids=positions.to(device),
        past_key_values=cache,
        use_cache=True,
    )
    width = ids.shape[1]
    new = torch.stack([state[..., -width:, :] for state in _states_of(cache)])
    states = {}
    for row, run in enumerate(runs):
        start = 0
        for key, end in _ends(run):
            states[key] = new[:, row, :, start : end + 1].clone()
            start = end + 1
    return _pick(runs, output.logits), states


@torch.inference_mode()
def keeps_states(model: PreTrainedModel) -> bool:
    """Whether attention states can be kept segment by segment, found by trying.

    That needs a model which fills a cache with one kind of layer that forgets nothing.

    Raises:
        InputError: the model is not causal: a later token changes an earlier score.
    """
    cache = DynamicCache(config=model.config)
    takes = set(inspect.signature(model.forward).parameters)
    extra: dict[str, Any] = {}
    if "past_key_values" in takes:
        extra = {"past_key_values": cache, "use_cache": True}
    ids = torch.tensor([[0, 1, 2], [0, 1, 3]], device=model.device)
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **extra).logits.float()
    if not torch.allclose(logits[0, :2], logits[1, :2], rtol=1e-4, atol=1e-4):
        raise InputError(
            f"{type(model).__name__} is not causal: what follows a step changes the step's "
            "score; use a decoder such as Llama or Qwen with a token-classification head"
        )
    layers: Sequence[Any] = cache.layers
    plain = all(type(layer) is DynamicLayer and layer.is_initialized for layer in layers)
    return (
        "position_ids" in takes and plain and len({state.shape for state in _states_of(cache)}) == 1
    )


def _lay_out(runs: Sequence[Run]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids and positions, (rows, longest run), and mask, (rows, longest past + run).

    Pasts are padded on the left and runs on the right, so that every row's tokens stand together.
    """
    past = max(run.past for run in runs)
    width = max(len(run.tokens) for run in runs)
    ids = torch.zeros(len(runs), width, dtype=torch.long)
    positions = torch.zeros_like(ids)
    mask = torch.zeros(len(runs), past + width, dtype=torch.long)
    for row, run in enumerate(runs):
        count = len(run.tokens)
        ids[row, :count] = torch.tensor(run.tokens)
        positions[row] = torch.arange(run.past, run.past + width)
        positions[row, count:] = run.past + count - 1  # padding must not leave the window
        mask[row, past - run.past : past + count] = 1
    return ids, mask, positions


def _join_pasts(
    model: PreTrainedModel, runs: Sequence[Run], past: Mapping[bytes, torch.Tensor]
) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    longest = max(run.past for run in runs)
    if not longest:
        return cache
    some = past[next(run.path.keys[0] for run in runs if run.first)]
    kinds, heads, _, size = some.shape
    joined = some.new_zeros(kinds, len(runs), heads, longest, size)
    for row, run in enumerate(runs):
        at = longest - run.past
        for key in run.path.keys[: run.first]:
            segment = past[key]
            joined[:, row, :, at : at + segment.shape[2]] = segment
            at += segment.shape[2]
    for layer in range(kinds // 2):
        cache.update(joined[2 * layer], joined[2 * layer + 1], layer)
    return cache


def _states_of(cache: DynamicCache) -> list[torch.Tensor]:
    layers: Sequence[Any] = cache.layers
    return [state for layer in layers for state in (layer.keys, layer.values) if state is not None]


def _ends(run: Run) -> list[tuple[bytes, int]]:
    """Key of each segment and the place of its last token among the run's."""
    path = run.path
    return [(path.keys[i], path.bounds[i] - run.past - 1) for i in range(run.first, run.last)]


def _pick(runs: Sequence[Run], logits: torch.Tensor) -> dict[bytes, list[float]]:
    places = [(key, row, end) for row, run in enumerate(runs) for key, end in _ends(run)]
    rows, ends = [row for _, row, _ in places], [end for _, _, end in places]
    chosen = logits[rows, ends].float().tolist()
    return dict(zip([key for key, _, _ in places], chosen, strict=True))
