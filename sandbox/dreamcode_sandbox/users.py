"""Users for jobs, where the host is root: no two runners on this machine share one."""

import contextlib
import os
import random
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.image.runner.jail import USERS

# Above what systemd, user namespaces and directories hand out; else, where a user namespace
# has few, above those of people.
_RANGES = (range(1_900_000_000, 1_910_000_000, USERS), range(10_000, 60_000, USERS))
_MARK = "\0dreamcode-sandbox-users-"


@dataclass
class Users:
    """A runner's users, from `first` on, until `close`.

    Attributes:
        first: the first uid.
    """

    first: int
    _claim: socket.socket | None

    def close(self) -> None:
        """Gives them back."""
        if self._claim is not None:
            self._claim.close()


def take_users() -> Users | None:
    """Users that nobody else has; None without root.

    Raises:
        SandboxError: all are taken.
    """
    if os.geteuid() != 0:
        return None
    slots = _slots()
    if sys.platform != "linux":
        return Users(random.choice(slots), None)
    for first in slots:
        if users := _claim(first):
            return users
    raise SandboxError(
        f"All users for jobs ({slots[0]} to {slots[-1] + USERS - 1}) are taken.",
        "Use fewer --workers, or end other runs.",
    )


def job_processes() -> Iterator[tuple[int, int]]:
    """Number and user of every process whose user is a job's."""
    slots = _slots()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if slots[0] <= (uid := folder.stat().st_uid) < slots[-1] + USERS:
                yield int(folder.name), uid


def end_left_processes() -> None:
    """Kills processes of jobs whose host was killed before it could end them."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return
    for pid, uid in list(job_processes()):
        if users := _claim(uid - uid % USERS):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            users.close()


def _claim(first: int) -> Users | None:
    """The users from `first` on, unless another process has them."""
    # A name that the kernel forgets with the process that holds it, however that ends.
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"{_MARK}{first}")
    except OSError:
        claim.close()
        return None
    return Users(first, claim)


def _slots() -> range:
    mapped = [range(0, 1 << 32)]
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/proc/self/uid_map").read_text().splitlines()
        starts = [(int(inside), int(count)) for inside, _, count in map(str.split, lines)]
        mapped = [range(inside, inside + count) for inside, count in starts]
    for slots in _RANGES:
        if any(slots[0] in known and slots[-1] + USERS - 1 in known for known in mapped):
            return slots
    raise SandboxError("This root has no users to give to jobs.", "Run as an ordinary user.")
