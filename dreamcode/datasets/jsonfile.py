"""Files of problems as JSON: one object per line or one list of objects, packed or not."""

import ast
import gzip
import json
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.files import read_bytes
from dreamcode.problems.task import Task, refuse_twins

_ZIPPED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a file, whose fields are checked as they are taken.

    Attributes:
        where: file and line, for messages; file and item where the file is one list.
        fields: the object's keys and values.
    """

    where: str
    fields: dict[str, Any]

    def text(self, field: str) -> str:
        """A field that is a string and not blank.

        Raises:
            InputError: the field is missing or something else.
        """
        value = self._take(field)
        if not isinstance(value, str) or not value.strip():
            raise InputError(
                f"{self.where}: {field} is {shown(value)}, not a text; mend or remove the row"
            )
        return value

    def texts(self, field: str) -> tuple[str, ...]:
        """A field that is a list of strings; () if it is not there.

        Raises:
            InputError: the field is something else.
        """
        value = self.fields.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InputError(
                f"{self.where}: {field} is {shown(value)}, not a list of texts; mend or remove "
                "the row"
            )
        return tuple(value)

    def id(self, prefix: str = "") -> str:
        """The field `task_id`; a number stands behind `prefix`.

        Raises:
            InputError: the field is missing, or neither a number nor a text.
        """
        value = self._take("task_id")
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{prefix}{value}"
        return self.text("task_id")

    def parse(self, code: str, field: str) -> ast.Module:
        """The syntax tree of code that stands in a field.

        Raises:
            InputError: the code does not compile.
        """
        try:
            with warnings.catch_warnings():  # a backslash in a string is the code's own business
                warnings.simplefilter("ignore")
                tree = ast.parse(code)
                compile(tree, "code", "exec", dont_inherit=True)
                return tree
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(
                f"{self.where}: {field} does not compile ({error}); mend or remove the row"
            ) from None

    def _take(self, field: str) -> Any:
        if field not in self.fields:
            known = ", ".join(self.fields) or "nothing"
            raise InputError(
                f"{self.where}: {field} is missing; it has {known}: is this the right file?"
            )
        return self.fields[field]


def named_file(name: str, source: str, data: Path | None, release: str | None) -> Path:
    """The file that the user named, for a data set that has nothing else.

    Args:
        name: what the data set is called.
        source: where its file is usually found.
        data: the file.
        release: None, since files have no releases.

    Raises:
        InputError: no file was named, or a folder, or a release.
    """
    if release is not None:
        raise InputError(f"{name} has no releases; leave release {release} out")
    if data is None:
        raise InputError(
            f"{name} needs its file: get {source} and pass it with --data FILE (problems.path in "
            "training)"
        )
    if data.is_dir():
        raise InputError(f"{data} is a folder; name the file in it: {source}")
    return data


def read_tasks(path: Path, make: Callable[[Row], Task | None]) -> Iterator[Task]:
    """The problems of a file, in order.

    Args:
        path: a file of JSON lines or with one JSON list, packed with gzip or not.
        make: reads one row; None leaves it out.

    Raises:
        InputError: the file or a row is damaged, or a problem stands twice.
    """
    made = map(make, read_rows(path))
    return refuse_twins(task for task in made if task is not None)


def read_rows(path: Path) -> Iterator[Row]:
    """The objects of a file, in order, whose fields are still to be checked.

    Raises:
        InputError: the file cannot be read, or is no JSON; names file and line.
    """
    data = read_bytes(path)
    if data.startswith(_ZIPPED):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: cannot be unpacked ({error}); get it again") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line} is not UTF-8; get the file again") from None
    if text.lstrip().startswith("["):
        items = _parse(text, str(path))
        places = [f"{path}, item {number}" for number in range(1, len(items) + 1)]
    else:
        # No other separator than a line feed: JSON strings may hold the rest of Unicode's.
        lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
        places = [f"{path}:{number}" for number, _ in lines]
        items = (_parse(line, place) for place, (_, line) in zip(places, lines, strict=True))
    if not places:
        raise InputError(f"{path} holds no problem; name a file of them")
    for place, item in zip(places, items, strict=True):
        if not isinstance(item, dict):
            raise InputError(f"{place} is {shown(item)}, no JSON object; mend or remove it")
        yield Row(place, item)


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}); get the file again") from None
