"""Asks a Docker engine, which may be slow, dead or frozen, so that nobody has to wait for it."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_SAID_EVERY = 5.0


async def ask_engine(work: Callable[[], T], tell: Callable[[str], None] = lambda _: None) -> T:
    """The result of `work`, which blocks while the engine does.

    It runs in a thread that may be left behind: neither a cancelled caller nor the end of the
    process waits for it.

    Args:
        work: asks the engine.
        tell: told in lines how long it takes.

    Raises:
        Exception: what `work` raised.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: Exception | None) -> None:
        if answer.cancelled():
            return
        if error is None:
            answer.set_result(result)  # type: ignore[arg-type]
        else:
            answer.set_exception(error)
            answer.exception()  # seen, even if nobody is waiting any more

    def run() -> None:
        result, problem = None, None
        try:
            result = work()
        except Exception as error:
            problem = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, result, problem)

    threading.Thread(target=run, daemon=True, name="engine").start()
    waited = 0.0
    while not (await asyncio.wait({answer}, timeout=_SAID_EVERY))[0]:
        waited += _SAID_EVERY
        tell(f"waiting for the Docker engine ({waited:.0f} s)")
    return answer.result()
