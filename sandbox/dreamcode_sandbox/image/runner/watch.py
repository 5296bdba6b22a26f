"""Watches one job from outside: has it ended, or must it be ended?"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICK = 0.25


@dataclass(frozen=True)
class Watch:
    """What is watched, and how long it may take.

    Attributes:
        child: the job's first process.
        family: the user whose processes all count; None where there is only that one.
        started: when it started, on the monotonic clock.
        cpu: CPU seconds it may use.
        wall: seconds it may take, not counting those it waited for a free processor: a busy
            machine changes nothing.
        patience: seconds it may take, all counted.
    """

    child: int
    family: int | None
    started: float
    cpu: float
    wall: float
    patience: float

    def wait(self) -> str:
        """Returns when the job has ended ("") or has to be ended ("cpu" or "wall")."""
        while True:
            _wait_for_some_child()
            if os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return ""
            if self._cpu_used() > self.cpu:
                return "cpu"
            elapsed = time.monotonic() - self.started
            if elapsed > self.patience or elapsed - self._queued() > self.wall:
                return "wall"

    def _cpu_used(self) -> float:
        if sys.platform != "linux":
            return 0.0  # RLIMIT_CPU stands guard alone
        used = 0.0
        for pid in self._processes():
            with contextlib.suppress(OSError):
                # Linux's number for the CPU clock of another process; see clock_getcpuclockid.
                used += time.clock_gettime(((~pid) << 3) | 2)
        return used

    def _processes(self) -> Iterator[int]:
        if self.family is None:
            yield self.child
            return
        mark = f"\nUid:\t{self.family}\t"
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "status").read_text():
                    yield int(folder.name)

    def _queued(self) -> float:
        """Seconds the threads of `child` were ready to run and had no processor."""
        total = 0
        try:
            for thread in Path(f"/proc/{self.child}/task").iterdir():
                total += int((thread / "schedstat").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return 0.0  # an old kernel, or not Linux: all time counts
        return total / 1e9


def _wait_for_some_child() -> None:
    if hasattr(signal, "sigtimedwait"):
        signal.sigtimedwait({signal.SIGCHLD}, _TICK)
    else:
        time.sleep(0.005)
