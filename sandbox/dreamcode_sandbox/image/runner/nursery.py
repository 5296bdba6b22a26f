"""Forks one child per job from a warm interpreter, watches it, ends it, says how it ended."""

import atexit
import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import site
import socket
import sys
import threading
import time
from typing import Any, NoReturn

from . import jail, job, prelude
from .recursion import lift_recursion
from .watch import Watch

_THREAD_STACK = 8 << 20
_M_ARENA_MAX = -8
_MESSAGE = 1 << 16
_FILES = 5


def raise_children(control: socket.socket, settings: jail.Settings) -> NoReturn:
    """Serves jobs from `control` until it closes; ends the process.

    A job is a small JSON object (task and bounds) with five descriptors beside it. What the
    descriptors hold is read by the child alone: this process never sees a job's data.
    """
    nursery = _Nursery(settings)
    control.send(json.dumps(nursery.describe()).encode())
    while True:
        body, files, _, _ = socket.recv_fds(control, _MESSAGE, _FILES)
        if not body:
            os._exit(0)
        reply = nursery.run(json.loads(body), files)
        for descriptor in files:
            os.close(descriptor)
        control.send(json.dumps(reply).encode())


class _Nursery:
    def __init__(self, settings: jail.Settings) -> None:
        jail.adopt_orphans()
        self._walls = jail.make_walls(settings)
        self._breeds = self._walls.filter_code is None  # behind the filter a job is one process
        self._first_uid = settings.first_uid
        self._jobs = 0
        os.environ.clear()
        if settings.packages:
            sys.path.append(settings.packages)
        self._packages = prelude.find_packages(settings.packages)
        prelude.warm_up()
        lift_recursion()
        _settle()
        self._names = prelude.make_namespace()
        gc.collect()
        gc.freeze()  # children neither walk what they inherit nor copy it by doing so
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})

    def describe(self) -> dict[str, Any]:
        """What the host may want to know."""
        return {
            "python": sys.version.split()[0],
            "packages": self._packages,
            "filtered": not self._breeds,
            "walled": bool(self._walls.landlock),
            "own_user": self._first_uid is not None,
        }

    def run(self, request: dict[str, Any], files: list[int]) -> dict[str, Any]:
        """Runs one job to its end."""
        bounds = jail.Bounds(request["cpu"], request["memory"], request["output"])
        uid = None
        if self._first_uid is not None:
            uid = self._first_uid + self._jobs % jail.USERS
            self._jobs += 1
        hearer, confined = os.pipe()
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            names = self._names if request["names"] else {}
            job.become_job(request["task"], [*files, confined], bounds, uid, self._walls, names)
        os.close(confined)
        family = uid if self._breeds else None
        watch = Watch(child, family, started, bounds.cpu, request["wall"], request["patience"])
        stopped = watch.wait()
        status, usage = self._end(child, uid, bool(stopped))
        walls_stood = os.read(hearer, 1) != b""
        os.close(hearer)
        code = os.waitstatus_to_exitcode(status)
        return {
            "status": code,
            "confined": walls_stood,
            # Behind the filter no job can send a signal: it was the kernel, short of memory.
            "out_of_memory": code == -signal.SIGKILL and not stopped and not self._breeds,
            "stopped": stopped,
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": time.monotonic() - started,
        }

    def _end(
        self, child: int, uid: int | None, running: bool
    ) -> tuple[int, resource.struct_rusage]:
        # Kill first, wait second: waiting for a job that still breeds can take minutes. Behind
        # the filter a job is one process, so there is nobody left to kill when it has ended.
        if uid is None:
            _kill_group(child)
        elif running or self._breeds:
            jail.kill_user(uid)
        _, status, usage = os.wait4(child, 0)
        for _ in range(100 if self._breeds else 0):
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if uid is None or not jail.kill_user(uid):
                break
        return status, usage


def _settle() -> None:
    """The last touches before children are born: small, quick and alike."""
    site.setquit()
    site.sethelper()
    threading.stack_size(_THREAD_STACK)  # the default would be as large as the main stack
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            # One arena: each further one takes 64 MiB of address space from the job's share.
            libc.mallopt(_M_ARENA_MAX, 1)
    atexit._clear()


def _kill_group(child: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
