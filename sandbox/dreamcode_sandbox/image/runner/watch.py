"""Watches one job from outside: has it ended, or must it be ended?"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_TICK, _SHORTEST_TICK = 0.25, 0.01


@dataclass(frozen=True)
class Watch:
    """What is watched, and how long it may take.

    Attributes:
        child: the job's first process.
        family: the user whose processes all count; None where there is only that one.
        started: when it started, on the monotonic clock.
        cpu: CPU seconds it may use.
        wall: seconds it may take, not counting those it was ready to run and others had the
            processors: a busy machine changes nothing.
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
        kept_waiting, last = 0.0, _Moment(self.started, 0.0, {})
        while True:
            _wait_for_some_child(min(_TICK, max(_SHORTEST_TICK, self.cpu - last.cpu)))
            if os.waitid(os.P_PID, self.child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return ""
            now = _Moment(time.monotonic(), self._cpu_used(), self._queues())
            if now.cpu > self.cpu:
                return "cpu"
            kept_waiting += now.waited_since(last)
            last = now
            elapsed = now.time - self.started
            if elapsed > self.patience or elapsed - kept_waiting > self.wall:
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

    def _queues(self) -> dict[str, float]:
        """For each thread of `child`, the seconds it was ready to run and had no processor."""
        queues = {}
        for thread in Path(f"/proc/{self.child}/task").glob("[0-9]*"):
            # An old kernel, or not Linux: all time counts.
            with contextlib.suppress(OSError, IndexError, ValueError):
                queues[thread.name] = int((thread / "schedstat").read_text().split()[1]) / 1e9
        return queues


class _Moment(NamedTuple):
    time: float
    cpu: float
    queues: dict[str, float]

    def waited_since(self, last: "_Moment") -> float:
        """Seconds lost to other work on the machine; never more than have passed.

        What the job's threads wait for each other is its own affair: that time is counted by
        the thread that waited longest, less what the job computed meanwhile.
        """
        longest = max(
            (queue - last.queues.get(name, 0.0) for name, queue in self.queues.items()), default=0.0
        )
        return min(max(0.0, longest - (self.cpu - last.cpu)), self.time - last.time)


def _wait_for_some_child(seconds: float) -> None:
    if hasattr(signal, "sigtimedwait"):
        signal.sigtimedwait({signal.SIGCHLD}, seconds)
    else:
        time.sleep(0.005)
