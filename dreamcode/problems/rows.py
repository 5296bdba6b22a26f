"""Files of LiveCodeBench rows, read one row at a time: packed tests stay in the file.

The hidden tests of a whole release are gigabytes, so what is kept of them is where they stand.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.problems.exam import HiddenTests
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.task import Task, refuse_twins
from dreamcode_sandbox.cases import Test


def read_rows(path: Path) -> Iterator[Task]:
    """The rows of a file, or of all .jsonl and .jsonl.gz files of a folder.

    Raises:
        InputError: a file cannot be read, a row is damaged, or a question stands twice; names
            file and line.
    """
    files = sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")]) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no .jsonl or .jsonl.gz file; name LiveCodeBench's rows")
    yield from refuse_twins(
        _make_task(line, where, None if file.suffix == ".gz" else (file, offset))
        for file in files
        for where, offset, line in read_lines(file)
    )


def read_lines(path: Path) -> Iterator[tuple[str, int, bytes]]:
    """The lines that are not blank, one at a time: such files reach gigabytes.

    Args:
        path: the file; packed with gzip if its name ends so.

    Yields:
        File and number of a line, for messages; its first byte's place; the line.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            offset = 0
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", offset, line
                offset += len(line)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"cannot read {path}: {error}; name LiveCodeBench's rows, whole files of them"
        ) from error


def _make_task(line: bytes, where: str, place: tuple[Path, int] | None) -> Task:
    content = parse_row(line, where)
    try:
        exam = read_row(content)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if place is not None:
        exam = replace(exam, hidden=HiddenTests(partial(_read_hidden, *place)))
    return Task(
        exam,
        where,
        _text(content, "platform", where),
        _text(content, "difficulty", where),
        _text(content, "contest_id", where),
        _date(content, where),
        hashlib.blake2b(line, digest_size=16).hexdigest(),
    )


def _read_hidden(path: Path, offset: int) -> tuple[Test, ...]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            line = file.readline()
    except OSError as error:
        raise InputError(f"cannot read {path} again: {error}; put it back") from error
    return read_row(parse_row(line, str(path))).hidden.open()


def parse_row(line: bytes, where: str) -> dict[str, Any]:
    """The object in a line.

    Raises:
        InputError: it is no JSON object; names where it stands.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        torn = "" if line.endswith(b"\n") else ", and the file ends in it: download it again, or"
        raise InputError(
            f"{where} is not JSON ({error}){torn or ';'} mend or remove the line"
        ) from None
    if not isinstance(row, dict):
        raise InputError(f"{where} is no JSON object; mend or remove the line")
    return row


def _text(row: dict[str, Any], field: str, where: str) -> str:
    value = row.get(field)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: {field} is {shown(value)}, not a string; mend the line")
    return value or ""


def _date(row: dict[str, Any], where: str) -> datetime | None:
    value = row.get("contest_date")
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: contest_date is {shown(value)}, no ISO date; mend it") from None
