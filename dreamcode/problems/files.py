"""Reading text that a person gave, with errors a person can act on."""

import sys
from pathlib import Path

from dreamcode.errors import InputError


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: the file is missing, a folder, or not readable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None


def decode(data: bytes, name: str) -> str:
    r"""UTF-8 text (a byte order mark is dropped) with every line ending as `\n`.

    Args:
        data: the bytes.
        name: what to call them in errors, usually a path.

    Raises:
        InputError: the bytes are binary, not UTF-8, or hold nothing but white space.
    """
    if b"\0" in data:
        at = data.index(b"\0")
        raise InputError(f"{name}: a binary file (byte {at} is zero); give a UTF-8 text file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); "
            "save it as UTF-8."
        ) from None
    if not text.strip():
        raise InputError(f"{name}: empty; a problem needs a statement.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path) -> str:
    """`decode` of a file's content.

    Raises:
        InputError: the file cannot be read, or is no text: see `decode`.
    """
    return decode(read_bytes(path), str(path))


def read_standard_input() -> str:
    """`decode` of all of standard input.

    Raises:
        InputError: the input is no text: see `decode`.
    """
    return decode(sys.stdin.buffer.read(), "standard input")


def shown(value: object, width: int = 60) -> str:
    """`repr` of a value, shortened in the middle so that an error stays one line."""
    text = repr(value)
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}...{text[-half:]}"
