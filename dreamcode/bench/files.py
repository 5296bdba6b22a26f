"""Results and programs, in whatever file they come: ours or LiveCodeBench's."""

import json
from pathlib import Path

from dreamcode.bench.grading import Programs
from dreamcode.bench.official import read_graded, read_submissions
from dreamcode.results import Result
from dreamcode.runs import result_files


def load_results(path: Path) -> list[Result]:
    """Graded results: a run's folder, a results.jsonl, or an `_eval_all.json`.

    Raises:
        InputError: the file is none of these, or damaged.
    """
    return result_files.load_results(path) if _is_ours(path) else read_graded(path)


def load_programs(path: Path) -> Programs:
    """What was written for each problem, whether it is graded or not.

    Raises:
        InputError: the file cannot be read or is damaged.
    """
    if not _is_ours(path):
        return {one.question_id: one.code_list for one in read_submissions(path)}
    return {result.problem: result.texts for result in result_files.load_results(path)}


def name_benchmark(path: Path) -> str:
    """The benchmark that a run belongs to; LiveCodeBench for whatever says nothing."""
    config = (path if path.is_dir() else path.parent) / "config.json"
    if not _is_ours(path) or not config.is_file():
        return "livecodebench"
    return str(json.loads(config.read_text("utf-8")).get("benchmark", "livecodebench"))


def _is_ours(path: Path) -> bool:
    return path.is_dir() or path.name == result_files.RESULTS
