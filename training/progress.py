"""How far a stage is: told through a callback, so that stages never print."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

LINE_EVERY = 10.0
"""Seconds between lines of progress."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Attributes:
        stage: "chains", "labels" or "prm".
        done: problems (of prm: optimiser steps) that are finished, those known from an earlier
            session included.
        total: of them in all.
        known: of `done`, those that an earlier session had finished.
        samples: programs sampled and judged (of prm: tokens read) in this session.
        seconds: length of this session.
    """

    stage: str
    done: int
    total: int
    known: int
    samples: int
    seconds: float

    @property
    def rate(self) -> float:
        """Programs (tokens) a second in this session."""
        return self.samples / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace of this session; None before it has finished a problem."""
        fresh = self.done - self.known
        return self.seconds * (self.total - self.done) / fresh if fresh else None


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Tells nobody."""


class Meter:
    """Counts what a stage does and reports it.

    Args:
        stage: its name.
        total: problems in all.
        tell: gets a report whenever something is done.
    """

    def __init__(self, stage: str, total: int, tell: OnProgress) -> None:
        self._stage = stage
        self._total = total
        self._tell = tell
        self._done = 0
        self._known = 0
        self._samples = 0
        self._started = time.monotonic()

    def sampled(self, samples: int) -> None:
        """`samples` more programs were sampled and judged."""
        self._samples += samples
        self._report()

    def finished(self, *, known: bool) -> None:
        """A problem is finished; `known` if nothing had to be sampled for it."""
        self._done += 1
        self._known += known
        self._report()

    def _report(self) -> None:
        seconds = time.monotonic() - self._started
        self._tell(
            Progress(self._stage, self._done, self._total, self._known, self._samples, seconds)
        )


class ProgressLines:
    """Progress as a line every few seconds, for jobs whose output goes into a log.

    Args:
        say: gets each line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Tells of it, unless a line was written just now; the last report is always told."""
        now = time.monotonic()
        if now - self._last < LINE_EVERY and progress.done < progress.total:
            return
        self._last = now
        line = f"{progress.stage}: {progress.done} of {progress.total}"
        if progress.samples:
            line += f", {progress.rate:.1f} a second"
        if progress.seconds_left is not None:
            line += f", {format_seconds(progress.seconds_left)} left"
        self._say(line)


def format_seconds(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
