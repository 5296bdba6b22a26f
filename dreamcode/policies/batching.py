"""Gathers the requests that are waiting, or that come in one moment, and serves them together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dreamcode.errors import InfrastructureError

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
        # The loop waits for its own threads before it ends, however often Ctrl-C is pressed.
        self._thread = ThreadPoolExecutor(1)
        self._closed = False

    async def ask(self, request: Request) -> Answer:
        """The answer to `request`, served together with whoever else is waiting.

        Raises:
            InfrastructureError: it was closed.
            Exception: what `serve` raised for the batch.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await future

    async def close(self) -> None:
        """Waits for the batch under way; nothing is served after it."""
        if not self._closed:
            self._closed = True
            # Its turn comes when the thread is free.
            await asyncio.get_running_loop().run_in_executor(self._thread, int)
            self._thread.shutdown(wait=False)

    async def _run(self, batch: list[Request]) -> list[Answer]:
        if self._closed:
            raise InfrastructureError("the model was closed before it was asked")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._serve, batch)

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
                answers = await self._run([request for request, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


@dataclass(slots=True)
class _Call(Generic[Request, Answer]):
    """Requests that are served together, and how many still wait for their answers."""

    requests: list[Request] = field(default_factory=list)
    waiting: int = 0
    task: "asyncio.Task[Sequence[Answer | None]] | None" = None


class Gatherer(Generic[Request, Answer]):
    """Hands requests of one kind that are made in the same moment to one awaitable call.

    Args:
        serve: gives the answers in the order of the requests; fewer, or None for some, where it
            cannot get more.
    """

    def __init__(
        self, serve: Callable[[list[Request]], Awaitable[Sequence[Answer | None]]]
    ) -> None:
        self._serve = serve
        self._open: dict[Hashable, _Call[Request, Answer]] = {}

    async def ask(self, kind: Hashable, request: Request) -> Answer | None:
        """The answer to `request`; None if the call gave none for it.

        The call is cancelled when all who wait for it are.

        Args:
            kind: requests of equal kind can share a call.
            request: what is asked.

        Raises:
            Exception: what `serve` raised.
        """
        call = self._open.get(kind)
        if call is None:
            call = self._open[kind] = _Call()
            call.task = asyncio.create_task(self._work(kind, call))
        assert call.task is not None
        place = len(call.requests)
        call.requests.append(request)
        call.waiting += 1
        try:
            answers = await asyncio.shield(call.task)
        finally:
            call.waiting -= 1
            if not call.waiting:
                call.task.cancel()
                self._close(kind, call)
        return answers[place] if place < len(answers) else None

    async def _work(self, kind: Hashable, call: _Call[Request, Answer]) -> Sequence[Answer | None]:
        await asyncio.sleep(0)  # lets everybody who is about to ask join this call
        self._close(kind, call)
        return await self._serve(call.requests)

    def _close(self, kind: Hashable, call: _Call[Request, Answer]) -> None:
        if self._open.get(kind) is call:
            del self._open[kind]
