"""Many pieces of work under way at once, but not all: a window that moves ahead."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def map_ahead(
    work: Callable[[Item], Awaitable[Result]], items: Iterable[Item], at_once: int
) -> list[Result]:
    """`work` of every item, in their order; at most `at_once` are under way.

    Raises:
        Exception: the first that `work` raised; what was under way is cancelled.
    """
    places = asyncio.Semaphore(at_once)

    async def run(item: Item) -> Result:
        try:
            return await work(item)
        finally:
            places.release()

    tasks: list[asyncio.Task[Result]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                await places.acquire()
                tasks.append(group.create_task(run(item)))
    except* Exception as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
