"""How far a batch is, for whoever waits for it."""

import time
from collections.abc import Callable, Sequence

from dreamcode.policies.generation import Row

SECONDS = 10.0
"""Between two lines; a batch that takes less is over before there is anything to say."""


class Progress:
    """Says now and then what has been written of a batch.

    Args:
        name: of the model.
        rows: the batch.
        say: told, one line each.
    """

    def __init__(self, name: str, rows: Sequence[Row], say: Callable[[str], None]) -> None:
        self._name = name
        self._rows = rows
        self._say = say
        self._last = time.monotonic()

    def look(self) -> None:
        """Says how far the batch is, if it is time."""
        now = time.monotonic()
        if now - self._last < SECONDS:
            return
        self._last = now
        written = sum(len(row.tokens) for row in self._rows)
        waiting = sum(not row.done for row in self._rows)
        how = f"{written:,} tokens written" if written else "reading prompts"
        self._say(f"{self._name}: {how}, {waiting} of {len(self._rows)} samples under way")
