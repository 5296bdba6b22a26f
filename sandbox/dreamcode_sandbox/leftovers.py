"""Finds containers whose owner was killed before it could remove them."""

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode_sandbox.build import LABEL

if TYPE_CHECKING:
    from docker import DockerClient

OWNER = "dreamcode.owner"


def remove_container(client: "DockerClient", container: str) -> None:
    """Removes a container, running or not; content if it is gone already."""
    from docker.errors import DockerException

    # Gone already, or being removed: both are what we want.
    with contextlib.suppress(DockerException, OSError):
        client.api.remove_container(container, force=True)


def own_mark() -> str:
    """Names this process on this machine, so that another can see whether it still lives."""
    return f"{machine_mark()}/{os.getpid()}/{_start_time(os.getpid())}"


def machine_mark() -> str:
    """Names this machine, and this view of its processes."""
    if sys.platform != "linux":
        return socket.gethostname()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}-{Path('/proc/self/ns/pid').readlink()}"


def _start_time(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def remove_leftovers(client: "DockerClient") -> None:
    """Removes containers whose owner, on this machine, is dead."""
    for entry in client.api.containers(all=True, filters={"label": f"{LABEL}=runner"}):
        machine, _, rest = (entry.get("Labels") or {}).get(OWNER, "").partition("/")
        pid, _, started = rest.partition("/")
        if machine != machine_mark() or not pid.isdigit():
            continue
        if _is_dead(int(pid), started):
            remove_container(client, entry["Id"])


def _is_dead(pid: int, started: str) -> bool:
    return _start_time(pid) != started if started else not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
