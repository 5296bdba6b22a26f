"""A folder of one's own problems: files, problem folders and rows, each with its tests."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.files import read_text
from dreamcode.problems.casefiles import natural_order
from dreamcode.problems.read import read_exam
from dreamcode.problems.task import Task

_NO_PROBLEM = re.compile(r"readme|license|notice|changelog|contributing", re.IGNORECASE)
_STATEMENTS = (".md", ".tex", ".txt")


class Folder:
    """Problems in whatever form `dreamcode solve` takes them."""

    name = "folder"
    summary = "problems of your own: --data with a folder of .md files, problem folders, .json rows"

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems of a folder, in natural order of their names.

        Args:
            data: the folder; problems are the `.md` files and the `.json` rows directly in it,
                and its folders that hold a statement.
            release: None, since a folder has no releases.

        Raises:
            InputError: there is no folder or no problem in it; one cannot be read or has no test
                at all; two have the same id.
        """
        return _read_problems(_named_folder(data, release))

    def describe(self, data: Path | None, release: str | None) -> str:
        """The folder."""
        return str(_named_folder(data, release))


def _named_folder(data: Path | None, release: str | None) -> Path:
    if release is not None:
        raise InputError(f"a folder has no releases; leave release {release} out")
    if data is None:
        raise InputError(
            "name the folder with your problems: --data DIR (problems.path in training)"
        )
    if not data.is_dir():
        raise InputError(f"{data} is no folder; name the one that your problems are in")
    if (data / "problem.yaml").is_file():
        raise InputError(f"{data} is one problem; name the folder that it is in")
    return data


def _read_problems(folder: Path) -> Iterator[Task]:
    sources = sorted((path for path in folder.iterdir() if _is_problem(path)), key=natural_order)
    if not sources:
        raise InputError(
            f"{folder} holds no problem: no .md file, no folder with a statement, no .json row"
        )
    seen: dict[str, Path] = {}
    for source in sources:
        exam = read_exam(source)
        problem = exam.problem
        if problem.id in seen:
            raise InputError(
                f"{source} and {seen[problem.id]} have the same id {problem.id!r}; give one of "
                "them another (`id:` in its front matter)"
            )
        seen[problem.id] = source
        # Hidden tests may be large: they are looked at only where there are no others.
        if not problem.public_tests and not exam.hidden.open():
            raise InputError(
                f"{source} has no test, so nothing could be graded; give it samples, or data/secret"
            )
        yield Task(exam, str(source))


def _is_problem(path: Path) -> bool:
    if path.name.startswith((".", "_")) or _NO_PROBLEM.match(path.stem):
        return False
    if path.is_dir():
        return (path / "problem.yaml").is_file() or any(
            file.suffix in _STATEMENTS and not _NO_PROBLEM.match(file.stem)
            for place in (path, path / "problem_statement", path / "statement")
            if place.is_dir()
            for file in place.iterdir()
        )
    # Tests are kept in .json files too, as lists.
    return path.suffix == ".md" or (
        path.suffix == ".json" and read_text(path).lstrip().startswith("{")
    )
