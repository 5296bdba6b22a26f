"""The walls around one job, put up by the child itself before a line of the program runs."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import landlock, seccomp

_MIB = 1 << 20
_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_LINUX = sys.platform == "linux"

USERS = 1_000
"""How many users a runner that is root has for its jobs, one after the other."""


@dataclass(frozen=True)
class Settings:
    """What the host tells the runner when it starts it.

    Attributes:
        first_uid: jobs run under users from here on, each its own; None where the runner
            is not root, so that jobs share its user.
        filter_calls: put jobs behind the system call filter, where there is one.
        allow_writing: jobs may open files for writing (the file system is read-only anyway).
        packages: a folder with extra packages (numpy); "" for none.
        readable: files and folders that jobs may read, where the kernel can hold them to it.
    """

    first_uid: int | None = None
    filter_calls: bool = True
    allow_writing: bool = False
    packages: str = ""
    readable: Sequence[str] = ("/",)


@dataclass(frozen=True)
class Walls:
    """What is put around every job.

    Attributes:
        filter_code: the system call filter; None for none.
        landlock: the version of Landlock to use; 0 for none.
        readable: see `Settings`.
    """

    filter_code: bytes | None
    landlock: int
    readable: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """What one job may use: CPU seconds, bytes of memory beyond the start, bytes of output."""

    cpu: float
    memory: int
    output: int


def hide_from_jobs() -> None:
    """Makes this process's memory, descriptors and environment unreadable for all but root."""
    set_dumpable(0)


def set_dumpable(value: int) -> int:
    """Sets whether this user may look into this process (1) or not (0); returns what held."""
    held = _prctl(_PR_GET_DUMPABLE, 0)
    _prctl(_PR_SET_DUMPABLE, value)
    return held


def adopt_orphans() -> None:
    """Processes whose parent ends become children of this one, so that it can reap them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def make_walls(settings: Settings) -> Walls:
    """The walls that the settings ask for, as far as this machine has them."""
    code = None
    if settings.filter_calls and _LINUX:
        code = seccomp.make_filter(os.uname().machine, allow_writing=settings.allow_writing)
    return Walls(code, landlock.find_version(), tuple(settings.readable))


def confine(bounds: Bounds, uid: int | None, walls: Walls) -> None:
    """Locks this process in. Nothing here can be undone by what runs later.

    Raises:
        OSError, ValueError: a wall could not be put up; the job must not run.
    """
    os.chdir("/")
    if _LINUX:
        # Should memory run out all the same, the kernel picks the job, not the runner.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    _limit_resources(bounds, uid)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    # Changing the user clears both of these: hence after it.
    die_with_parent()
    hide_from_jobs()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if walls.landlock:
        landlock.install(walls.landlock, walls.readable)
    if walls.filter_code is not None:
        seccomp.install(walls.filter_code)


def kill_user(uid: int) -> bool:
    """Kills every process of `uid`, daemons included; returns whether there was any.

    The signal is sent *as that user*: root without CAP_KILL may not signal others, and in
    this way no process of anybody else can be hit.
    """
    killer = os.fork()
    if killer == 0:
        try:
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
            os._exit(1)
        finally:
            os._exit(0)
    _, status = os.waitpid(killer, 0)
    return status != 0


def _limit_resources(bounds: Bounds, uid: int | None) -> None:
    cpu = int(bounds.cpu) + 2  # a second fence: the nursery measures finer than seconds
    limits = {
        "CPU": cpu,
        "FSIZE": bounds.output + 1,
        "CORE": 0,
        "NOFILE": 64,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
        "NICE": 0,
        "RTPRIO": 0,
    }
    if _LINUX:
        limits["AS"] = _address_space() + bounds.memory
        limits["SIGPENDING"] = 128
    if uid is not None:
        limits["NPROC"] = 128  # threads count; per user, so only where the user is the job's own
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        _, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _prctl(option: int, value: int) -> int:
    if not _LINUX:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.prctl(option, value, 0, 0, 0)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")
    return result
