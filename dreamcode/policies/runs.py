"""Which tokens to put through a model so that common beginnings of texts go through once.

A text is cut into segments where others may part from it: behind its prompt, behind every step.
A segment has the digest of all tokens up to its end for a key, so equal keys mean equal prefixes.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A text as the segments it is made of.

    Attributes:
        ids: its tokens.
        bounds: where each segment ends in `ids`, rising.
        keys: one key per segment.
    """

    ids: tuple[int, ...]
    bounds: tuple[int, ...]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Segments `first` to `last` (exclusive) of a path, to be put through the model in one piece.

    Attributes:
        path: the text.
        first: the first segment; what stands before it is the past.
        last: the first segment behind those of the run.
        past: tokens of the past.
        tokens: tokens of the segments.
    """

    path: Path
    first: int
    last: int
    past: int
    tokens: tuple[int, ...]


def cut(ids: Sequence[int], bounds: Sequence[int]) -> Path:
    """The segments of the tokens `ids` that end at `bounds`, which rise up to `len(ids)`."""
    digest = hashlib.blake2b(digest_size=16)
    keys = []
    start = 0
    for bound in bounds:
        digest.update(array("q", ids[start:bound]).tobytes())
        keys.append(digest.digest())
        start = bound
    return Path(tuple(ids), tuple(bounds), tuple(keys))


def make_run(path: Path, first: int, last: int) -> Run:
    """The run over these segments of `path`."""
    past = path.bounds[first - 1] if first else 0
    return Run(path, first, last, past, path.ids[past : path.bounds[last - 1]])


def next_wave(paths: Sequence[Path], done: Container[bytes]) -> list[Run]:
    """Runs that take every path from what is `done` to where it parts from the others.

    Segments that several paths share are in one run only. Empty when all is done.
    """
    firsts = [_count_leading(path.keys, done) for path in paths]
    sharing = Counter(
        key for path, first in zip(paths, firsts, strict=True) for key in path.keys[first:]
    )
    runs: dict[bytes, Run] = {}
    for path, first in zip(paths, firsts, strict=True):
        last = first
        # Where the number of sharers changes, paths part: what they share is run once.
        while last < len(path.keys) and sharing[path.keys[last]] == sharing[path.keys[first]]:
            last += 1
        if last > first:
            runs[path.keys[last - 1]] = make_run(path, first, last)
    return list(runs.values())


def shorten(run: Run, most_tokens: int) -> Run:
    """The first segments of `run`, of `most_tokens` at most together; one at least."""
    last = run.last
    while last - run.first > 1 and run.path.bounds[last - 1] - run.past > most_tokens:
        last -= 1
    return make_run(run.path, run.first, last)


def split_into_batches(
    runs: Sequence[Run], most_tokens: int, most_new: int | None = None
) -> Iterator[list[Run]]:
    """Runs of like length together; a batch has `most_tokens` at most, pasts and padding included.

    A run that is longer goes alone.

    Args:
        runs: what to split.
        most_tokens: see above.
        most_new: most tokens of a batch without its pasts.
    """
    batch: list[Run] = []
    width = past = 0
    for run in sorted(runs, key=lambda run: (len(run.tokens), run.past)):
        width, past = max(width, len(run.tokens)), max(past, run.past)
        rows = len(batch) + 1
        full = rows * (width + past) > most_tokens or rows * width > (most_new or most_tokens)
        if batch and full:
            yield batch
            batch, width, past = [], len(run.tokens), run.past
        batch.append(run)
    if batch:
        yield batch


def _count_leading(keys: Sequence[bytes], done: Container[bytes]) -> int:
    for count, key in enumerate(keys):
        if key not in done:
            return count
    return len(keys)
