"""Attention states of segments of text: how they are kept, and joined to go on from them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

States = dict[bytes, torch.Tensor]
"""Attention states of segments by their keys: keys and values of all layers in turn, shape
(2 * layers, heads, tokens, head size)."""

ROOM = 128
"""Tokens of room that are added when there is none left."""

CPU_CACHE_BYTES = 2**29
"""Most memory that kept attention states take on a CPU."""

GPU_CACHE_PART = 8
"""On a GPU they take at most its memory divided by this."""


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """A layer's keys and values, [rows, heads, tokens, width], as views of larger buffers.

    transformers' own layer copies everything for every token. Here a token is written into room
    that is there already, and rows leave the batch many at a time.
    """

    _buffers: tuple[torch.Tensor, torch.Tensor] | None = None

    def start(self, keys: torch.Tensor, values: torch.Tensor, used: int) -> None:
        """Takes these buffers, whose first `used` tokens are there already."""
        self.lazy_initialization(keys, values)
        self._buffers = keys, values
        self.keys, self.values = keys[:, :, :used], values[:, :, :used]

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


def join_states(
    model: PreTrainedModel,
    rows: Sequence[Sequence[bytes]],
    states: Mapping[bytes, torch.Tensor],
    room: int = ROOM,
) -> DynamicCache:
    """A cache to go on from: what each row has behind it, padded on the left.

    Args:
        model: one whose states are plain.
        rows: the keys of each row's segments, in order; may be empty.
        states: of all these segments.
        room: tokens that there will be room for.
    """
    cache = new_cache(model)
    lengths = [sum(states[key].shape[2] for key in keys) for keys in rows]
    longest = max(lengths)
    if not longest:
        return cache
    some = states[next(keys[0] for keys in rows if keys)]
    kinds, heads, _, size = some.shape
    joined = some.new_zeros(kinds, len(rows), heads, longest + room, size)
    for row, keys in enumerate(rows):
        at = longest - lengths[row]
        for key in keys:
            segment = states[key]
            joined[:, row, :, at : at + segment.shape[2]] = segment
            at += segment.shape[2]
    layers: Sequence[Any] = cache.layers
    for number, layer in enumerate(layers):
        layer.start(joined[2 * number], joined[2 * number + 1], longest)
    return cache


def states_of(cache: DynamicCache) -> list[torch.Tensor]:
    """Keys and values of all layers in turn."""
    layers: Sequence[Any] = cache.layers
    return [state for layer in layers for state in (layer.keys, layer.values) if state is not None]


def are_plain(cache: DynamicCache) -> bool:
    """Whether what a model wrote into this cache can be kept segment by segment.

    That needs one kind of layer that forgets nothing.
    """
    layers: Sequence[Any] = cache.layers
    kinds = (DynamicLayer, RoomyLayer)
    whole = all(type(layer) in kinds and layer.is_initialized for layer in layers)
    return whole and len({state.shape for state in states_of(cache)}) == 1


def default_cache_bytes(device: torch.device) -> int:
    """Most memory that states are kept in on this device."""
    if device.type != "cuda":
        return CPU_CACHE_BYTES
    return int(torch.cuda.get_device_properties(device).total_memory) // GPU_CACHE_PART


def _roomy() -> RoomyLayer:
    return RoomyLayer()  # type: ignore[no-untyped-call]


def _with_room(old: torch.Tensor, new: torch.Tensor, capacity: int) -> torch.Tensor:
    """A buffer with `capacity` tokens of room whose first ones are the old states."""
    rows, heads, _, width = new.shape
    buffer = new.new_empty(rows, heads, capacity, width)
    if old.numel():
        buffer[:, :, : old.shape[-2]] = old
    return buffer
