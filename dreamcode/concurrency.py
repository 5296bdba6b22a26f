"""Work under way at once: all of it, or a window that moves ahead; the first failure ends it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def first_failure() -> Iterator[None]:
    """A context around a task group: what failed first is raised as itself, without a group."""
    try:
        yield
    except* Exception as failures:
        raise failures.exceptions[0] from None


async def together(work: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of all of `work`, in their order.

    Raises:
        Exception: the first that a piece of work raised; the others are cancelled.
    """
    with first_failure():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(piece) for piece in work]
    return [task.result() for task in tasks]


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
    with first_failure():
        async with asyncio.TaskGroup() as group:
            for item in items:
                await places.acquire()
                tasks.append(group.create_task(run(item)))
    return [task.result() for task in tasks]
