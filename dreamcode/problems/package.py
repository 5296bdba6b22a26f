"""Kattis/ICPC problem packages: what `problem.yaml` and the files of groups say of judging.

The format, in its versions "legacy", "2023-07" and "2025-09", is that of
https://www.kattis.com/problem-package-format/; the default validator is that of
Kattis/problemtools.
"""

import re
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from dreamcode.errors import InputError, shown
from dreamcode.problems.comparing import read_checker
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.limits import read_memory_mb, read_seconds
from dreamcode.problems.names_as_text import load_yaml
from dreamcode_sandbox.comparison import Checker, Comparison

_GROUP_FILES = ("testdata.yaml", "test_group.yaml")
_FLAGS = ("output_validator_flags", "output_validator_args")
_FOLDERS = ("output_validators", "output_validator")
_NOT_RUN = ("interactive", "multi-pass", "submit-answer")
_SWITCHES = ("case_sensitive", "space_change_sensitive")
_TOLERANCES = ("float_tolerance", "float_absolute_tolerance", "float_relative_tolerance")


@dataclass(frozen=True)
class Package:
    """A problem package.

    Attributes:
        folder: the package.
        config: what its `problem.yaml` holds.
    """

    folder: Path
    config: dict[str, Any]

    def front_matter(self, statement: str) -> FrontMatter:
        """Name and limits.

        Raises:
            InputError: one of them is malformed.
        """
        path = self._file
        limits = self.config.get("limits") or {}
        if not isinstance(limits, dict):
            raise InputError(f"{path}: limits is {shown(limits)}, not `key: value` lines.")
        seconds, memory = limits.get("time_limit"), limits.get("memory")
        return FrontMatter(
            id=self.folder.resolve().name,
            title=_title(self.config.get("name"), statement),
            time_limit=None if seconds is None else read_seconds(seconds, f"{path}: time_limit"),
            memory_limit=None if memory is None else read_memory_mb(memory, f"{path}: memory"),
        )

    def check_kind(self) -> None:
        """Nothing where a program is run once on each input.

        Raises:
            InputError: the problem is interactive, or of another kind that is not run here.
        """
        words = f"{self.config.get('type', '')} {self.config.get('validation', '')}"
        kind = next((kind for kind in _NOT_RUN if kind in words), None)
        if kind is not None:
            raise InputError(
                f"{self._file}: the problem is {kind}, which is not run here; give tests that "
                "have one right answer each (--tests FILE)."
            )

    def compare_by(self, path: Path) -> Comparison:
        """How the answer to an input file is compared; of a folder, what holds in all of it.

        Raises:
            InputError: a validator is no Python, or flags are malformed.
        """
        arguments = self._read_flags(self.config.get("validator_flags"), self._file)
        arguments += self._group_flags(path)
        if self._checker is not None:
            return Comparison("checker", checker=replace(self._checker, arguments=arguments))
        return _read_arguments(arguments, str(path))

    def compare_by_any_means(self, path: Path) -> Comparison:
        """As `compare_by`; as the default validator where the package's own cannot be run."""
        try:
            return self.compare_by(path)
        except InputError:
            return _read_arguments((), str(path))

    @property
    def _file(self) -> Path:
        return self.folder / "problem.yaml"

    @cached_property
    def _checker(self) -> Checker | None:
        """The package's own validator; None where the default one judges."""
        validation = str(self.config.get("validation") or "")
        folder = next((p for n in _FOLDERS if (p := self.folder / n).is_dir()), None)
        if validation.startswith("default"):
            return None
        found = None if folder is None else _read_validator(folder)
        if found is None and validation.startswith("custom"):
            raise InputError(
                f"{self._file}: validation is custom, and there is no program in {_FOLDERS[0]}; "
                "add it, or say with --checker, --compare or --tolerance what is right."
            )
        return found

    def _group_flags(self, path: Path) -> tuple[str, ...]:
        """The flags of the innermost file that has some: the test's own, then its groups'."""
        data = self.folder / "data"
        files = [path.with_suffix(".yaml")] if path.suffix == ".in" else []
        if data in path.parents:
            groups = path.parents[: path.parents.index(data) + 1]
            files += [group / name for group in groups for name in _GROUP_FILES]
        else:
            files += [data / name for name in _GROUP_FILES]
        for file in files:
            settings = read_yaml(file) if file.is_file() else {}
            key = next((key for key in _FLAGS if settings.get(key) is not None), None)
            if key is not None:
                return self._read_flags(settings[key], file)
        return ()

    @staticmethod
    def _read_flags(value: Any, where: Path) -> tuple[str, ...]:
        """Flags as one text, as a list, or under `flags` beside a validator's name."""
        if isinstance(value, dict):
            value = value.get("flags")
        if value is None:
            return ()
        if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
            return tuple(map(str, value))
        if isinstance(value, list | dict | bool):
            raise InputError(f"{where}: validator flags are {shown(value)}, not a line of text.")
        try:
            return tuple(shlex.split(str(value)))
        except ValueError as error:
            raise InputError(f"{where}: validator flags {shown(value)}: {error}.") from None


def read_package(folder: Path) -> Package:
    """The package in a folder that has a `problem.yaml`.

    Raises:
        InputError: `problem.yaml` cannot be read.
    """
    return Package(folder, read_yaml(folder / "problem.yaml"))


def read_yaml(path: Path) -> dict[str, Any]:
    """A file of `key: value` lines; {} if it has none.

    Raises:
        InputError: it is something else.
    """
    try:
        values = load_yaml(path.read_bytes().decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"{path}{where}: not YAML: {getattr(error, 'problem', error)}.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: {shown(values)} is not a list of `key: value` lines.")
    return values


def _read_arguments(arguments: tuple[str, ...], where: str) -> Comparison:
    """What the default validator does with its command line; what comes last counts."""
    comparison = Comparison("tokens", ignore_case=True)
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if flag == "case_sensitive":
            comparison = replace(comparison, ignore_case=False)
        elif flag == "space_change_sensitive":
            comparison = replace(comparison, keep_spaces=True)
        elif flag in _TOLERANCES:
            amount = _read_amount(flag, rest.pop(0) if rest else "", where)
            comparison = replace(comparison, kind="floats")
            if flag != "float_relative_tolerance":
                comparison = replace(comparison, absolute=amount)
            if flag != "float_absolute_tolerance":
                comparison = replace(comparison, relative=amount)
        else:
            known = ", ".join([*_SWITCHES, *_TOLERANCES])
            raise InputError(
                f"{where}: the default validator has no flag {shown(flag)}; it knows {known}."
            )
    return comparison


def _read_amount(flag: str, text: str, where: str) -> float:
    if not re.fullmatch(r"\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        raise InputError(f"{where}: {flag} {shown(text)}: a number is wanted, as {flag} 1e-6.")
    return float(text)


def _read_validator(folder: Path) -> Checker | None:
    """The one program in a folder of validators; None if there is none."""
    found = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    programs = [path for path in found if path.is_dir() or path.suffix not in (".md", ".txt")]
    if len(programs) == 1 and programs[0].is_dir():
        return _read_validator(programs[0])
    if not programs:
        return None
    scripts = [path for path in programs if path.suffix in ("", ".sh")]
    if scripts:
        raise InputError(
            f"{scripts[0]}: the validator is built by a script, which is not run here; give one in "
            "Python (--checker FILE), or say with --compare or --tolerance what is right."
        )
    for path in programs:
        if path.suffix not in (".py", ".py3"):
            read_checker(path)  # which says what it is and what to do
    mains = [path for path in programs if path.stem in ("main", "__main__")] or programs
    if len(mains) > 1:
        names = ", ".join(path.name for path in programs)
        raise InputError(f"{folder}: which of {names} is the validator? Call it main.py.")
    return read_checker(mains[0], [path for path in programs if path != mains[0]])


def _title(name: Any, statement: str) -> str | None:
    """The package's name, which may be one per language; else that of the LaTeX statement."""
    if isinstance(name, dict):
        name = name.get("en") or next(iter(name.values()), None)
    if name is None and (latex := re.search(r"\\problemname\{([^}]*)\}", statement)):
        return latex[1]
    return None if name is None else str(name)
