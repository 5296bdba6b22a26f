"""A dictionary that forgets what was not used for longest."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lru(Generic[Value]):
    """Values under keys, bounded by the sum of their sizes.

    Args:
        capacity: largest sum.
        size: of one value.
    """

    def __init__(self, capacity: int, size: Callable[[Value], int] = lambda _: 1) -> None:
        self._capacity = capacity
        self._size = size
        self._values: OrderedDict[bytes, Value] = OrderedDict()
        self._total = 0

    @property
    def total(self) -> int:
        """Sum of the sizes of what is kept."""
        return self._total

    def get(self, key: bytes) -> Value | None:
        """The value; does not count as a use."""
        return self._values.get(key)

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._total = 0

    def put(self, key: bytes, value: Value) -> None:
        """Keeps `value` as the one used last, and drops from the other end what is too much."""
        if (earlier := self._values.pop(key, None)) is not None:
            self._total -= self._size(earlier)
        self._values[key] = value
        self._total += self._size(value)
        while self._total > self._capacity:
            _, dropped = self._values.popitem(last=False)
            self._total -= self._size(dropped)
