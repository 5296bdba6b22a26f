"""Where a training run's problems come from, and which split owns each."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

from dreamcode.errors import InputError
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.livecodebench import read_row
from sandbox.cases import Test
from training.config import ProblemsConfig
from training.miniature import generate_exam
from training.records import Split

SPLITS: tuple[Split, ...] = get_args(Split)


def load_problems(config: ProblemsConfig, seed: int) -> list[tuple[Split, Exam]]:
    """The problems of all splits: train first, then meta, validation, test.

    The miniature world has splits of its own, which share no composition of operations, and
    its problems are numbered; LiveCodeBench's are dealt out by a hash of id and seed.

    Raises:
        InputError: the rows cannot be read, or there are too few of them.
    """
    wanted = config.counts
    if config.data == "miniature":
        return [
            (split, generate_exam(split, index))
            for split in SPLITS
            for index in range(wanted[split])
        ]
    exams = _read_exams(Path(config.data), config.before)
    exams.sort(key=lambda exam: _place(exam.problem.id, seed))
    if len(exams) < sum(wanted.values()):
        when = f" before {config.before}" if config.before else ""
        raise InputError(
            f"{config.data} has {len(exams)} problems{when}, and {sum(wanted.values())} are "
            "wanted (problems.train + meta + validation + test); lower these numbers"
        )
    owners = [split for split in SPLITS for _ in range(wanted[split])]
    return list(zip(owners, exams, strict=False))


def _place(problem: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x00{problem}".encode()).digest()


def _read_exams(path: Path, before: date | None) -> list[Exam]:
    """The rows of a file, or of all .jsonl and .jsonl.gz files of a folder."""
    files = sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")]) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no .jsonl or .jsonl.gz file; name LiveCodeBench's rows")
    found: dict[str, Exam] = {}
    for file in files:
        for number, offset, row in _read_rows(file):
            if before is not None and _contest_day(row, f"{file}:{number}") >= before:
                continue
            exam = read_row(row)
            if exam.problem.id in found:
                raise InputError(
                    f"{file}:{number}: problem {exam.problem.id!r} stands twice in {path}; "
                    "keep one of the rows"
                )
            if file.suffix != ".gz":
                # Packed tests of a whole release are gigabytes: they stay in the file.
                exam = replace(exam, hidden=HiddenTests(partial(_read_hidden, file, offset)))
            found[exam.problem.id] = exam
    return list(found.values())


def _read_rows(path: Path) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Line number, offset in bytes and content of each row."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            offset = 0
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, offset, _parse_row(line, f"{path}:{number}")
                offset += len(line)
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read {path}: {error}; name LiveCodeBench's rows") from error


def _read_hidden(path: Path, offset: int) -> tuple[Test, ...]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            line = file.readline()
    except OSError as error:
        raise InputError(f"cannot read {path} again: {error}; put it back") from error
    return read_row(_parse_row(line, str(path))).hidden.open()


def _parse_row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where} is not JSON: {error}; mend or remove the line") from None
    if not isinstance(row, dict):
        raise InputError(f"{where} is no JSON object; mend or remove the line")
    return row


def _contest_day(row: dict[str, Any], where: str) -> date:
    try:
        return datetime.fromisoformat(row["contest_date"]).date()
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{where}: contest_date is {row.get('contest_date')!r}, no ISO date; mend it, or "
            "leave problems.before out"
        ) from None
