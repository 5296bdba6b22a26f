"""Messages between host and runner: four bytes of length, then that much JSON."""

import json
import os
import struct
from typing import Any

from .files import write_all

HEADER = struct.Struct("!I")


def pack(message: dict[str, Any]) -> bytes:
    """The bytes of one message."""
    body = json.dumps(message).encode("ascii")
    return HEADER.pack(len(body)) + body


def send(descriptor: int, message: dict[str, Any]) -> None:
    """Writes one message, whole."""
    write_all(descriptor, pack(message))


def receive(descriptor: int) -> dict[str, Any] | None:
    """Reads one message; None when the other side is gone."""
    header = _read(descriptor, HEADER.size)
    if header is None:
        return None
    body = _read(descriptor, HEADER.unpack(header)[0])
    if body is None:
        return None
    message: dict[str, Any] = json.loads(body)
    return message


def _read(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
