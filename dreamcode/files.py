"""Files that a person names, and files that count: read and written with errors to act on."""

import sys
from collections.abc import Iterable
from pathlib import Path

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.texts import clean


def read_bytes(path: Path, remedy: str = "check the path") -> bytes:
    """The content of a file.

    Args:
        path: the file.
        remedy: what to do where it cannot be read.

    Raises:
        InputError: it is missing, a folder, or not readable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "no such file" if missing else error.strerror or error
        raise InputError(f"cannot read {path}: {reason}; {remedy}") from None


def read_text(path: Path, wanted: str = "", remedy: str = "check the path") -> str:
    r"""UTF-8 text (a byte order mark is dropped) with every line ending as `\n`.

    Args:
        path: the file.
        wanted: what must be in it, for the error; "" where it may be empty.
        remedy: what to do where it cannot be read.

    Raises:
        InputError: it cannot be read, is binary, not UTF-8, or lacks what is wanted.
    """
    return _decode(read_bytes(path, remedy), str(path), wanted)


def read_standard_input(wanted: str = "") -> str:
    """All of standard input, as `read_text` reads files.

    Raises:
        InputError: see `read_text`.
    """
    return _decode(sys.stdin.buffer.read(), "standard input", wanted)


def write_whole(
    path: Path,
    text: str | Iterable[str],
    remedy: str = "make room, or choose another folder",
) -> Path:
    """Writes `text` whole or not at all: through a neighbour that takes the name.

    Args:
        path: the file. Devices and pipes, which have no other name, are written as they are.
        text: all of it, or its pieces; halves of surrogate pairs are replaced.
        remedy: what to do where it cannot be written.

    Raises:
        InfrastructureError: the disk does not take it.
    """
    pieces = [text] if isinstance(text, str) else text
    try:
        target = path.resolve()
        is_stream = target.exists() and not target.is_file()
        draft = target if is_stream else target.with_name(f".{target.name}.new")
        with draft.open("w", encoding="utf-8") as file:
            file.writelines(map(clean, pieces))
        if not is_stream:
            draft.replace(target)
    except OSError as error:
        raise InfrastructureError(f"cannot write {path}: {error.strerror}; {remedy}") from error
    return path


def _decode(data: bytes, name: str, wanted: str) -> str:
    if b"\0" in data:
        at = data.index(b"\0")
        raise InputError(f"{name}: a binary file (byte {at} is zero); give a UTF-8 text file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise InputError(f"{name}: not UTF-8 ({byte}); save it as UTF-8.") from None
    if wanted and not text.strip():
        raise InputError(f"{name}: empty; {wanted} is wanted.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
