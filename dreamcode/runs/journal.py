"""The journal: every answer of a service, one JSON line each, under a key made of its inputs.

It is what a killed run resumes from and the trace that views draw.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from dreamcode.codec import decode, encode
from dreamcode.errors import DiskError, InfrastructureError, InputError

T = TypeVar("T")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a journal.

    Attributes:
        kind: kind of question: "write", "score", "run", ...
        key: short name of the question; equal questions have equal ones.
        at: seconds since the run began.
        asked: what a reader of the journal is told of the question.
        answer: the answer as JSON values.
    """

    kind: str
    key: str
    at: float = 0.0
    asked: dict[str, Any] = field(default_factory=dict)
    answer: Any = None


Listener = Callable[[Record], None]


def make_key(kind: str, inputs: Json) -> str:
    """A short name for a question: equal inputs, equal key."""
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
            records.append(Record(**json.loads(line)))
        except (ValueError, TypeError) as error:
            if number == len(lines) - 1:
                break  # torn, but the newline made it to the disk
            raise InputError(
                f"{path}:{number} is not a journal record; "
                "remove that line, or the file to start again"
            ) from error
        good += len(line) + 1
    return records, good


class Journal:
    """An append-only file of records, and the memory of all answers in it.

    Args:
        path: the file; made if missing, continued if there.

    Raises:
        InputError: the file holds something else.
        InfrastructureError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._records: dict[str, Record] = {}
        self._listeners: list[Listener] = []
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._path = path
        self._waiting: list[Record] = []  # for the end of the moment
        self._writing: asyncio.Future[None] | None = None
        try:
            self._file = path.open("ab")
            records, good = read_records(path)
            self._file.truncate(good)
        except OSError as error:
            raise InfrastructureError(
                f"cannot write {path}: {error.strerror}; choose another folder with --run-dir"
            ) from error
        self._records.update((record.key, record) for record in records)
        earlier = max((record.at for record in records), default=0.0)
        self._started = time.monotonic() - earlier

    @property
    def seconds(self) -> float:
        """Time spent on this run, earlier sessions included up to their last record."""
        return time.monotonic() - self._started

    def __len__(self) -> int:
        return len(self._records)

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with every record that is used or added from now on."""
        self._listeners.append(listener)

    async def remember(
        self,
        kind: str,
        inputs: Json,
        work: Callable[[], Awaitable[T]],
        answer: type[T],
        asked: Json,
    ) -> T:
        """The answer on record to the same question, else that of `work`, put on record first.

        Whoever asks the same meanwhile waits for that answer.

        Args:
            kind: kind of question.
            inputs: all that the answer depends on, as JSON values.
            work: finds the answer.
            answer: the answer's type.
            asked: what a reader of the journal is told of the question.

        Raises:
            DiskError: the disk does not take the record.
            Exception: what `work` raised; nothing is put on record then.
        """

        async def alone(_: Sequence[int]) -> Sequence[T]:
            return [await work()]

        return (await self.remember_all(kind, [inputs], alone, answer, [asked]))[0]

    async def remember_all(
        self,
        kind: str,
        inputs: Sequence[Json],
        work: Callable[[Sequence[int]], Awaitable[Sequence[T]]],
        answer: type[T],
        asked: Sequence[Json],
    ) -> list[T]:
        """The answers to several questions, in their order; `work` finds those that are missing.

        Args:
            kind: kind of question.
            inputs: the inputs of each question, as JSON values; equal ones are asked once.
            work: gets the places of the questions to answer, in ascending order, and gives
                their answers in that order. It is not called where nothing is missing.
            answer: the answers' type.
            asked: what a reader of the journal is told of each question.

        Raises:
            DiskError: the disk does not take the records.
            Exception: what `work` raised; nothing is put on record then.
        """
        keys = [make_key(kind, one) for one in inputs]
        places = {key: place for place, key in reversed(list(enumerate(keys)))}
        fresh: dict[str, T] = {}
        async with AsyncExitStack() as held:
            for key in sorted(places):  # in one order, so that nobody waits in a circle
                lock = self._locks.get(key) or self._locks.setdefault(key, asyncio.Lock())
                await held.enter_async_context(lock)
            missing = sorted(place for key, place in places.items() if key not in self._records)
            for key in dict.fromkeys(keys):
                if key in self._records:
                    self._tell(self._records[key])
            if missing:
                found = await work(missing)
                fresh = {keys[place]: one for place, one in zip(missing, found, strict=True)}
                await self._add(
                    [
                        self._make_record(kind, keys[place], asked[place], encode(one))
                        for place, one in zip(missing, found, strict=True)
                    ]
                )
        return [
            fresh[key] if key in fresh else decode(answer, self._records[key].answer)
            for key in keys
        ]

    def recall(self, kind: str, inputs: Json, answer: type[T]) -> T | None:
        """The answer on record to a question; None if there is none."""
        record = self._records.get(make_key(kind, inputs))
        return None if record is None else decode(answer, record.answer)

    def keep(self, kind: str, inputs: Json, answer: Any, asked: Json) -> None:
        """Puts an answer on record that is there already, as JSON values.

        Raises:
            DiskError: the disk does not take the record.
        """
        self._write([self._make_record(kind, make_key(kind, inputs), asked, answer)])

    def note(self, kind: str, asked: Json) -> None:
        """Puts on record what needs no answer; once, however often it is said.

        Raises:
            DiskError: the disk does not take the record.
        """
        key = make_key(kind, asked)
        if key in self._records:
            self._tell(self._records[key])
        else:
            self._write([self._make_record(kind, key, asked, None)])

    def close(self) -> None:
        """Closes the file."""
        self._write([])
        self._file.close()

    def _make_record(self, kind: str, key: str, asked: Json, answer: Any) -> Record:
        return Record(kind, key, round(self.seconds, 3), dict(asked), answer)

    async def _add(self, records: Sequence[Record]) -> None:
        """Puts records on record together with all others of this moment.

        What came in one reply is there whole or not at all, whenever the process is killed: for
        the rest of a reply could not be asked for again.
        """
        self._waiting += records
        if self._writing is None:
            loop = asyncio.get_running_loop()
            self._writing = loop.create_future()
            loop.call_soon(self._write_waiting, self._writing)
        await asyncio.shield(self._writing)

    def _write_waiting(self, writing: "asyncio.Future[None]") -> None:
        self._writing = None
        try:
            self._write([])
        except DiskError as error:
            writing.set_exception(error)
        else:
            writing.set_result(None)

    def _write(self, records: Sequence[Record]) -> None:
        """Writes what waits, then the records, through to the operating system; remembers them."""
        records, self._waiting = [*self._waiting, *records], []
        lines = [json.dumps(asdict(record), ensure_ascii=True) + "\n" for record in records]
        try:
            self._file.write("".join(lines).encode())
            self._file.flush()
        except OSError as error:
            raise DiskError(
                f"cannot write {self._path}: {error.strerror}; free some space, then --resume"
            ) from error
        for record in records:
            self._records[record.key] = record
            self._tell(record)

    def _tell(self, record: Record) -> None:
        for listener in self._listeners:
            listener(record)
