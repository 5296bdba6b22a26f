"""What a program finds already imported, and what is loaded early to make it start fast.

The names are those LiveCodeBench puts before every program: LeetCode answers use `List`,
`Counter` or `inf` without importing them.
"""

import builtins
import contextlib
import importlib
import sys
from pathlib import Path
from typing import Any

# fmt: off
_STARRED = [
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random",
    "statistics", "itertools", "functools", "operator", "io", "sys", "json", "typing",
]
_NAMED = _STARRED[:-1]
_WARM = [
    "abc", "array", "atexit", "calendar", "cmath", "contextlib", "ctypes", "dataclasses",
    "decimal", "difflib", "enum", "fractions", "hashlib", "linecache", "marshal", "numbers", "os",
    "os.path", "pprint", "queue", "struct", "textwrap", "threading", "time", "traceback", "types",
    "unicodedata", "zlib",
]
# fmt: on
RECURSION_LIMIT = 50_000


def warm_up() -> None:
    """Imports what programs import, numpy too where there is one."""
    for name in (*_STARRED, *_WARM):
        with contextlib.suppress(ImportError):  # a Python built without some optional module
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        for name in ("numpy", "numpy.linalg", "numpy.random", "numpy.fft"):
            importlib.import_module(name)


def find_packages(folder: str) -> dict[str, str]:
    """Name and version of each package in `folder`; "" is no folder."""
    if not folder:
        return {}
    found = sorted(Path(folder).glob("*.dist-info"))
    return dict(path.name.removesuffix(".dist-info").split("-", 1) for path in found)


def make_namespace() -> dict[str, Any]:
    """The globals a program starts with; built-in names keep their built-in meaning."""
    names: dict[str, Any] = {}
    for module in map(importlib.import_module, _STARRED):
        public = getattr(module, "__all__", None)
        if public is None:
            public = [name for name in vars(module) if not name.startswith("_")]
        names.update((name, getattr(module, name)) for name in public)
    for name in vars(builtins):
        names.pop(name, None)
    names.update((name, sys.modules[name]) for name in _NAMED)
    return names
