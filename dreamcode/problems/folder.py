"""Problem folders: Kattis/ICPC problem packages, and a statement with tests beside it."""

import re
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.files import read_text
from dreamcode.problems.assemble import Material
from dreamcode.problems.casefiles import CompareBy, natural_order
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.package import read_package

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
        InputError: there is no statement, or the package cannot be used.
    """
    statement = _find_statement(folder)
    text = read_text(statement, "a problem's statement")
    given = FrontMatter(id=folder.resolve().name)
    compare_by: CompareBy | None = None
    if _is_package(folder):
        package = read_package(folder)
        given = package.front_matter(text)
        if not tests_given:
            package.check_kind()
        compare_by = package.compare_by_any_means if tests_given else package.compare_by
    return Material(
        name=str(statement),
        text=text,
        folder=statement.parent,
        given=given,
        samples=sample_inputs(folder),
        secrets=_inputs(folder / "data" / "secret"),
        compare_by=compare_by,
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
        compare_by=read_package(folder).compare_by if alone and _is_package(folder) else None,
    )


def sample_inputs(folder: Path) -> tuple[Path, ...]:
    """The inputs of a folder's public tests: `*.in` that have answers, `data/sample/**/*.in`."""
    beside = tuple(file for file in _inputs(folder, deep=False) if _has_answer(file))
    return beside + _inputs(folder / "data" / "sample")


def _inputs(folder: Path, *, deep: bool = True) -> tuple[Path, ...]:
    found = folder.rglob("*.in") if deep else folder.glob("*.in")
    return tuple(sorted(found, key=natural_order))


def _is_package(folder: Path) -> bool:
    return (folder / "problem.yaml").is_file()


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
