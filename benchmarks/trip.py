"""How far a problem travels through the code: python -m benchmarks.trip [PROBLEM].

Counts, by a profile hook, the files of this project that `dreamcode solve PROBLEM --n 2` calls
into, and how often one call after the other stands in another file than the one before.
"""

import sys
import tempfile
import threading
from collections import Counter
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
ROOMS = tuple(str(ROOT / room) for room in ("dreamcode", "sandbox", "training"))


class Trip:
    """What the hook has seen.

    Attributes:
        calls: into each file.
        changes: calls that stand in another file than the one before, in the same thread.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.changes = 0
        self._last = threading.local()

    def hook(self, frame: FrameType, event: str, argument: object) -> None:
        """Counts a call of a function of ours."""
        file = frame.f_code.co_filename
        is_function = frame.f_code.co_flags & CO_OPTIMIZED  # bodies of modules and classes are not
        if event != "call" or not is_function or not file.startswith(ROOMS):
            return
        self.calls[file] += 1
        if getattr(self._last, "file", file) != file:
            self.changes += 1
        self._last.file = file


def main(problem: str) -> None:
    """Solves the problem under the hook and prints the counts."""
    from dreamcode.cli.app import app

    trip = Trip()
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["solve", problem, "--n", "2", "--quiet", "--run-dir", folder]
        threading.setprofile(trip.hook)
        sys.setprofile(trip.hook)
        try:
            app(arguments, standalone_mode=False)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    print(f"{len(trip.calls)} files, {trip.changes:,} changes of file", file=sys.stderr)
    for file, count in trip.calls.most_common(12):
        print(f"{count:8,} {Path(file).relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "examples/mini-2.md")
