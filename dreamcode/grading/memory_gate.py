"""Keeps the tests that are unpacked at the same time within bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LIMIT = 2**25
"""Characters of the tests of all problems that are graded together. Numbers take about ten
bytes per character once they are unpacked, texts one."""


class MemoryGate:
    """Lets problems be graded together while their tests stay below a limit; giants go alone.

    Only one problem's tests are unpacked at a time: how large they are shows only then.

    Args:
        limit: most characters of tests that are unpacked at once.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._used = 0
        self._entrance = asyncio.Lock()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, unpack: Callable[[], int]) -> AsyncIterator[None]:
        """Unpacks, waits until there is room for it, and keeps that until the context ends.

        Args:
            unpack: unpacks the tests and gives their size.
        """
        async with self._entrance:
            size = min(await asyncio.to_thread(unpack), self._limit)
            async with self._changed:
                await self._changed.wait_for(lambda: self._used + size <= self._limit)
                self._used += size
        try:
            yield
        finally:
            async with self._changed:
                self._used -= size
                self._changed.notify_all()
