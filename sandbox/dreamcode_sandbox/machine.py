"""A Python of this machine as a set of files: what a container or bubblewrap needs to run it."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dreamcode_sandbox.cache import remember_files, states_of
from dreamcode_sandbox.errors import UnusablePythonError
from dreamcode_sandbox.interpreters import (
    Interpreter,
    interpreter_at,
    interpreters_of,
    newer_interpreters,
    own_interpreter,
    read_version,
)
from dreamcode_sandbox.packages import find_packages

AUTO = "auto"
_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "ensurepip"}
_LEFT_OUT |= {"turtledemo", "lib2to3", "pydoc_data", "distutils", "msilib"}

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MachinePython:
    """The parts of a Python that programs need; paths are those of this machine.

    Attributes:
        interpreter: the Python itself.
        libraries: shared libraries, under the names the loader looks for.
        packages: folders that hold the contests' packages.
    """

    interpreter: Interpreter
    libraries: tuple[Path, ...]
    packages: tuple[Path, ...]

    @property
    def executable(self) -> Path:
        """The interpreter itself."""
        return self.interpreter.executable

    @property
    def standard_library(self) -> Path:
        """The folder with `os.py`."""
        return self.interpreter.standard_library


def choose_python(
    wish: str = AUTO, tell: Tell = lambda _: None, *, again: bool = False
) -> MachinePython:
    """The Python that programs run on.

    Args:
        wish: a version, a path, or "auto": the newest one here that is not older than ours and
            has numpy. Programs import numpy more often than they are written in later syntax.
        tell: told in lines what takes time, and what failed.
        again: try again at once to install what could not be installed of late.

    Raises:
        UnusablePythonError: it is not there, or cannot run programs.
    """
    if wish != AUTO:
        interpreter = find_interpreter(wish)
        return _gather(interpreter, find_packages(interpreter, tell, again=again))
    bare: list[Interpreter] = []
    for interpreter in newer_interpreters():
        if packages := find_packages(interpreter, tell, again=again):
            return _gather(interpreter, packages)
        bare.append(interpreter)
    own = own_interpreter()
    packages = find_packages(own, tell)
    return _gather(bare[0] if bare and not packages else own, packages)


def find_interpreter(wish: str) -> Interpreter:
    """The one that is wished for, whatever packages it has; see `choose_python`.

    Raises:
        UnusablePythonError: it is not there, or cannot run programs.
    """
    if wish == AUTO:
        return next(newer_interpreters(), own_interpreter())
    version = read_version(wish)
    if version is None:
        return interpreter_at(wish)
    found = next(interpreters_of(version), None)
    if found is None:
        there = {one.version for one in (own_interpreter(), *newer_interpreters())}
        raise UnusablePythonError(
            f"There is no Python {version} on this machine; there is {', '.join(sorted(there))}.",
            "Install it (`pyenv install`, `uv python install`), or name another with --python.",
        )
    return found


def library_files(folder: Path) -> list[Path]:
    """The files of the standard library in `folder` that programs may need."""
    kept = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _LEFT_OUT.intersection(parts) or parts[0].startswith("config-"):
            continue
        if path.is_file() and ".opt-" not in path.name:
            kept.append(path)
    return kept


def package_files(folder: Path) -> list[Path]:
    """The files of a package in `folder` that programs may need."""
    found = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if "tests" not in path.relative_to(folder).parts)


def _gather(interpreter: Interpreter, packages: tuple[Path, ...]) -> MachinePython:
    binaries = [interpreter.executable, *interpreter.standard_library.glob("lib-dynload/*.so")]
    for folder in packages:
        binaries += [path for path in package_files(folder) if ".so" in path.name]
    inside = tuple(folder.resolve() for folder in packages)

    def find() -> list[Path]:
        return [
            path
            for path in _needed_libraries(binaries)
            if not any(path.resolve().is_relative_to(folder) for folder in inside)
        ]

    state = hashlib.sha256(repr(states_of(binaries)).encode()).hexdigest()[:16]
    return MachinePython(interpreter, remember_files(f"libraries-{state}", find), packages)


def _needed_libraries(binaries: list[Path]) -> tuple[Path, ...]:
    """What the loader would load for `binaries`, by `ldd`."""
    ldd = shutil.which("ldd")
    if ldd is None:
        return ()
    # ldd says "not a dynamic executable" of some and exits 1: what it does print is enough.
    listing = subprocess.run(
        [ldd, *map(str, binaries)], capture_output=True, text=True, check=False
    ).stdout
    found = {Path(name) for name in re.findall(r"(/\S+) \(0x[0-9a-f]+\)", listing)}
    # Loaded by name when a thread ends; nothing links to it.
    for name in [path for path in found if path.name.startswith("libc.so")]:
        found |= set(name.parent.glob("libgcc_s.so.1"))
    return tuple(sorted(path for path in found if path.is_file()))
