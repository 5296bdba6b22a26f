"""A key-value cache that keeps room for the tokens to come.

transformers' own dynamic cache copies everything for every token. Here a token is written
into room that is there already, and rows leave the batch many at a time.
"""

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

ROOM = 128
"""Tokens of room that are added when there is none left."""


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """A layer's keys and values, [rows, heads, tokens, width], as views of larger buffers."""

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
