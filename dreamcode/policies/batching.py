"""Gathers the requests that are waiting and serves them as one batch."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Batcher(Generic[Request, Answer]):
    """Turns a blocking function over batches into an awaitable one over single requests.

    While a batch is served in a thread, new requests wait and form the next one.

    Args:
        serve: gives one answer a request, in their order; runs in a thread.
        take: how many of the waiting requests make the next batch, at least 1.
    """

    def __init__(
        self,
        serve: Callable[[list[Request]], list[Answer]],
        take: Callable[[Sequence[Request]], int],
    ) -> None:
        self._serve = serve
        self._take = take
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Answer:
        """The answer to `request`, served together with whoever else is waiting.

        Raises:
            Exception: what `serve` raised for the batch.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # lets everybody who is about to ask join this batch
            self._waiting = [(r, f) for r, f in self._waiting if not f.done()]
            if not self._waiting:
                return
            size = self._take([request for request, _ in self._waiting])
            batch, self._waiting = self._waiting[:size], self._waiting[size:]
            try:
                answers = await asyncio.to_thread(self._serve, [request for request, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
