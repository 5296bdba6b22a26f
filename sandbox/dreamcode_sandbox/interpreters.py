"""The Pythons of this machine, found by running them."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamcode_sandbox.errors import UnusablePythonError

OLDEST = (3, 11)
_REMEDY = "Name another with --python, as in `--python 3.12` or a path; `auto` finds one."
_VERSION = re.compile(r"(?:python)?(3\.\d+(?:\.\d+)?)")
_NAME = re.compile(r"python3\.(\d+)")
_SECONDS = 20
# What the runner needs, and what no program should miss. Abilities of a build, not of a version.
_PROBE = """
import array, bisect, cmath, ctypes, decimal, fcntl, hashlib, heapq, json, math, random, resource
import select, signal, socket, struct, sys, sysconfig, threading, unicodedata, zlib
print(json.dumps({
    "version": list(sys.version_info),
    "implementation": sys.implementation.name,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "prefix": sys.base_prefix,
    "standard_library": sysconfig.get_path("stdlib"),
    "abi": sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag,
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that works.

    Attributes:
        executable: the interpreter itself, not a virtual environment's link to it.
        version: as in "3.13.0".
        prefix: folder that it is installed in.
        standard_library: folder with `os.py` and, below it, the extension modules.
        abi: the same for those that can load the same compiled packages.
        stable: neither a preview nor without its lock, so that packages are built for it.
    """

    executable: Path
    version: str
    prefix: Path
    standard_library: Path
    abi: str
    stable: bool = True

    @property
    def minor(self) -> tuple[int, int]:
        """Its version as far as its language goes."""
        first, second, *_ = self.version.split(".")
        return int(first), int(second)


def own_interpreter() -> Interpreter:
    """The one that runs this."""
    return Interpreter(
        Path(getattr(sys, "_base_executable", None) or sys.executable).resolve(),
        platform.python_version(),
        Path(sys.base_prefix).resolve(),
        Path(sysconfig.get_path("stdlib")).resolve(),
        sysconfig.get_config_var("SOABI") or str(sys.implementation.cache_tag),
    )


def read_version(wish: str) -> str | None:
    """The version that a wish names, as in "3.13" or "3.13.0"; None if it names a path.

    Raises:
        UnusablePythonError: it is older than what can run programs.
    """
    found = _VERSION.fullmatch(wish)
    if found is None:
        return None
    if int(found[1].split(".")[1]) < OLDEST[1]:
        raise UnusablePythonError(f"Programs run on Python 3.11 and newer, not {wish}.", _REMEDY)
    return found[1]


def interpreter_at(wish: str) -> Interpreter:
    """The one that a path or the name of a command leads to.

    Raises:
        UnusablePythonError: there is none, or it cannot run programs.
    """
    path = Path(wish).expanduser()
    if path.is_dir():
        path = path / "bin" / "python3"
    found = shutil.which(path)
    if found is None:
        raise UnusablePythonError(f"There is no Python {wish!r}.", _REMEDY)
    return probe(Path(found))


def interpreters_of(version: str) -> Iterator[Interpreter]:
    """Those on this machine of a version, newest first."""
    wanted = version.split(".")
    own = own_interpreter()
    if own.version.split(".")[: len(wanted)] == wanted:
        yield own
    for found in _usable(int(wanted[1])):
        if found.version.split(".")[: len(wanted)] == wanted and found != own:
            yield found


def newer_interpreters() -> Iterator[Interpreter]:
    """Those on this machine of a later version than ours, newest first; no previews."""
    minors = {minor for minor, _ in _named() if minor > sys.version_info.minor}
    for minor in sorted(minors, reverse=True):
        yield from (found for found in _usable(minor) if found.stable)


def probe(path: Path) -> Interpreter:
    """Runs a Python and asks what it is.

    Raises:
        UnusablePythonError: it does not run, or is none that can run programs.
    """
    try:
        answer = subprocess.run(
            [path, "-SIc", _PROBE], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnusablePythonError(f"{path} does not run: {error}.", _REMEDY) from error
    try:
        said = json.loads(answer.stdout)
        version = [int(part) for part in said["version"][:3]]
        implementation, level = said["implementation"], said["version"][3]
    except (ValueError, TypeError, KeyError, IndexError):
        lines = answer.stderr.strip().splitlines()
        reason = lines[-1].strip() if lines else f"exit status {answer.returncode}"
        raise UnusablePythonError(f"{path} does not work as a Python: {reason}.", _REMEDY) from None
    number = ".".join(map(str, version))
    if implementation != "cpython" or tuple(version) < OLDEST:
        what = f"{implementation} {number}"
        raise UnusablePythonError(f"{path} is {what}; CPython 3.11 or newer is wanted.", _REMEDY)
    return Interpreter(
        Path(said["executable"]).resolve(),
        number if level == "final" else f"{number}{level}",
        Path(said["prefix"]).resolve(),
        Path(said["standard_library"]).resolve(),
        said["abi"],
        stable=level == "final" and not said["free_threaded"],
    )


def _usable(minor: int) -> list[Interpreter]:
    """Those of one minor version that work, the latest patch first."""
    found: dict[Path, Interpreter] = {}
    paths = [path for known, path in _named() if known == minor]
    binaries = [path for path in paths if not _is_script(path)]
    # Scripts stand for versions that are installed elsewhere, and take their time.
    for candidates in (binaries, set(paths) - set(binaries)):
        for path in candidates:
            try:
                interpreter = probe(path)
            except UnusablePythonError:
                continue
            if interpreter.minor[1] == minor:
                found.setdefault(interpreter.executable, interpreter)
        if found:
            break
    return sorted(found.values(), key=_patch, reverse=True)


def _patch(interpreter: Interpreter) -> tuple[bool, int]:
    [digits] = re.findall(r"^3\.\d+\.(\d+)", interpreter.version)
    return interpreter.stable, int(digits)


def _named() -> list[tuple[int, Path]]:
    """Minor version and path of what is called python3.N, each file once, in order."""
    pyenv = _place("PYENV_ROOT", "~/.pyenv")
    uv = _place(
        "UV_PYTHON_INSTALL_DIR", str(_place("XDG_DATA_HOME", "~/.local/share") / "uv/python")
    )
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += [*pyenv.glob("versions/*/bin"), *uv.glob("*/bin")]
    found: dict[Path, int] = {}
    for path in _inside(folders):
        name = _NAME.fullmatch(path.name)
        if name and path.is_file():
            found.setdefault(path.resolve(), int(name[1]))
    return [(minor, path) for path, minor in found.items()]


def _place(variable: str, otherwise: str) -> Path:
    # Not Path.expanduser: a user may have no home.
    return Path(os.path.expanduser(os.environ.get(variable) or otherwise))  # noqa: PTH111


def _inside(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in dict.fromkeys(folders):
        try:
            names = os.listdir(folder)  # noqa: PTH208 - no need to look at each file of /usr/bin
        except OSError:
            continue
        yield from (folder / name for name in sorted(names) if name.startswith("python3."))


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True
