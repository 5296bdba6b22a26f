"""Where a training run's problems come from, and which split owns each."""

import hashlib
from datetime import date
from pathlib import Path
from typing import get_args

from dreamcode.errors import InputError
from dreamcode.miniature import generate_exam
from dreamcode.problems.exam import Exam
from dreamcode.problems.rows import read_rows
from dreamcode_training.config import ProblemsConfig
from dreamcode_training.records import Split

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
    return [task.exam for task in read_rows(path) if before is None or task.day() < before]
