"""An experiment's numbers, kept as JSON beside the page that is written from them."""

import json
from pathlib import Path
from typing import Any, TypeVar

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.files import read_text, write_whole

Record = TypeVar("Record")


def write_results(path: Path, results: object) -> None:
    """Writes them, whole or not at all, without the last digits, in which machines differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(_round(encode(results)), indent=1) + "\n")


def read_record(path: Path, kind: type[Record]) -> Record:
    """The file's results; an InputError if it cannot be read."""
    try:
        return decode(kind, json.loads(read_text(path, remedy="use `measure` first")))
    except ValueError as error:
        raise InputError(f"{path} holds no results: {error}; use `measure` again") from error


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 9) + 0.0
    if isinstance(value, dict):
        return {name: _round(one) for name, one in value.items()}
    return [_round(one) for one in value] if isinstance(value, list) else value
