"""What goes on until the next answer is there: tokens as they come, and waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pulse:
    """Kept by policies, from any thread, and read by whoever shows how far the work is."""

    def __init__(self) -> None:
        self._answers: dict[object, tuple[int, int]] = {}
        self._waits: dict[object, tuple[str, float]] = {}

    @contextmanager
    def follow(self, samples: int) -> Iterator[Callable[[int], None]]:
        """Takes note of samples under way; gives what is to be told of their tokens so far."""
        key = object()

        def tell(tokens: int) -> None:
            self._answers[key] = samples, tokens

        tell(0)
        try:
            yield tell
        finally:
            del self._answers[key]

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
        answers = list(self._answers.values())
        samples, tokens = sum(one for one, _ in answers), sum(one for _, one in answers)
        parts = [f"{samples:,} under way: {tokens:,} tokens"] if samples else []
        # Many wait for the same; the line is for all of them.
        waits = {what: until - time.monotonic() for what, until in list(self._waits.values())}
        parts += [f"waiting {max(left, 0):.0f} s ({what})" for what, left in waits.items()]
        return "".join(f" · {part}" for part in parts)
