"""Parts of others: found by import path, or by the entry points of installed packages."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from dreamcode.errors import InputError

Group = Literal["searches", "rewards", "policies", "datasets"]

_PATH = re.compile(r"(?P<place>[\w./\\~ -]+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")


def names_part(spec: str, group: Group) -> bool:
    """Whether `spec` is an import path, or the name of an entry point of the group."""
    return bool(_PATH.fullmatch(spec)) or bool(entry_points(group=f"dreamcode.{group}", name=spec))


def load_part(spec: str, group: Group, known: Iterable[str] = ()) -> Any:
    """What `spec` names: an object of a module, or of an installed package's entry point.

    Args:
        spec: `file.py:name`, `package.module:name`, or the name of an entry point of
            the group `dreamcode.<group>`.
        group: what it is to be.
        known: names that would have been understood too, for the message.

    Raises:
        InputError: there is no such thing, or importing it fails.
    """
    if path := _PATH.fullmatch(spec):
        return import_part(path["place"], path["name"])
    for point in entry_points(group=f"dreamcode.{group}", name=spec):
        try:
            return point.load()
        except (ImportError, AttributeError) as error:
            raise InputError(f"{spec!r} of {point.value} cannot be loaded: {error}") from error
    found = sorted(point.name for point in entry_points(group=f"dreamcode.{group}"))
    raise InputError(
        f"{spec!r} is none of the {group} there are ({', '.join([*known, *found])}); name one of "
        "these, or one of your own as file.py:name or package.module:name"
    )


def import_part(place: str, name: str) -> Any:
    """The object `name` of a module or of a Python file.

    Raises:
        InputError: there is no such module, file or name, or importing it fails.
    """
    try:
        module = _import_file(Path(place).expanduser()) if place.endswith(".py") else None
        module = module or importlib.import_module(place)
    except Exception as error:  # code of others may fail in any way
        raise InputError(f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        raise InputError(f"{place} defines no {name!r}; correct the name behind the colon")
    return getattr(module, name)


def make_part(spec: str, group: Group, known: Iterable[str] = ()) -> Any:
    """What `spec` names, called without arguments where it is a class or a function.

    Raises:
        InputError: there is no such thing, or making it fails.
    """
    found = load_part(spec, group, known)
    if not callable(found):
        return found
    try:
        return found()
    except TypeError as error:
        raise InputError(f"{spec} cannot be made without arguments: {error}") from error


def _import_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    name = f"dreamcode_part_{file.stem}_{abs(hash(file.resolve()))}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # where dataclasses look for the annotations of their class
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
