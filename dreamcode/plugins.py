"""Parts of others: found by import path, or by the entry points of installed packages."""

import importlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from dreamcode.errors import InputError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Group = Literal["searches", "rewards", "policies", "datasets"]

_PATH = re.compile(r"(?P<place>[\w./\\~ -]+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")


def names_part(spec: str, group: Group) -> bool:
    """Whether `spec` is an import path, or the name of an entry point of the group."""
    return bool(_PATH.fullmatch(spec)) or spec in list_parts(group)


def list_parts(group: Group) -> list[str]:
    """The names of the group's entry points, in alphabetical order."""
    return sorted({point.name for point in _entry_points(group)})


def load_part(spec: str, group: Group, known: Iterable[str] = ()) -> Any:
    """What `spec` names: an object of a module, or of an installed package's entry point.

    Args:
        spec: `file.py:name`, `package.module:name`, or the name of an entry point of
            the group `dreamcode.<group>`.
        group: what kind of part it is to be.
        known: names that would have been understood too, for the message.

    Raises:
        InputError: there is no such thing, or importing it fails.
    """
    if path := _PATH.fullmatch(spec):
        return import_part(path["place"], path["name"])
    for point in _entry_points(group):
        if point.name != spec:
            continue
        try:
            return point.load()
        except (ImportError, AttributeError) as error:
            raise InputError(f"{spec!r} of {point.value} cannot be loaded: {error}") from error
    raise InputError(
        f"{spec!r} is none of the {group} there are ({', '.join([*known, *list_parts(group)])}); "
        "name one of these, or one of your own as file.py:name or package.module:name"
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


def _entry_points(group: Group) -> "tuple[EntryPoint, ...]":
    from importlib.metadata import entry_points  # takes a while, which help has not

    return tuple(entry_points(group=f"dreamcode.{group}"))


def _import_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"dreamcode_part_{file.stem}_{abs(hash(file.resolve()))}"
    if name not in sys.modules:
        spec = spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[name] = module  # where dataclasses look for the annotations of their class
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
