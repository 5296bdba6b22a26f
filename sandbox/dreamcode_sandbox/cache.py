"""What takes time to find out or to fetch, kept between runs in the user's cache folder."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """Where it lies; nothing in it is needed for good."""
    return user_cache_path("dreamcode") / "sandbox"


def states_of(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    """Path, size and date of each file: they differ when a file does.

    Raises:
        OSError: one is not there.
    """
    states = [(str(path), path.stat()) for path in paths]
    return [(path, state.st_size, state.st_mtime_ns) for path, state in states]


def remember_files(name: str, find: Callable[[], Iterable[Path]]) -> tuple[Path, ...]:
    """The files that `find` finds; found anew when one of them has changed.

    Args:
        name: of the record, different for different questions.
        find: takes time.
    """
    file = cache_folder() / f"{name}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        states = [tuple(state) for state in json.loads(file.read_text("utf-8"))]
        kept = tuple(Path(path) for path, _, _ in states)
        if states == states_of(kept):
            return kept
    found = tuple(find())
    with contextlib.suppress(OSError):  # a cache that cannot be written saves no time
        write_whole(file, json.dumps(states_of(found)))
    return found


def write_whole(file: Path, text: str) -> None:
    """Writes `text` under its name at once, whoever else does so.

    Raises:
        OSError: the disk does not take it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    Path(draft).replace(file)
