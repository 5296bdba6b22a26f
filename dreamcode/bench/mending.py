"""Rows of result files that others wrote, with what is odd in them read as well as it can be."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dreamcode.errors import InputError, shown

Fields = dict[str, Any]
Note = Callable[[str], None]

_TEXTS = (
    "question_title",
    "question_content",
    "platform",
    "contest_id",
    "starter_code",
    "difficulty",
)


class Oddities:
    """What was odd in a file: one line about all of it, or an error about the first.

    Args:
        strict: whether the first is an error.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._found: list[str] = []

    def note(self, line: str) -> None:
        """Takes note of one.

        Raises:
            InputError: reading is strict.
        """
        if self._strict:
            raise InputError(f"{line}; mend or remove the entry, or leave --strict out")
        self._found.append(line)

    def describe(self) -> str:
        """The line; "" if nothing was odd."""
        if not self._found:
            return ""
        more = f", and {len(self._found) - 1} more like it" if len(self._found) > 1 else ""
        return f"{self._found[0]}{more} (--strict refuses the file)"


def mend_row(fields: Fields, where: str, oddities: Oddities, *, graded: bool) -> Fields | None:
    """The row in the form that its file should have; None where it names no question.

    What is no program counts as a sample that failed, and so does a program without a grade.
    """

    def note(what: str) -> None:
        oddities.note(f"{where}: {what}")

    name = _read_id(fields.get("question_id"), note)
    if name is None:
        return None
    mended = fields | {"question_id": name}
    codes, grades = _as_list(fields, "code_list", note), []
    if graded:
        grades = [_read_grade(one, note) for one in _as_list(fields, "graded_list", note)]
        if not codes and not grades:
            note("no program, which counts as one that failed")
            codes = [""]
        if len(grades) != len(codes):
            note(f"{len(codes)} programs and {len(grades)} grades; what has no partner failed")
        most = max(len(codes), len(grades))
        codes += [""] * (most - len(codes))
        mended["graded_list"] = grades + [False] * (most - len(grades))
        for key in _TEXTS:
            mended[key] = _read_text(fields.get(key), key, note)
        mended["contest_date"] = _read_date(fields.get("contest_date"), note)
    mended["code_list"] = [_read_code(code, at, note) for at, code in enumerate(codes, start=1)]
    return mended


def _read_id(value: Any, note: Note) -> str | None:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        text = str(int(value) if float(value).is_integer() else value)
        note(f"question_id is {shown(value)}, read as {text!r}")
        return text
    note(f"question_id is {shown(value)}, so the entry is left out")
    return None


def _as_list(fields: Fields, key: str, note: Note) -> list[Any]:
    value = fields.get(key)
    if isinstance(value, list):
        return list(value)
    note(f"{key} is {'missing' if key not in fields else shown(value)}, read as an empty list")
    return []


def _read_code(value: Any, number: int, note: Note) -> str:
    if isinstance(value, str):
        return value
    note(f"program {number} is {shown(value)}, which counts as failed")
    return ""


def _read_grade(value: Any, note: Note) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    note(f"a grade is {shown(value)}, which counts as failed")
    return False


def _read_text(value: Any, key: str, note: Note) -> str:
    if isinstance(value, str):
        return value
    if value is not None:
        note(f"{key} is {shown(value)}, not a text")
        return "" if isinstance(value, list | dict) else str(value)
    return ""


def _read_date(value: Any, note: Note) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        note(f"contest_date is {shown(value)}, no ISO date")
        return None
