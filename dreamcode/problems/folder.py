"""Problem folders: Kattis/ICPC problem packages, and a statement with tests beside it.

The package format is that of https://www.kattis.com/problem-package-format/, of which the
statement, the name, the limits and the test data are read, in both of its versions.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from dreamcode.errors import InputError, shown
from dreamcode.files import read_text
from dreamcode.problems.assemble import Material
from dreamcode.problems.casefiles import natural_order
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.limits import read_memory_mb, read_seconds
from dreamcode.problems.names_as_text import load_yaml

_STATEMENT_FOLDERS = ("problem_statement", "statement", ".")
_STATEMENT_NAMES = (
    "problem.en.md",
    "problem.md",
    "problem.en.tex",
    "problem.tex",
    "problem.*.md",
    "problem.*.tex",
    "problem.txt",
    "statement.md",
    "statement.txt",
)
_README = re.compile(r"readme|license|notice|changelog", re.IGNORECASE)


def read_folder(folder: Path, *, tests_given: bool = False) -> Material:
    """What a problem folder holds.

    Args:
        folder: a problem package (it has a `problem.yaml`), or a folder with a statement.
        tests_given: whether the caller has tests, so that a package whose own tests
            cannot be judged here is no obstacle.

    Raises:
        InputError: there is no statement, or `problem.yaml` cannot be used.
    """
    statement = _find_statement(folder)
    text = read_text(statement, "a problem's statement")
    config = folder / "problem.yaml"
    given = FrontMatter(id=folder.resolve().name)
    if config.is_file():
        given = _read_config(config, text, tests_given=tests_given)
    return Material(
        name=str(statement),
        text=text,
        folder=statement.parent,
        given=given,
        samples=sample_inputs(folder),
        secrets=_inputs(folder / "data" / "secret"),
    )


def read_file(path: Path) -> Material:
    """A problem file, with the sample files beside it that belong to it.

    Where the folder holds one problem alone (the file is called `problem.md` or the like,
    or no other file has its ending), its tests are found as `read_folder` finds them.
    Where it holds several, those of `sum.md` are `sum.in`, `sum.1.in`, `sum-2.in`.

    Raises:
        InputError: the file cannot be read as text.
    """
    text = read_text(path, "a problem's statement")
    folder = path.parent
    usual = any(path.match(name) for name in _STATEMENT_NAMES)
    alone = usual or _texts(folder, path.suffix) in ([], [path])
    inputs = sample_inputs(folder) if alone else _inputs(folder, deep=False)
    belonging = re.compile(rf"{re.escape(path.stem)}([.\-_ ].*)?\.in")
    return Material(
        name=str(path),
        text=text,
        folder=folder,
        given=FrontMatter(id=path.stem),
        samples=tuple(
            file
            for file in inputs
            if (alone or belonging.fullmatch(file.name)) and _has_answer(file)
        ),
        secrets=_inputs(folder / "data" / "secret") if alone else (),
    )


def sample_inputs(folder: Path) -> tuple[Path, ...]:
    """The inputs of a folder's public tests: `*.in` that have answers, `data/sample/**/*.in`."""
    beside = tuple(file for file in _inputs(folder, deep=False) if _has_answer(file))
    return beside + _inputs(folder / "data" / "sample")


def _inputs(folder: Path, *, deep: bool = True) -> tuple[Path, ...]:
    found = folder.rglob("*.in") if deep else folder.glob("*.in")
    return tuple(sorted(found, key=natural_order))


def _has_answer(file: Path) -> bool:
    return any(file.with_suffix(suffix).is_file() for suffix in (".out", ".ans", ".a"))


def _find_statement(folder: Path) -> Path:
    for place in _STATEMENT_FOLDERS:
        for name in _STATEMENT_NAMES:
            found = sorted((folder / place).glob(name))
            if found:
                return found[0]
    texts = _texts(folder, ".md") or _texts(folder, ".txt")
    if len(texts) == 1:
        return texts[0]
    found_names = (
        f"it has {', '.join(path.name for path in texts[:3])}" if texts else "none is here"
    )
    raise InputError(
        f"{folder}: a folder without a problem: problem.md or statement.md is wanted, "
        f"{found_names}; name the file itself."
    )


def _texts(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder that could be statements."""
    files = sorted(folder.glob(f"*{suffix}")) if suffix else []
    return [path for path in files if not _README.match(path.stem)]


def _read_config(path: Path, statement: str, *, tests_given: bool) -> FrontMatter:
    """Name and limits of a problem package."""
    try:
        config = load_yaml(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"{path}{where}: not YAML: {getattr(error, 'problem', '')}.") from None
    if not isinstance(config, dict):
        raise InputError(f"{path}: {shown(config)} is not a list of `key: value` lines.")
    kind = f"{config.get('type', '')} {config.get('validation', '')}"
    if ("interactive" in kind or "custom" in kind) and not tests_given:
        judge = "judge" if "interactive" in kind else "checker"
        raise InputError(
            f"{path}: answers need the package's own {judge}, which is not run here; "
            "give tests that have one right answer each (--tests FILE)."
        )
    limits = config.get("limits") or {}
    if not isinstance(limits, dict):
        raise InputError(f"{path}: limits is {shown(limits)}, not `key: value` lines.")
    seconds, memory = limits.get("time_limit"), limits.get("memory")
    return FrontMatter(
        id=path.parent.resolve().name,
        title=_title(config.get("name"), statement),
        time_limit=None if seconds is None else read_seconds(seconds, f"{path}: time_limit"),
        memory_limit=None if memory is None else read_memory_mb(memory, f"{path}: memory"),
    )


def _title(name: Any, statement: str) -> str | None:
    """The package's name, which may be one per language; else that of the LaTeX statement."""
    if isinstance(name, dict):
        name = name.get("en") or next(iter(name.values()), None)
    if name is None and (latex := re.search(r"\\problemname\{([^}]*)\}", statement)):
        return latex[1]
    return None if name is None else str(name)
