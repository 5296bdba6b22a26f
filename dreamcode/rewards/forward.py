"""One forward pass of a token-classification model over runs with pasts of different length."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from dreamcode.errors import InputError
from dreamcode.policies.runs import Run
from dreamcode.policies.states import States, are_plain, join_states, states_of


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
    width = ids.shape[1]
    cache = join_states(model, [run.path.keys[: run.first] for run in runs], past, room=width)
    device = model.device
    output = model(
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        position_ids=positions.to(device),
        past_key_values=cache,
        use_cache=True,
    )
    new = torch.stack([state[..., -width:, :] for state in states_of(cache)])
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
    return "position_ids" in takes and are_plain(cache)


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


def _ends(run: Run) -> list[tuple[bytes, int]]:
    """Key of each segment and the place of its last token among the run's."""
    path = run.path
    return [(path.keys[i], path.bounds[i] - run.past - 1) for i in range(run.first, run.last)]


def _pick(runs: Sequence[Run], logits: torch.Tensor) -> dict[bytes, list[float]]:
    places = [(key, row, end) for row, run in enumerate(runs) for key, end in _ends(run)]
    rows, ends = [row for _, row, _ in places], [end for _, _, end in places]
    chosen = logits[rows, ends].float().tolist()
    return dict(zip([key for key, _, _ in places], chosen, strict=True))
