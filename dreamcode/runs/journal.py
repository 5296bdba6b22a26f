"""The journal: every answer of a service, one JSON line each, under a key made of its inputs.

It is what a killed run resumes from and the trace that views draw.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dreamcode.errors import InfrastructureError, InputError

Record = dict[str, Any]
Listener = Callable[[Record], None]


def make_key(kind: str, inputs: dict[str, Any]) -> str:
    """A short name for a service's inputs: equal inputs, equal key."""
    text = json.dumps([kind, inputs], sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def read_records(path: Path) -> tuple[list[Record], int]:
    """The whole records of a journal file and how many bytes they take.

    A process that is killed while it writes leaves a torn last line; what it held was
    never reported to anybody as done, so it is left out.

    Raises:
        InputError: a line before the last is not a record.
    """
    records: list[Record] = []
    good = 0
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):  # the last piece ends with no newline
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or "key" not in record:
                raise ValueError("no key")
        except ValueError as error:
            if number == len(lines) - 1:
                break  # torn, but the newline made it to the disk
            raise InputError(
                f"{path}:{number} is not a journal record; "
                "remove that line, or the file to start again"
            ) from error
        records.append(record)
        good += len(line) + 1
    return records, good


class Journal:
    """An append-only file of records, and the cache of all answers in it.

    Args:
        path: the file; made if missing, continued if there.

    Raises:
        InputError: the file holds something else.
        InfrastructureError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._answers: dict[str, Record] = {}
        self._listeners: list[Listener] = []
        self._path = path
        earlier = 0.0
        try:
            self._file = path.open("ab")
            records, good = read_records(path)
            self._file.truncate(good)
        except OSError as error:
            raise InfrastructureError(
                f"cannot write {path}: {error.strerror}; choose another folder with --run-dir"
            ) from error
        for record in records:
            self._answers[record["key"]] = record
            earlier = max(earlier, float(record.get("at", 0.0)))
        self._started = time.monotonic() - earlier

    @property
    def seconds(self) -> float:
        """Time spent on this run, earlier sessions included up to their last record."""
        return time.monotonic() - self._started

    def __len__(self) -> int:
        return len(self._answers)

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with every record that is used or added from now on."""
        self._listeners.append(listener)

    def find(self, key: str) -> Record | None:
        """The record under `key`, if that question was answered before."""
        record = self._answers.get(key)
        if record is not None:
            self._tell(record)
        return record

    def add(self, kind: str, key: str, **fields: Any) -> Record:
        """Writes a record through to the operating system, then remembers it.

        Raises:
            InfrastructureError: the disk does not take it.
        """
        record = {"kind": kind, "key": key, "at": round(self.seconds, 3), **fields}
        line = json.dumps(record, ensure_ascii=True) + "\n"
        try:
            self._file.write(line.encode())
            self._file.flush()
        except OSError as error:
            raise InfrastructureError(
                f"cannot write {self._path}: {error.strerror}; free some space, then --resume"
            ) from error
        self._answers[key] = record
        self._tell(record)
        return record

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _tell(self, record: Record) -> None:
        for listener in self._listeners:
            listener(record)
