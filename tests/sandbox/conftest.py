"""The backends that programs are run on; each test says on which its claim holds."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from dreamcode_sandbox.docker import DockerBackend, docker_status
from dreamcode_sandbox.local import LocalBackend, open_bubblewrap, open_plain
from dreamcode_sandbox.machine import AUTO, choose_python
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.protocol import Backend

DOCKER = pytest.param("docker", marks=pytest.mark.docker)
ISOLATED = [DOCKER, "bubblewrap"]
FILTERED = [*ISOLATED, "plain process"]
EVERY = [*FILTERED, "unfiltered"]  # the last: plain, without the system call filter

OpenPool = Callable[[str], Awaitable[Pool]]


def require_docker() -> None:
    """Skips without an engine; fails instead where the run promised one."""
    status = docker_status()
    if not status.reachable:
        if os.environ.get("DREAMCODE_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DREAMCODE_REQUIRE_DOCKER=1, but: {status.detail}")
        pytest.skip(f"needs a Docker engine: {status.detail}")


async def open_backend(kind: str, python: str = AUTO) -> Backend:
    if kind == "docker":
        require_docker()
        return await DockerBackend.open(python=python)
    found = choose_python(python)
    if kind == "bubblewrap":
        backend = open_bubblewrap(found)
        if not isinstance(backend, LocalBackend):
            pytest.skip(backend)
        return backend
    return open_plain(found, filter_calls=kind != "unfiltered")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def open_pool() -> AsyncIterator[OpenPool]:
    """Opens each kind of sandbox once; two runners each."""
    pools: dict[str, Pool] = {}

    async def open_once(kind: str) -> Pool:
        if kind not in pools:
            pools[kind] = Pool(await open_backend(kind), workers=2)
            await pools[kind].warm_up()
        return pools[kind]

    yield open_once
    for pool in pools.values():
        await pool.close()


@pytest_asyncio.fixture(loop_scope="session")
async def box(request: pytest.FixtureRequest, open_pool: OpenPool) -> Pool:
    """The sandbox that `@on(...)` names."""
    return await open_pool(request.param)


def on(*kinds: object) -> pytest.MarkDecorator:
    """Runs a test once on each of these sandboxes."""
    return pytest.mark.parametrize("box", kinds, indirect=True)


def local_kind() -> str:
    """The quickest kind that this machine has, for tests that one kind is enough for."""
    return "bubblewrap" if shutil.which("bwrap") else "plain process"
