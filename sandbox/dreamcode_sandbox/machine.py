"""This machine's Python as a set of files: what a container or bubblewrap needs to run it."""

import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "ensurepip"}
_LEFT_OUT |= {"turtledemo", "lib2to3", "pydoc_data", "distutils", "msilib"}


@dataclass(frozen=True, slots=True)
class MachinePython:
    """The parts of this Python that programs need; paths are those of this machine.

    Attributes:
        executable: the interpreter itself, not a virtual environment's link to it.
        standard_library: folder with `os.py` and, below it, the extension modules.
        libraries: shared libraries, under the names the loader looks for.
        packages: folders that hold numpy; empty without numpy.
    """

    executable: Path
    standard_library: Path
    libraries: tuple[Path, ...]
    packages: tuple[Path, ...]


def find_python() -> MachinePython:
    """Looks at the running interpreter."""
    executable = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib")).resolve()
    packages = _find_numpy()
    binaries = [executable, *library.glob("lib-dynload/*.so")]
    for folder in packages:
        binaries += [path for path in folder.rglob("*.so*") if path.is_file()]
    inside = tuple(folder.resolve() for folder in packages)
    libraries = tuple(
        path
        for path in _needed_libraries(binaries)
        if not any(path.resolve().is_relative_to(folder) for folder in inside)
    )
    return MachinePython(executable, library, libraries, packages)


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


def _find_numpy() -> tuple[Path, ...]:
    spec = find_spec("numpy")
    if spec is None or spec.origin is None:
        return ()
    package = Path(spec.origin).parent
    return tuple(path for path in (package, package.parent / "numpy.libs") if path.is_dir())


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
