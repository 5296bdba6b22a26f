"""Results and programs, in whatever file they come: ours or LiveCodeBench's."""

import json
from pathlib import Path

from dreamcode.bench.grading import Programs
from dreamcode.bench.official import Warn, ignore_warnings, read_graded, read_submissions
from dreamcode.results import Result
from dreamcode.runs import result_files


def load_results(path: Path, *, strict: bool = False, warn: Warn = ignore_warnings) -> list[Result]:
    """Graded results: a run's folder, a results.jsonl, or an `_eval_all.json`.

    Args:
        path: the folder or the file.
        strict: whether an odd entry of an `_eval_all.json` is an error.
        warn: told of odd entries, in one line.

    Raises:
        InputError: the file is none of these, or damaged.
    """
    if _is_ours(path):
        return result_files.load_results(path)
    return read_graded(path, strict=strict, warn=warn)


def load_programs(path: Path, *, strict: bool = False, warn: Warn = ignore_warnings) -> Programs:
    """What was written for each problem, whether it is graded or not. See `load_results`.

    Raises:
        InputError: the file cannot be read or is damaged.
    """
    if not _is_ours(path):
        read = read_submissions(path, strict=strict, warn=warn)
        return {one.question_id: one.code_list for one in read}
    return {result.problem: result.texts for result in result_files.load_results(path)}


def name_benchmark(path: Path) -> str:
    """The benchmark that a run belongs to; LiveCodeBench for whatever says nothing."""
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not _is_ours(path) or not config.is_file():
        return "livecodebench"
    return str(json.loads(config.read_text("utf-8")).get("benchmark", "livecodebench"))


def _is_ours(path: Path) -> bool:
    return path.is_dir() or path.name == result_files.RESULTS
