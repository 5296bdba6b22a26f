"""Where a training run's problems come from, and which split owns each."""

import hashlib
from pathlib import Path
from typing import get_args

from dreamcode.datasets.dataset_names import list_datasets, open_dataset
from dreamcode.errors import InputError
from dreamcode.miniature import generate_exam
from dreamcode.plugins import names_part
from dreamcode.problems.exam import Exam
from dreamcode.problems.task import Task
from dreamcode_training.config import ProblemsConfig
from dreamcode_training.records import Split

SPLITS: tuple[Split, ...] = get_args(Split)
LIVECODEBENCH = "livecodebench"


def load_problems(config: ProblemsConfig, seed: int) -> list[tuple[Split, Exam]]:
    """The problems of all splits: train first, then meta, validation, test.

    The miniature worlds have splits of their own, which share no composition of operations, and
    their problems are numbered; several worlds take turns. All others are dealt out by a hash of
    id and seed, or by date.

    Raises:
        InputError: the problems cannot be read, there are too few of them, or dates are missing.
        InfrastructureError: a data set cannot be downloaded.
    """
    worlds = config.worlds
    if worlds:
        return [
            (split, generate_exam(split, index // len(worlds), worlds[index % len(worlds)]))
            for split in SPLITS
            for index in range(config.counts[split])
        ]
    name, path = find_source(config)
    tasks = open_dataset(name).read(path, config.release)
    found = [task for task in tasks if config.before is None or task.day() < config.before]
    wanted = sum(config.counts.values())
    if len(found) < wanted:
        when = f" before {config.before}" if config.before else ""
        raise InputError(
            f"{path or name} has {len(found)} problems{when}, and {wanted} are wanted "
            "(problems.train + meta + validation + test); lower these numbers"
        )
    owners = [split for split in SPLITS for _ in range(config.counts[split])]
    if config.split_by == "date":
        found.sort(key=lambda task: (task.day(), _place(task, seed)))
        found = found[-wanted:]  # so that more of train leave the other splits as they are
    else:
        found.sort(key=lambda task: _place(task, seed))
    return [(split, task.exam) for split, task in zip(owners, found, strict=False)]


def find_source(config: ProblemsConfig) -> tuple[str, Path | None]:
    """The data set that `data` names, and the file or folder to read; None: what it has itself.

    `data` names no world.

    Raises:
        InputError: `data` is neither a data set nor a file or folder.
    """
    name = str(config.data)
    path = None if config.path is None else Path(config.path)
    known = name in list_datasets() or names_part(name, "datasets")
    # What stands where the name points to was meant before data sets had names here.
    if Path(name).exists() and path is None and (not known or name == LIVECODEBENCH):
        return LIVECODEBENCH, Path(name)
    if not known:
        raise InputError(
            f"problems.data: {name!r} is no data set ({', '.join(list_datasets())}); name one of "
            "these, or, without problems.path, a file or folder of LiveCodeBench rows"
        )
    return name, path


def _place(task: Task, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x00{task.id}".encode()).digest()
