"""Opens packed test lists without ever unpickling.

Benchmarks ship hidden tests as base64 of zlib of a pickle of one JSON string. Unpickling
runs whatever the pickle says, so its opcodes are read instead, and nothing but one string
is accepted.
"""

import base64
import binascii
import pickletools
import zlib

MAX_BYTES = 1 << 30
"""Unpacked size above which the data is taken for a decompression bomb."""

_STRINGS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"}
_HARMLESS = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"}


def unpack_string(packed: str, max_bytes: int = MAX_BYTES) -> str:
    """The one string inside base64(zlib(pickle(string))).

    Raises:
        ValueError: the data is something else, or larger than `max_bytes`.
    """
    try:
        compressed = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("neither JSON nor base64") from None
    stream = zlib.decompressobj()
    try:
        pickled = stream.decompress(compressed, max_bytes)
    except zlib.error:
        raise ValueError("the base64 holds no zlib data") from None
    if stream.unconsumed_tail:
        raise ValueError(f"unpacks to more than {max_bytes} bytes")
    if not stream.eof:
        raise ValueError("the zlib data is cut off")
    return _read_pickled_string(pickled)


def _read_pickled_string(pickled: bytes) -> str:
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name in _STRINGS:
                strings.append(str(argument))
            elif opcode.name not in _HARMLESS:
                raise ValueError(f"the pickle does more than hold a string ({opcode.name})")
    except (UnicodeDecodeError, IndexError):
        raise ValueError("the pickle is damaged") from None
    if len(strings) != 1:
        raise ValueError(f"the pickle holds {len(strings)} strings instead of one")
    return strings[0]
