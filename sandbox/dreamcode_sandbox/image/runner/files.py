"""Files without a name, in memory where the system can: a job's input and output."""

import os
import tempfile
from pathlib import Path


def make_file(data: bytes = b"") -> int:
    """A descriptor of a nameless file that holds `data`, at its start."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("job")
    else:
        descriptor, name = tempfile.mkstemp()
        Path(name).unlink()
    write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of `data`."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_file(descriptor: int, start: int = 0, size: int = 1 << 62) -> bytes:
    """Up to `size` bytes from `start`, without moving the descriptor's position."""
    size = min(size, max(0, os.fstat(descriptor).st_size - start))
    parts = []
    while size:
        part = os.pread(descriptor, min(size, 1 << 24), start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        size -= len(part)
    return b"".join(parts)
