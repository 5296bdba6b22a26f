"""What a host that was killed leaves behind is gone at the next start; users are handed out."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dreamcode_sandbox.image.runner.jail import USERS
from dreamcode_sandbox.local import LocalBackend
from dreamcode_sandbox.users import end_left_processes, job_processes, take_users
from tests.processes import alive, descendants
from tests.sandbox.conftest import open_backend

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to give")
ROOT = Path(__file__).parents[2]

HOST = """
import asyncio
from dreamcode_sandbox.pool import Pool
from tests.sandbox.conftest import open_backend
async def main():
    pool = Pool(await open_backend({kind!r}), 2)
    sleeping = "import time\\nwhile True: time.sleep(1)"
    job = asyncio.gather(*(pool.execute(sleeping, "") for _ in range(2)))
    await asyncio.sleep(0)
    while len(pool._runners) < 2 or not all(one.program for one in pool._runners):
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    print("at work", flush=True)
    await job
asyncio.run(main())
"""


@contextmanager
def host(kind: str) -> Iterator[subprocess.Popen[str]]:
    """A process with two jobs at work, in its own temporary folder."""
    command = [sys.executable, "-c", HOST.format(kind=kind)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        try:
            yield process
        finally:
            process.kill()


def folders(pid: int) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"dreamcode-python-{pid}-*"))


async def test_folders_of_killed_hosts_are_removed_at_the_next_start() -> None:
    with host("plain process") as killed, host("plain process") as living:
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
        assert folders(killed.pid)
        backend = await open_backend("plain process")
        assert not folders(killed.pid)
        assert folders(living.pid)
        assert isinstance(backend, LocalBackend)
        await backend.close()


@pytest.mark.parametrize("kind", ["bubblewrap", "plain process"])
def test_no_process_of_a_job_outlives_a_killed_host(kind: str) -> None:
    with host(kind) as killed:
        family = descendants(killed.pid)
        assert len(family) >= 6  # supervisor, nursery and job, twice
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
    end_left_processes()
    deadline = time.monotonic() + 30
    while any(map(alive, family)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@as_root
def test_users_are_handed_out_to_one_runner_each() -> None:
    taken = [users for _ in range(20) if (users := take_users())]
    try:
        code = "from dreamcode_sandbox.users import take_users; print(take_users().first)"
        other = int(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
        firsts = [users.first for users in taken] + [other]
        assert len(set(firsts)) == 21
        assert all(first % USERS == 0 for first in firsts)
    finally:
        for users in taken:
            users.close()
    again = take_users()
    assert again is not None
    again.close()


@as_root
async def test_two_runners_of_two_sandboxes_share_no_user() -> None:
    from dreamcode_sandbox.pool import Pool

    program = "import os\nprint(os.getuid())"
    seen = set()
    pools = [Pool(await open_backend(kind), 1) for kind in ("plain process", "bubblewrap") * 2]
    for pool in pools:
        seen.add(int((await pool.execute(program, "")).output) // USERS)
    for pool in pools:
        await pool.close()
    assert len(seen) == len(pools)


@as_root
def test_processes_of_nobodys_jobs_are_ended_and_those_of_others_are_not() -> None:
    with ExitStack() as kept:
        users = take_users()
        free = take_users()
        assert users is not None
        assert free is not None
        processes = []
        for first in (users.first, free.first):
            sleep = ["setpriv", "--reuid", str(first + 3), "--clear-groups", "sleep", "600"]
            processes.append(kept.enter_context(subprocess.Popen(sleep)))
            kept.callback(processes[-1].kill)
        while len({pid for pid, _ in job_processes()} & {one.pid for one in processes}) < 2:
            time.sleep(0.05)
        free.close()
        end_left_processes()
        assert processes[1].wait(10) == -signal.SIGKILL
        assert processes[0].poll() is None
        users.close()


def test_an_ordinary_users_host_is_closed_to_jobs_while_they_run() -> None:
    """As another user than root: with a plain sandbox open, not even that user may look in."""
    if os.geteuid() == 0:
        pytest.skip("runs as an ordinary user")
    code = """
import asyncio, os
from tests.sandbox.conftest import open_backend
def readable(): return os.access(f"/proc/{os.getpid()}/environ", os.R_OK)
async def main():
    print(readable())
    backend = await open_backend("plain process")
    print(readable())
    await backend.close()
    print(readable())
asyncio.run(main())
"""
    said = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert said.split() == ["True", "False", "True"]
