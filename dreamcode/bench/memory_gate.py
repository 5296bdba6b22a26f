"""Keeps the tests that are unpacked at the same time within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LIMIT_BYTES = 2**26
"""Packed tests whose problems are graded together; unpacked they take about ten times as much."""


class MemoryGate:
    """Lets work in while the sum of its sizes stays below a limit; whoever is larger goes alone.

    Args:
        limit: bytes.
    """

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._used = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Waits until there is room for `size` bytes and keeps it until the context ends."""
        size = min(size, self._limit)
        async with self._changed:
            await self._changed.wait_for(lambda: self._used + size <= self._limit)
            self._used += size
        try:
            yield
        finally:
            async with self._changed:
                self._used -= size
                self._changed.notify_all()
