"""Opens a sandbox of the kind that is wanted, or the best there is."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from dreamcode_sandbox.errors import SandboxError, UnusablePythonError
from dreamcode_sandbox.local import LocalBackend, open_bubblewrap, open_plain
from dreamcode_sandbox.machine import AUTO, choose_python
from dreamcode_sandbox.pool import Pool

Kind = Literal["docker", "local", "auto"]


@asynccontextmanager
async def open_sandbox(
    kind: Kind = "auto",
    workers: int | None = None,
    on_event: Callable[[str], None] | None = None,
    python: str = AUTO,
) -> AsyncIterator[Pool]:
    """A sandbox, ready to run programs; everything it started is gone afterwards.

    Args:
        kind: "docker"; "local" (bubblewrap where it works, else plain processes); or "auto"
            (docker where an engine answers, else local).
        workers: how many programs run at once; the number of processors by default.
        on_event: told in lines what takes time and what falls back to what.
        python: what programs run on: a version, a path, or "auto", the newest there is; see
            docs/sandbox.md.

    Raises:
        UnusablePythonError: there is no such Python.
        SandboxError: it could not be opened.
    """
    tell = on_event or (lambda _: None)
    if workers is None:
        workers = available_processors()
    pool = await _open_pool(kind, workers, tell, python)
    try:
        yield pool
    finally:
        await pool.close()


def available_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


async def _open_pool(kind: Kind, workers: int, tell: Callable[[str], None], python: str) -> Pool:
    if kind not in ("docker", "local", "auto"):
        raise SandboxError(f"There is no sandbox {kind!r}.", "Use docker, local or auto.")
    if workers < 1:
        raise SandboxError(f"{workers} workers can run nothing.", "Use at least 1.")
    if kind != "local":
        from dreamcode_sandbox.docker import DockerBackend

        try:
            return await _warm(Pool(await DockerBackend.open(tell, python), workers, tell))
        except SandboxError as error:
            if kind == "docker" or isinstance(error, UnusablePythonError):
                raise
            tell(f"no Docker sandbox: {error}")
    loop = asyncio.get_running_loop()

    def tell_here(line: str) -> None:
        loop.call_soon_threadsafe(tell, line)

    backend = await asyncio.to_thread(_open_local, tell_here, python)
    if kind == "auto":
        tell(f"falling back to the local sandbox ({backend.name})")
    return await _warm(Pool(backend, workers, tell))


async def _warm(pool: Pool) -> Pool:
    """Starts the first runner now: what does not work should show before it is needed."""
    try:
        await pool.warm_up()
    except BaseException:
        await pool.close()
        raise
    for weakness in pool.weaknesses:
        pool.on_event(f"{pool.name}: {weakness}")
    return pool


def _open_local(tell: Callable[[str], None], python: str) -> LocalBackend:
    found = choose_python(python, tell)
    backend = open_bubblewrap(found)
    if isinstance(backend, LocalBackend):
        return backend
    tell(f"{backend}: programs run as plain processes, which hide less of this machine")
    return open_plain(found)
