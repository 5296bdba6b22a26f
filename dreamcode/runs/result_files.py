"""Results on disk: result.json in a problem's folder, results.jsonl in that of a benchmark."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.results import Result, describe_result, read_result
from dreamcode.runs.folder import MEASURES, PROBLEMS, RESULT

RESULTS = "results.jsonl"
PROGRAM = "solution.py"


def save_result(folder: Path, result: Result) -> None:
    """Writes result.json, and the best program as solution.py, where there is one.

    Raises:
        InfrastructureError: the disk does not take the result.
    """
    if result.best is not None:
        write_whole(folder / PROGRAM, result.best.text)
    # Its presence says that the problem is done, so it comes last.
    write_whole(folder / RESULT, json.dumps(describe_result(result), indent=2) + "\n")


def load_result(folder: Path) -> Result | None:
    """The result in a problem's folder; None if it is not finished.

    Raises:
        InputError: the file is damaged.
    """
    file = folder / RESULT
    if not file.exists():
        return None
    try:
        return read_result(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} is no result of a problem ({error}); remove it, and --resume makes it again "
            "from the journal"
        ) from None


def dump_results(results: Iterable[Result]) -> str:
    """The text of a results.jsonl."""
    return "".join(json.dumps(describe_result(result)) + "\n" for result in results)


def load_results(path: Path) -> list[Result]:
    """The results of a results.jsonl, or of a benchmark's folder, finished or not.

    Those of a run that goes on or was killed are gathered from its problems' folders; they
    come in the order of these.

    Raises:
        InputError: the file cannot be read, or a line is no result; names file and line.
    """
    results: list[Result] = []
    if path.is_dir() and not (path / MEASURES).is_file():
        found = [load_result(one.parent) for one in sorted(path.glob(f"{PROBLEMS}/*/{RESULT}"))]
        results = [result for result in found if result is not None]
    file = path / RESULTS if path.is_dir() else path
    if not results and (file.exists() or not path.is_dir()):
        results = list(_read_lines(file))
    if not results:
        raise InputError(f"{path} holds no result of a problem yet; resume the run first")
    return results


def _read_lines(file: Path) -> Iterator[Result]:
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read {file}: {error}; name a benchmark run's folder or its {RESULTS}"
        ) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        try:
            yield read_result(json.loads(line))
        except ValueError as error:
            raise InputError(
                f"{file}:{number} is no result of a problem ({error}); mend or remove the "
                "line, or resume the run"
            ) from None
