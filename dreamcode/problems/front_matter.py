"""The optional YAML block at the top of a problem file."""

import difflib
from dataclasses import dataclass, fields
from typing import Any

import yaml

from dreamcode.errors import InputError, shown
from dreamcode.problems.limits import read_memory_mb, read_seconds
from dreamcode.problems.names_as_text import load_yaml


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a problem file can say about itself; each field is a key of the YAML.

    Attributes:
        title: one line for people.
        id: short name; the file's name if not given.
        time_limit: CPU seconds per test, as a number or "2 s", "1500 ms".
        memory_limit: MiB per test, as a number or "256 MB", "1 GB".
        function: the function or method that tests call.
        starter_code: code the answer must begin from.
        tests: a file or folder of tests, relative to the problem file, or a list of them as
            the JSON file has it; they replace the samples in the text.
        compare: how answers are compared; see `comparing.KINDS`.
        tolerance: how far numbers may be off: one number, or `absolute` and `relative`.
        checker: a program that says what is right, relative to the problem file.
    """

    title: str | None = None
    id: str | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    function: str | None = None
    starter_code: str | None = None
    tests: str | list[Any] | None = None
    compare: str | None = None
    tolerance: Any = None
    checker: str | None = None


def split_front_matter(text: str, name: str) -> tuple[FrontMatter, str]:
    """The front matter (all fields None if there is none) and the text below it.

    Raises:
        InputError: the block is not closed, is no YAML, or has an unknown or wrong key.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return FrontMatter(), text
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise InputError(f"{name}, line 1: front matter is opened and never closed; add `---`.")
    values = _load(lines[1:end], name)
    return _checked(values, name), "\n".join(lines[end + 1 :]).lstrip("\n")


def _load(lines: list[str], name: str) -> dict[str, Any]:
    try:
        values = load_yaml("\n".join(lines))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 2}" if mark is not None else ""
        reason = getattr(error, "problem", None) or "a value is malformed"
        raise InputError(f"{name}{where}: front matter is not YAML: {reason}.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{name}, line 2: front matter must be `key: value` lines.")
    return values


def _checked(values: dict[str, Any], name: str) -> FrontMatter:
    known = [field.name for field in fields(FrontMatter)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
            raise InputError(f"{name}: unknown key {shown(key)} in the front matter; {hint}")
    given = {key: value for key, value in values.items() if value is not None}
    for key in ("function", "starter_code", "compare", "checker"):
        if not isinstance(given.get(key, ""), str):
            raise InputError(f"{name}: {key} is {shown(given[key])}, not text; put it in quotes.")
    if not isinstance(given.get("tests", ""), str | list):
        raise InputError(f"{name}: tests is {shown(given['tests'])}, no path and no list of tests.")
    for key in ("title", "id"):
        if not isinstance(given.get(key, ""), str):
            raise InputError(f"{name}: {key} is {shown(given[key])}, not one line of text.")
    if "time_limit" in given:
        given["time_limit"] = read_seconds(given["time_limit"], f"{name}: time_limit")
    if "memory_limit" in given:
        given["memory_limit"] = read_memory_mb(given["memory_limit"], f"{name}: memory_limit")
    return FrontMatter(**given)
