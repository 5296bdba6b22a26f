"""What a person sees while something runs: a picture redrawn in place, lines, or nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.text import Text

from dreamcode.cli.output import Shown, open_console
from dreamcode.policies.pulse import Pulse

SECONDS_BETWEEN_LINES = 5.0

SILENCE = 10.0
"""Seconds after which a log is told that the work still goes on."""


class View:
    """Tells on standard error how far a command is, in the way that fits where that goes.

    Args:
        quiet: whether to show nothing at all.

    Attributes:
        pulse: what is under way between two answers; shown beside all else.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.pulse = Pulse()
        self._quiet = quiet
        self._console = open_console(stderr=True)
        # A dumb terminal cannot redraw: it is told in lines, as a log is.
        self._redraws = self._console.is_terminal and not self._console.is_dumb_terminal
        self._started = self._last = time.monotonic()

    def say(self, line: str) -> None:
        """Something worth a line: what begins, a retry, a fallback. Logs get the time with it."""
        if self._quiet:
            return
        if self._redraws:
            self._console.print(Text(line, style="dim"), soft_wrap=True)
            return
        self._last = time.monotonic()
        seconds = self._last - self._started
        self._console.print(
            f"[{seconds:6.1f} s] {line}", markup=False, highlight=False, soft_wrap=True
        )

    def update(self, describe: Callable[[], str], *, due: bool = False) -> None:
        """How far it is: one line every few seconds in a log; on a terminal the picture shows it.

        Args:
            describe: makes the line, if one is written.
            due: whether to write the line in any case.
        """
        if self._quiet or self._redraws:
            return
        if due or time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self.say(f"{describe()}{self.pulse}")

    @contextmanager
    def keep_telling(self, describe: Callable[[], str]) -> Iterator[None]:
        """Tells a log how far it is, also while nothing comes to an end, until the context does."""
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(SILENCE):
                if time.monotonic() - self._last >= SILENCE:
                    self.update(describe)

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def show(self, picture: RenderableType, *, keep: bool = False) -> Iterator[None]:
        """Redraws `picture` on a terminal until the context ends; then it goes, unless `keep`.

        A terminal that cannot redraw gets what is kept at the end.
        """
        if self._quiet or not self._redraws:
            yield
            if keep and self._console.is_terminal and not self._quiet:
                self._console.print(picture)
            return
        with Live(
            Group(Shown(picture), _Line(self.pulse)),
            console=self._console,
            refresh_per_second=8,
            transient=not keep,
        ):
            yield


class _Line:
    """The pulse as it is now."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if line := str(self._pulse).removeprefix(" · "):
            yield Text(line, style="dim")


def say(line: str) -> None:
    """A dim line on standard error."""
    open_console(stderr=True).print(
        line, style="dim", markup=False, highlight=False, soft_wrap=True
    )
