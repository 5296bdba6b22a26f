"""The packages that contests have beside the standard library, and where they come from."""

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout

from dreamcode_sandbox.cache import cache_folder, write_whole
from dreamcode_sandbox.interpreters import Interpreter, own_interpreter

REQUIREMENTS = ("numpy>=1.26,<3", "sortedcontainers>=2.4,<3")
"""What programs may import, in every kind of sandbox."""

NAMES = tuple(one.partition(">")[0] for one in REQUIREMENTS)
SPOKEN = " and ".join(NAMES)

_PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
_PIP += ["--only-binary=:all:", "--no-compile", "--timeout", "10", "--retries", "1"]
_INSTALL_SECONDS = 300
_TRIED_AGAIN = 3600
_SAID = 200
_SILENT = "the package index does not answer"

Tell = Callable[[str], None]


def find_packages(interpreter: Interpreter, tell: Tell, *, again: bool = False) -> tuple[Path, ...]:
    """Folders with the packages for an interpreter, each with what is told of it; () for none.

    Ours has them from our own environment. For others they are installed once, into the cache;
    where that failed it is tried again after an hour.

    Args:
        interpreter: who is to import them.
        tell: told in lines what takes time, and what failed.
        again: try again at once.
    """
    if interpreter.abi == own_interpreter().abi:
        return tuple(path for name in NAMES for path in _own(name))
    folder = _folder_of(interpreter)
    if not folder.is_dir() and (again or not _tried_in_vain(folder)):
        try:
            _install_once(interpreter, folder, tell)
        except (OSError, Timeout, _NotInstalledError) as error:
            reason = " ".join(str(error).split())[:_SAID]
            line = (
                f"{SPOKEN} cannot be installed for Python {interpreter.version}: {reason}; this is "
                "tried again in an hour, or by `dreamcode sandbox build`"
            )
            with contextlib.suppress(OSError):
                write_whole(_mark_of(folder), line)
            tell(line)
    if not folder.is_dir():
        return ()
    return tuple(path for path in sorted(folder.iterdir()) if path.name != "bin")


def failures() -> list[str]:
    """What could not be installed of late, and why: one line each."""
    marks = sorted(cache_folder().glob("packages-*.failed"))
    return [mark.read_text("utf-8") for mark in marks if _is_fresh(mark)]


def installer(python: str, version: str) -> Iterator[list[str]]:
    """The commands that may install for an interpreter: its own pip, then ours."""
    yield [python, "-I", *_PIP]
    yield [sys.executable, "-I", *_PIP, "--python-version", version, "--implementation", "cp"]


class _NotInstalledError(Exception):
    """What pip said of it."""


def _own(name: str) -> list[Path]:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    around = package.parent
    found = [package, around / f"{name}.libs", *around.glob(f"{name}-*.dist-info")]
    return [path for path in found if path.is_dir()]


def _folder_of(interpreter: Interpreter) -> Path:
    wanted = hashlib.sha256("\n".join(REQUIREMENTS).encode()).hexdigest()[:8]
    return cache_folder() / f"packages-{interpreter.abi}-{wanted}"


def _mark_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".failed")


def _tried_in_vain(folder: Path) -> bool:
    return _is_fresh(_mark_of(folder)) or any(_SILENT in failure for failure in failures())


def _is_fresh(mark: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - mark.stat().st_mtime < _TRIED_AGAIN
    return False


def _install_once(interpreter: Interpreter, folder: Path, tell: Tell) -> None:
    """Makes `folder`, whole or not at all; waits where another process is at it."""
    started = time.time()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_INSTALL_SECONDS):
        if folder.is_dir():
            return
        with contextlib.suppress(FileNotFoundError):
            if _mark_of(folder).stat().st_mtime > started:  # whoever we waited for
                raise _NotInstalledError("another process could not, either")
        tell(f"installing {SPOKEN} for Python {interpreter.version} (once)")
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as place:
            draft = Path(place) / "packages"
            _install(interpreter, draft)
            draft.chmod(0o755)
            draft.rename(folder)
        _mark_of(folder).unlink(missing_ok=True)
        tell(f"installed in {time.time() - started:.0f} s")


def _install(interpreter: Interpreter, draft: Path) -> None:
    python = str(interpreter.executable)
    said = ""
    for command in installer(python, ".".join(map(str, interpreter.minor))):
        said = _run([*command, "--target", str(draft), *REQUIREMENTS])
        if "No module named pip" not in said:
            break
    if said:
        raise _NotInstalledError(said)
    # Valid whatever date a copy has: jobs and containers get copies.
    flags = ["-qq", "--invalidation-mode", "unchecked-hash"]
    _run([python, "-I", "-m", "compileall", *flags, str(draft)])
    tried = f"import sys; sys.path.append({str(draft)!r}); import {', '.join(NAMES)}"
    if said := _run([python, "-SIBc", tried]):
        raise _NotInstalledError(said)


def _run(command: list[str]) -> str:
    """What went wrong, in a line; "" if nothing did."""
    # What people have set for their own environments does not fit a folder of ours.
    environment = os.environ | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
            env=environment,
            umask=0o022,  # jobs run as users without rights
        )
    except subprocess.TimeoutExpired:
        return f"not done within {_INSTALL_SECONDS} s"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if any("Retrying (" in line for line in lines):
        return _SILENT
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [f"exit status {done.returncode}"])[-1].removeprefix("ERROR: ")
