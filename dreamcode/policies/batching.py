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
        serve: gives one answer per request, in their order; runs in a thread.
        choose: given the waiting requests, the one that waits longest first, says which of
            them make the next batch, by their places. One that is never chosen waits for ever.
    """

    def __init__(
        self,
        serve: Callable[[list[Request]], list[Answer]],
        choose: Callable[[Sequence[Request]], Sequence[int]],
    ) -> None:
        self._serve = serve
        self._choose = choose
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
            places = self._choose([request for request, _ in self._waiting])
            batch = [self._waiting[place] for place in places]
            left_out = set(range(len(self._waiting))) - set(places)
            self._waiting = [self._waiting[place] for place in sorted(left_out)]
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
