"""What goes on until the next answer is there: tokens as they come, and waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


class Pulse:
    """Kept by policies, from any thread, and read by whoever shows how far the work is."""

    def __init__(self) -> None:
        self._written: dict[object, int] = {}
        self._waits: dict[object, tuple[str, float]] = {}

    @property
    def tokens(self) -> int:
        """Tokens, about, of all answers that are under way."""
        return sum(list(self._written.values()))

    @contextmanager
    def follow(self) -> Iterator[Callable[[int], None]]:
        """Takes note of an answer until it is there; gives what is to be told of its tokens."""
        key = object()
        try:
            yield partial(self._written.__setitem__, key)
        finally:
            self._written.pop(key, None)

    @contextmanager
    def wait(self, what: str, seconds: float) -> Iterator[None]:
        """Takes note of a wait while the context lasts."""
        key = object()
        self._waits[key] = what, time.monotonic() + seconds
        try:
            yield
        finally:
            del self._waits[key]

    def __str__(self) -> str:
        """What is under way, " · " before each part; "" if nothing is known to be."""
        parts = [f"{self.tokens:,} more on their way"] if self.tokens else []
        waits = {what: until - time.monotonic() for what, until in list(self._waits.values())}
        parts += [f"waiting {max(left, 0):.0f} s more ({what})" for what, left in waits.items()]
        return "".join(f" · {part}" for part in parts)
