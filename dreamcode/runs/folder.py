"""A run's folder: config.json, journal.jsonl, then result.json and solution.py."""

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_state_path

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.runs.journal import Journal

Config = dict[str, Any]

JOURNAL = "journal.jsonl"
"""Name of a run's journal, in its folder."""
PROBLEMS = "problems"
"""Name of the folder with a folder for each problem, in that of a run of many."""


class RunFolder:
    """An open run. Made by `open_run`.

    Attributes:
        path: the folder.
        journal: its journal.
    """

    def __init__(self, path: Path, journal: Journal) -> None:
        self.path = path
        self.journal = journal

    def save(self, name: str, text: str) -> Path:
        """Writes `text` whole or not at all: through a neighbour that takes the name.

        Raises:
            InfrastructureError: the disk does not take it.
        """
        return write_whole(self.path / name, text)


@contextlib.contextmanager
def open_run(path: Path, config: Config, *, resume: bool) -> Iterator[RunFolder]:
    """Opens a run with one journal for one process at a time. See `hold_run`."""
    with hold_run(path, config, resume=resume):
        journal = Journal(path / JOURNAL)
        try:
            yield RunFolder(path, journal)
        finally:
            journal.close()


@contextlib.contextmanager
def hold_run(path: Path, config: Config, *, resume: bool) -> Iterator[None]:
    """Holds a run's folder for this process alone, once it is sure that it is the right one.

    Args:
        path: the folder; made if missing.
        config: what determines the run's results, as JSON values.
        resume: whether to continue what is there.

    Raises:
        InputError: the folder holds another run, or no run to resume.
        InfrastructureError: it cannot be written, or another process has it open.
    """
    with lock_folder(path):
        _settle_config(path, config, resume)
        try:
            yield
        except InputError:
            # It ended before it began, for instance by a model that is not there: the same
            # folder may be used once that is mended.
            if not resume and _is_untouched(path):
                (path / "config.json").unlink()
            raise


@contextlib.contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Holds a folder, made if missing, for this process alone.

    Raises:
        InfrastructureError: it cannot be written, or another process has it open.
    """
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path / ".lock")
    with _explained(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InfrastructureError(
                f"run folder {path} is in use by another process; wait for it or choose "
                "another --run-dir"
            ) from None
    try:
        yield
    finally:
        lock.release()


def new_run_path(slug: str) -> Path:
    """A fresh folder name for a run of the problem `slug`, in the user's state folder."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return runs_home() / f"{stamp}-{safe_name(slug)[:40]}-{os.getpid()}"


def safe_name(text: str) -> str:
    """`text` as part of a file's name on any system; different texts may become the same."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.") or "run"


def runs_home() -> Path:
    """Where runs go when no --run-dir is given: DREAMCODE_RUNS, else the state folder."""
    chosen = os.environ.get("DREAMCODE_RUNS")
    return Path(chosen) if chosen else user_state_path("dreamcode") / "runs"


def find_unfinished(config: Config) -> Path:
    """The newest run in `runs_home` that was asked the same and has no result yet.

    Raises:
        InputError: there is none.
    """
    home = runs_home()
    for file in sorted(home.glob("*/config.json"), reverse=True):
        if not (file.parent / "result.json").exists() and _read_config(file) == config:
            return file.parent
    raise InputError(
        f"no unfinished run with these settings in {home}; give its folder with --run-dir, "
        "or leave --resume out to start one"
    )


def _settle_config(path: Path, config: Config, resume: bool) -> None:
    file = path / "config.json"
    if file.exists():
        earlier = _read_config(file)
        if not resume:
            raise InputError(
                f"{path} already holds a run; add --resume to continue it, or choose "
                "another --run-dir"
            )
        if earlier != config:
            raise InputError(
                f"{path} holds a run with another {_first_difference(earlier, config)}; "
                "resume it with the settings it began with, or choose another --run-dir"
            )
        return
    if resume:
        raise InputError(f"no run to resume in {path}: it has no config.json")
    write_whole(file, json.dumps(config, indent=2) + "\n")


def write_whole(target: Path, text: str) -> Path:
    """Writes `text` whole or not at all: through a neighbour that takes the name.

    Raises:
        InfrastructureError: the disk does not take it.
    """
    with _explained(target.parent):
        draft = target.with_name(f".{target.name}.new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    return target


def _is_untouched(path: Path) -> bool:
    """Whether a run has nothing but its config."""
    journal = path / JOURNAL
    begun = journal.exists() and journal.stat().st_size > 0
    return not begun and not (path / PROBLEMS).exists() and not (path / "result.json").exists()


def _read_config(file: Path) -> Config:
    try:
        config = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(f"{file} cannot be read ({error}); choose another --run-dir") from error
    if not isinstance(config, dict):
        raise InputError(f"{file} is not a run's config; choose another --run-dir")
    return config


def _first_difference(earlier: Config, config: Config) -> str:
    # A digest says that something differs, but not what: it comes last.
    for name in sorted(earlier.keys() | config.keys(), key=lambda name: (name == "digest", name)):
        was, now = earlier.get(name), config.get(name)
        if was != now:
            if isinstance(was, dict) and isinstance(now, dict):
                return _first_difference(was, now)
            if len(repr(was)) + len(repr(now)) > 120:
                return f"{name} (changed since)"
            return f"{name} ({was!r} then, {now!r} now)"
    return "config"


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InfrastructureError(
            f"cannot write to run folder {path}: {error.strerror}; choose another with --run-dir"
        ) from error
