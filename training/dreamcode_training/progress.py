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
        total: problems (of prm: optimiser steps) in all.
        samples: programs sampled and judged (of prm: tokens read) in this session.
        seconds: length of this session.
        seconds_left: seconds left at this session's pace; None before it has finished anything.
    """

    stage: str
    done: int
    total: int
    samples: int
    seconds: float
    seconds_left: float | None

    @property
    def rate(self) -> float:
        """Programs (tokens) per second in this session."""
        return self.samples / self.seconds if self.seconds > 0 else 0.0


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Tells nobody."""


class Meter:
    """Counts what a stage does and reports it.

    Args:
        stage: its name.
        total: problems in all.
        tell: gets a report whenever something is done.
        work: what all problems take together, in any unit; one each if left out.
    """

    def __init__(self, stage: str, total: int, tell: OnProgress, work: int | None = None) -> None:
        self._stage = stage
        self._total = total
        self._tell = tell
        self._done = 0
        self._left = total if work is None else work
        self._fresh = 0
        self._samples = 0
        self._started = time.monotonic()

    def sampled(self, samples: int) -> None:
        """`samples` more programs were sampled and judged."""
        self._samples += samples
        self._report()

    def finished(self, *, known: bool, work: int = 1) -> None:
        """A problem is finished; `known` if nothing had to be sampled for it."""
        self._done += 1
        self._left -= work
        self._fresh += 0 if known else work
        self._report()

    def _report(self) -> None:
        seconds = time.monotonic() - self._started
        self._tell(
            Progress(
                self._stage,
                self._done,
                self._total,
                self._samples,
                seconds,
                estimate_left(seconds, self._fresh, self._left),
            )
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


def estimate_left(seconds: float, fresh: float, left: float) -> float | None:
    """Seconds that the work `left` takes, if `fresh` took `seconds`; None if nothing was done."""
    return seconds * left / fresh if fresh else None


def format_seconds(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))
