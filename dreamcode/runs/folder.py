"""A run's folder: what was asked, and one journal per problem.

The folder of a run that solves one problem is that problem's own; a benchmark's holds `problems`.
"""

import contextlib
import hashlib
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
from dreamcode.files import write_whole
from dreamcode.runs.journal import Journal

Config = dict[str, Any]

CONFIG = "config.json"
"""Name of what was asked, in a run's folder."""
JOURNAL = "journal.jsonl"
"""Name of a run's journal, in its folder."""
RESULT = "result.json"
"""Name of what became of a problem, in its folder."""
MEASURES = "measures.json"
"""Name of what a benchmark's results come to, in its folder; written last."""
SERVER = "server.json"
"""Name of what was found out about a model's server, in a run's folder."""
PROBLEMS = "problems"
"""Name of the folder with a folder for each problem, in that of a run of many."""


@contextlib.contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """The journal in a folder, closed when the context ends; both are made if missing.

    Raises:
        InputError: the journal holds something else.
        InfrastructureError: the journal cannot be written.
    """
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder / JOURNAL)
    try:
        yield journal
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
        InfrastructureError: the folder cannot be written, or another process has it open.
    """
    with lock_folder(path):
        _settle_config(path, config, resume)
        try:
            yield
        except InputError:
            # It ended before it began, for instance by a model that is not there: the same
            # folder may be used once that is mended.
            if not resume and _is_untouched(path):
                (path / CONFIG).unlink()
            raise


@contextlib.contextmanager
def lock_folder(path: Path) -> Iterator[None]:
    """Holds a folder, made if missing, for this process alone.

    Raises:
        InfrastructureError: the folder cannot be written, or another process has it open.
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


def problem_folder(folder: Path, problem: str) -> Path:
    """Where a run keeps what belongs to a problem."""
    name = safe_name(problem)[:80]
    if name != problem:
        digest = hashlib.sha256(problem.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name}-{digest[:8]}"
    return folder / PROBLEMS / name


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
        InputError: there is no such run.
    """
    home = runs_home()
    for file in sorted(home.glob(f"*/{CONFIG}"), reverse=True):
        if not is_finished(file.parent) and _read_config(file) == config:
            return file.parent
    raise InputError(
        f"no unfinished run with these settings in {home}; give its folder with --run-dir, "
        "or leave --resume out to start one"
    )


def is_finished(folder: Path) -> bool:
    """Whether a run has come to its end, be it of one problem or of a benchmark."""
    return (folder / RESULT).exists() or (folder / MEASURES).exists()


def _settle_config(path: Path, config: Config, resume: bool) -> None:
    file = path / CONFIG
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


def _is_untouched(path: Path) -> bool:
    """Whether a run has nothing but its config."""
    journal = path / JOURNAL
    begun = journal.exists() and journal.stat().st_size > 0
    return not begun and not (path / PROBLEMS).exists() and not is_finished(path)


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
