"""Reads prompts, each token once: what was read before is kept and gone on from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from cachetools import LRUCache
from transformers import PreTrainedModel

from dreamcode.policies.runs import Path, Run, cut, next_wave, shorten, split_into_batches
from dreamcode.policies.states import (
    States,
    are_plain,
    default_cache_bytes,
    join_states,
    new_cache,
    states_of,
)

SEGMENT = 64
"""Most tokens of a segment: prompts that begin alike share all but less than that."""

FORWARD_TOKENS = 16_384
"""Most tokens in one forward pass, pasts and padding included; a longer prompt goes alone."""

GPU_TOKENS = 8192
"""Most new tokens in one forward pass on a GPU."""

CPU_WORK = 1e10
"""On a CPU new tokens times parameters are at most this: a fraction of a second, after which
whoever closes the policy is heard."""

KEPT_LOGITS_PART = 8
"""Of the memory for states, this part more is for the logits at the ends of prompts."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is known of a prompt once it is read.

    Attributes:
        path: its tokens, as segments.
        logits: of the token behind it, float32, shape (vocabulary,).
        cached: how many of its tokens had been read before, or for another prompt.
    """

    path: Path
    logits: torch.Tensor
    cached: int


def cut_prompt(ids: Sequence[int], ends: Sequence[int] = ()) -> Path:
    """A prompt as segments that end where others may part from it.

    Args:
        ids: its tokens.
        ends: where a part of it ends that the prompts of later steps go on from, rising.
    """
    parts = pairwise(sorted({0, *ends, len(ids)}))
    bounds = [
        min(start + SEGMENT, end) for first, end in parts for start in range(first, end, SEGMENT)
    ]
    return cut(ids, bounds)


class PromptReader:
    """Keeps the attention states of prompts, those used last, and reads only what is new.

    Args:
        model: a causal language model, in eval mode.
        cache_bytes: most memory for states; None takes a share of what the device has.

    Attributes:
        tokens: tokens that went through the model so far, padding left out.
    """

    def __init__(self, model: PreTrainedModel, cache_bytes: int | None = None) -> None:
        self._model = model
        if cache_bytes is None:
            cache_bytes = default_cache_bytes(model.device)
        self._states: LRUCache[bytes, torch.Tensor] = LRUCache(cache_bytes, lambda one: one.nbytes)
        self._logits: LRUCache[bytes, torch.Tensor] = LRUCache(
            cache_bytes // KEPT_LOGITS_PART, lambda one: one.nbytes
        )
        self._most_new = _most_new(model)
        self.tokens = 0

    @property
    def kept_bytes(self) -> int:
        """Memory that kept states and logits take now."""
        return int(self._states.currsize + self._logits.currsize)

    def forget(self) -> None:
        """Frees the memory of all that was read."""
        self._states.clear()
        self._logits.clear()

    def read(
        self, paths: Sequence[Path], stopped: Callable[[], bool]
    ) -> tuple[list[Read], States] | None:
        """What is known of these prompts, and the states of all their segments.

        Args:
            paths: distinct prompts of a model that `keeps_states`.
            stopped: asked before each forward pass; True ends the work.

        Returns:
            None if it was stopped.
        """
        states, logits = self._recall(paths)
        cached = _count_cached(paths, states)
        while runs := next_wave(paths, states):
            short = [shorten(run, self._most_new) for run in runs]
            for batch in split_into_batches(short, FORWARD_TOKENS, self._most_new):
                if stopped():
                    return None
                found, new = self._forward(batch, states)
                logits |= found
                states |= new
        self._keep(paths, states, logits)
        reads = [
            Read(path, logits[path.keys[-1]], count)
            for path, count in zip(paths, cached, strict=True)
        ]
        return reads, states

    def _recall(self, paths: Sequence[Path]) -> tuple[States, dict[bytes, torch.Tensor]]:
        """What is kept of the segments that `paths` begin with, and of the logits at their ends."""
        states: States = {}
        logits = {}
        for path in paths:
            for key in path.keys:
                kept = self._states.get(key)
                if kept is None:
                    break
                states[key] = kept
            end = self._logits.get(path.keys[-1])
            if end is not None:
                logits[path.keys[-1]] = end
        for path in paths:
            if path.keys[-1] not in logits:  # the last segment is read again for them
                states.pop(path.keys[-1], None)
        return states, logits

    def _keep(
        self, paths: Sequence[Path], states: States, logits: Mapping[bytes, torch.Tensor]
    ) -> None:
        for path in paths:
            for key in reversed(path.keys):  # so that none is dropped before those behind it
                if states[key].nbytes <= self._states.maxsize:
                    self._states[key] = states[key]
            end = logits[path.keys[-1]]
            if end.nbytes <= self._logits.maxsize:
                self._logits[path.keys[-1]] = end

    def _forward(
        self, runs: Sequence[Run], past: Mapping[bytes, torch.Tensor]
    ) -> tuple[dict[bytes, torch.Tensor], States]:
        """The logits at the end of each run by its last key, and the segments' states."""
        self.tokens += sum(len(run.tokens) for run in runs)
        ids, mask, positions = (one.to(self._model.device) for one in _lay_out(runs))
        width = ids.shape[1]
        cache = join_states(self._model, [_past_keys(run) for run in runs], past, room=width)
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        new = torch.stack([state[..., -width:, :] for state in states_of(cache)])
        states, logits = {}, {}
        for row, run in enumerate(runs):
            bounds = [width - len(run.tokens) - run.past + bound for bound in _bounds(run)]
            for key, (start, end) in zip(_new_keys(run), pairwise(bounds), strict=True):
                states[key] = new[:, row, :, start:end].clone()
            logits[_new_keys(run)[-1]] = output.logits[row, -1].float()
        return logits, states


@torch.inference_mode()
def keeps_states(model: PreTrainedModel) -> bool:
    """Whether attention states can be kept segment by segment, found by trying."""
    cache = new_cache(model)
    ids = torch.zeros(1, 2, dtype=torch.long, device=model.device)
    model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return are_plain(cache)


def _most_new(model: PreTrainedModel) -> int:
    """Most new tokens in one forward pass."""
    if model.device.type != "cpu":
        return GPU_TOKENS
    return max(1, min(FORWARD_TOKENS, int(CPU_WORK / model.num_parameters())))


def _count_cached(paths: Sequence[Path], states: Mapping[bytes, object]) -> list[int]:
    """How many tokens of each path are known already, or from the paths before it."""
    known = set(states)
    counts = []
    for path in paths:
        pieces = zip(path.keys, pairwise((0, *path.bounds)), strict=True)
        counts.append(sum(end - start for key, (start, end) in pieces if key in known))
        known.update(path.keys)
    return counts


def _lay_out(runs: Sequence[Run]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids and positions, (rows, longest run), and mask, (rows, longest past + run).

    Both are padded on the left, so that all rows end together and need one column of logits.
    """
    past = max(run.past for run in runs)
    width = max(len(run.tokens) for run in runs)
    ids = torch.zeros(len(runs), width, dtype=torch.long)
    positions = torch.zeros_like(ids)
    mask = torch.zeros(len(runs), past + width, dtype=torch.long)
    for row, run in enumerate(runs):
        first = width - len(run.tokens)
        ids[row, first:] = torch.tensor(run.tokens)
        positions[row, first:] = torch.arange(run.past, run.past + len(run.tokens))
        mask[row, past - run.past : past] = 1
        mask[row, past + first :] = 1
    return ids, mask, positions


def _past_keys(run: Run) -> Sequence[bytes]:
    return run.path.keys[: run.first]


def _new_keys(run: Run) -> Sequence[bytes]:
    return run.path.keys[run.first : run.last]


def _bounds(run: Run) -> list[int]:
    """Where the run begins in its path, and where each of its segments ends."""
    return [run.past, *run.path.bounds[run.first : run.last]]
