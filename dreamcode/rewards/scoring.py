"""From token ids to the log-odds of every prefix, with what earlier chains left in memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from cachetools import LRUCache
from transformers import PreTrainedModel

from dreamcode.errors import InfrastructureError
from dreamcode.policies.runs import Path, Run, cut, make_run, next_wave, split_into_batches
from dreamcode.policies.states import States, default_cache_bytes
from dreamcode.rewards.encoding import Encoded
from dreamcode.rewards.forward import keeps_states, read_logits, read_logits_and_states

FORWARD_TOKENS = 4_096
"""Most tokens in one forward pass, pasts and padding included; a longer chain goes alone."""

GROUP_TOKENS = 16_384
"""Tokens whose attention states are held at once, besides those that are kept."""

KNOWN_PREFIXES = 2**17
"""Prefixes whose log-odds are remembered."""


@dataclass(slots=True)
class Work:
    """What scoring took.

    Attributes:
        forwards: forward passes.
        tokens: tokens that went through the model, padding left out.
        padded: tokens that went through the model, padding included.
    """

    forwards: int = 0
    tokens: int = 0
    padded: int = 0


class PrefixScorer:
    """Scores every prefix of many chains with as few tokens as their common beginnings allow.

    A prefix that was scored before is not scored again. Attention states of segments are kept,
    the ones used last first: the candidates of a problem share its prompt, the children in a
    beam their parent.

    Args:
        model: a causal token-classification model with one or two labels, in eval mode.
        positive_label: which of two labels means "right"; None for one label.
        cache_bytes: most memory for attention states; None takes a share of what the device
            has, 0 keeps none and puts every chain through the model in one piece.

    Attributes:
        work: what scoring took so far.

    Raises:
        InputError: the model is not causal.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        positive_label: int | None = None,
        *,
        cache_bytes: int | None = None,
    ) -> None:
        self._model = model
        self._positive = positive_label
        if cache_bytes is None:
            cache_bytes = default_cache_bytes(model.device)
        self._keeps_states = keeps_states(model) and cache_bytes > 0
        self._states: LRUCache[bytes, torch.Tensor] = LRUCache(cache_bytes, lambda one: one.nbytes)
        self._odds: LRUCache[bytes, float] = LRUCache(KNOWN_PREFIXES)
        self.work = Work()

    @property
    def kept_bytes(self) -> int:
        """Memory that attention states take now."""
        return int(self._states.currsize)

    def forget(self) -> None:
        """Frees the memory of all that was scored."""
        self._states.clear()
        self._odds.clear()

    @torch.inference_mode()
    def score(
        self, chains: Sequence[Encoded], stopped: Callable[[], bool] = lambda: False
    ) -> list[tuple[float, ...]]:
        """The log-odds of every prefix of every chain, in their order.

        Args:
            chains: what to score.
            stopped: asked before each forward pass; True ends the work.

        Raises:
            InfrastructureError: scoring was stopped.
        """
        paths = [_cut_chain(chain) for chain in chains]
        ends = [_end_keys(chain, path) for chain, path in zip(chains, paths, strict=True)]
        odds = {
            key: known
            for path in paths
            for key in path.keys
            if (known := self._odds.get(key)) is not None
        }
        unknown = {
            path.keys[-1]: path
            for path, wanted in zip(paths, ends, strict=True)
            if not odds.keys() >= set(wanted)
        }
        for group in _group(list(unknown.values())):
            self._run(group, odds, stopped)
        for key, value in odds.items():
            self._odds[key] = value
        return [tuple(odds[key] for key in wanted) for wanted in ends]

    def _run(
        self, paths: Sequence[Path], odds: dict[bytes, float], stopped: Callable[[], bool]
    ) -> None:
        """Adds to `odds` those of all segments of `paths`."""
        if not self._keeps_states:
            for batch in self._batches([make_run(p, 0, len(p.keys)) for p in paths], stopped):
                odds |= self._to_odds(read_logits(self._model, batch))
            return
        states = self._recall(paths, odds)
        while runs := next_wave(paths, states):
            for batch in self._batches(runs, stopped):
                logits, new = read_logits_and_states(self._model, batch, states)
                odds |= self._to_odds(logits)
                states |= new
        for path in paths:
            for key in reversed(path.keys):  # so that none is dropped before those behind it
                if states[key].nbytes <= self._states.maxsize:
                    self._states[key] = states[key]

    def _recall(self, paths: Sequence[Path], odds: dict[bytes, float]) -> States:
        """What is kept of the segments that `paths` begin with."""
        states: States = {}
        for path in paths:
            for key in path.keys:
                kept = self._states.get(key)
                if kept is None or key not in odds:
                    break
                states[key] = kept
        return states

    def _batches(self, runs: Sequence[Run], stopped: Callable[[], bool]) -> Iterable[list[Run]]:
        for batch in split_into_batches(runs, FORWARD_TOKENS):
            if stopped():
                raise InfrastructureError("the reward model was closed while it was scoring")
            self.work.forwards += 1
            self.work.tokens += sum(len(run.tokens) for run in batch)
            self.work.padded += len(batch) * max(len(run.tokens) for run in batch)
            yield batch

    def _to_odds(self, logits: dict[bytes, list[float]]) -> dict[bytes, float]:
        if self._positive is None:
            return {key: values[0] for key, values in logits.items()}
        right, wrong = self._positive, 1 - self._positive
        return {key: values[right] - values[wrong] for key, values in logits.items()}


def _group(paths: Sequence[Path]) -> Iterable[list[Path]]:
    """The paths in order, as many at once as have `GROUP_TOKENS` different tokens; one at least."""
    group: list[Path] = []
    seen: set[bytes] = set()
    total = 0
    for path in paths:
        starts = (0, *path.bounds)
        new = [at for at, key in enumerate(path.keys) if key not in seen]
        tokens = sum(path.bounds[at] - starts[at] for at in new)
        if group and total + tokens > GROUP_TOKENS:
            yield group
            group, seen, total = [], set(), 0
            tokens = path.bounds[-1]
        group.append(path)
        seen |= set(path.keys)
        total += tokens
    if group:
        yield group


def _cut_chain(chain: Encoded) -> Path:
    """The prompt is the first segment, every step one more; none is without tokens."""
    bounds = sorted({chain.start, *(end + 1 for end in chain.ends)})
    return cut(chain.ids[: bounds[-1]], bounds)


def _end_keys(chain: Encoded, path: Path) -> list[bytes]:
    """The key of each of the chain's ends; a step without tokens shares that before it."""
    places = dict(zip(path.bounds, path.keys, strict=True))
    return [places[end + 1] for end in chain.ends]
