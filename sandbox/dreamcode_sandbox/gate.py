"""Many together, or one alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Lets any number of tasks in together, or one that wants to be alone."""

    def __init__(self) -> None:
        self._inside = 0
        self._wanting = 0
        self._alone = False
        self._waiters: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Waits while somebody is alone inside, or wants to be."""
        await self._until(lambda: not self._alone and not self._wanting)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Waits until everybody has left, and keeps others out."""
        self._wanting += 1
        try:
            await self._until(lambda: not self._alone and not self._inside)
            self._alone = True
            try:
                yield
            finally:
                self._alone = False
        finally:
            self._wanting -= 1
            self._wake()

    async def _until(self, free: Callable[[], bool]) -> None:
        while not free():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def _wake(self) -> None:
        # Leaving must not wait for anything, or a cancelled task could leave the gate shut.
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
