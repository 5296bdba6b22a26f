"""LiveCodeBench's own result files: read, and written so that its scripts read them.

Source: LiveCodeBench's lcb_runner, files `Scenario.codegeneration_<n>_<T>*.json`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from dreamcode.bench.mending import Oddities, mend_row
from dreamcode.codec import first_complaint
from dreamcode.datasets.jsonfile import read_rows as read_objects
from dreamcode.errors import InputError
from dreamcode.grading.statistics import pass_at_k
from dreamcode.problems.signature import find_signature
from dreamcode.results import Grade, Program, Result, cut_steps
from dreamcode_sandbox.verdicts import Verdict

CODES = {
    Verdict.WRONG_ANSWER: (-2, "Wrong Answer"),
    Verdict.OUTPUT_LIMIT: (-2, "Wrong Answer"),
    Verdict.TIME_LIMIT: (-3, "Time Limit Exceeded"),
    Verdict.RUNTIME_ERROR: (-4, "Runtime Error"),
    Verdict.MEMORY_LIMIT: (-4, "Runtime Error"),
    Verdict.COMPILE_ERROR: (-4, "Runtime Error"),
    Verdict.CHECKER_ERROR: (-5, "TestRunnerError"),
}
"""The code and message that the official runner gives for what we call otherwise."""

KS = (1, 5, 10, 20, 40, 50, 75, 100, 125, 150, 200, 500, 1000)
"""Of pass@k in the official `_eval.json`."""

Warn = Callable[[str], None]


def ignore_warnings(line: str) -> None:
    """Does nothing."""


class Submission(BaseModel):
    """One problem of a custom evaluator's file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question_id: str
    code_list: tuple[str, ...]


class GradedRow(Submission):
    """One problem of an `_eval_all.json`."""

    graded_list: tuple[bool, ...]
    question_title: str = ""
    question_content: str = ""
    platform: str = ""
    contest_id: str = ""
    contest_date: datetime | None = None
    starter_code: str = ""
    difficulty: str = ""

    @field_validator("contest_date", mode="before")
    @classmethod
    def _read_date(cls, value: object) -> object:
        return value or None


def read_submissions(
    path: Path, *, strict: bool = False, warn: Warn = ignore_warnings
) -> list[Submission]:
    """The programs of a custom evaluator's file or an `_eval_all.json`, one entry per problem.

    Args:
        path: the file.
        strict: whether an odd entry is an error; else it is read as well as it can be.
        warn: told of odd entries, in one line.

    Raises:
        InputError: the file cannot be read, an entry is wrong or a question stands twice.
    """
    return _read(path, Submission, strict=strict, warn=warn)


def read_graded(path: Path, *, strict: bool = False, warn: Warn = ignore_warnings) -> list[Result]:
    """An `_eval_all.json` (or its rows as JSON lines, gzipped or not) as results.

    Args:
        path: the file.
        strict: whether an odd entry is an error; else it is read as well as it can be.
        warn: told of odd entries, in one line.

    Raises:
        InputError: the file cannot be read, an entry is wrong or a question stands twice.
    """
    return [_make_result(row) for row in _read(path, GradedRow, strict=strict, warn=warn)]


def official_files(results: Sequence[Result], temperature: float | None = None) -> dict[str, str]:
    """The texts of the official files by name, ordered by question id as theirs are.

    Files of the samples, where these are independent and equally many, and files of the
    chosen programs alone, named `chosen_...`, where there was a choice among several.

    Args:
        results: those of all problems. Programs stand in our order, best first where there was a
            choice; unfinished ones are empty.
        temperature: temperature of sampling, for the names; None leaves it out.
    """
    ordered = sorted(results, key=lambda result: result.problem)
    numbers = {result.samples for result in ordered}
    heat = "" if temperature is None else f"_{temperature}"
    files: dict[str, str] = {}
    if len(numbers) == 1 and numbers != {0} and all(result.independent for result in ordered):
        files |= _files(ordered, f"Scenario.codegeneration_{numbers.pop()}{heat}", "")
    if all(result.ranked for result in ordered) and not (files and ordered[0].samples == 1):
        chosen = [_chosen_alone(result) for result in ordered]
        files |= _files(chosen, f"Scenario.codegeneration_1{heat}", "chosen_")
    return files


def _files(results: Sequence[Result], name: str, before: str) -> dict[str, str]:
    rows = [_row(result) for result in results]
    metadata = [_metadata(result) for result in results]
    graded = [
        row
        | {
            "graded_list": list(result.graded),
            "pass@1": sum(result.graded) / len(result.graded),
            "metadata": own,
        }
        for row, result, own in zip(rows, results, metadata, strict=True)
    ]
    scores = [_scores(results), _test_results(results), metadata]
    custom = [{"question_id": row["question_id"], "code_list": row["code_list"]} for row in rows]
    return {
        f"{before}{name}.json": _dump(rows),
        f"{before}{name}_eval.json": _dump(scores),
        f"{before}{name}_eval_all.json": _dump(graded),
        f"{before}custom_evaluator.json": _dump(custom),
    }


def _chosen_alone(result: Result) -> Result:
    programs = tuple(replace(program, copies=1) for program in result.programs[:1])
    return replace(result, programs=programs, samples=1)


def _make_result(row: GradedRow) -> Result:
    programs = tuple(
        Program(
            cut_steps(code),
            grade=Grade(Verdict.ACCEPTED if good else Verdict.WRONG_ANSWER),
        )
        for code, good in zip(row.code_list, row.graded_list, strict=True)
        if code.strip()  # an empty one was never written: it counts as a sample alone
    )
    signature = find_signature(row.starter_code)
    return Result(
        problem=row.question_id,
        title=row.question_title or row.question_id,
        statement=row.question_content,
        starter_code=row.starter_code,
        function=signature.name if signature else None,
        platform=row.platform,
        difficulty=row.difficulty,
        contest_id=row.contest_id,
        contest_date=row.contest_date,
        samples=len(row.code_list),
        programs=programs,
        ranked=False,
    )


def _read(path: Path, kind: type[Any], *, strict: bool, warn: Warn) -> list[Any]:
    found: dict[str, Any] = {}
    oddities = Oddities(strict=strict)
    rows = list(read_objects(path))
    for key in ("code_list", "graded_list") if kind is GradedRow else ("code_list",):
        if not any(key in row.fields for row in rows):
            raise InputError(f"{path}: no entry has a {key}; is this the right file?")
    for row in rows:
        fields = mend_row(row.fields, row.where, oddities, graded=kind is GradedRow)
        if fields is None:
            continue
        try:
            entry = kind.model_validate(fields)
        except ValidationError as error:
            raise InputError(
                f"{row.where}: {first_complaint(error)}; mend or remove the entry"
            ) from None
        if found.get(entry.question_id) == entry:
            oddities.note(
                f"{row.where}: question {entry.question_id!r} stands twice, word for word"
            )
        elif entry.question_id in found:
            raise InputError(f"{row.where}: question {entry.question_id!r} stands twice; keep one")
        found[entry.question_id] = entry
    if not found:
        raise InputError(f"{path} names no question; is this the right file?")
    if line := oddities.describe():
        warn(line)
    return list(found.values())


def _row(result: Result) -> dict[str, Any]:
    codes = result.texts
    return {
        "question_title": result.title,
        "question_content": result.statement,
        "platform": result.platform,
        "question_id": result.problem,
        "contest_id": result.contest_id,
        "contest_date": result.contest_date.isoformat() if result.contest_date else None,
        "starter_code": result.starter_code,
        "difficulty": result.difficulty,
        "output_list": [f"```python\n{code}\n```" if code else "" for code in codes],
        "code_list": codes,
    }


def _metadata(result: Result) -> list[str]:
    """One JSON text per sample, as the official runner writes them; no test is shown in it."""
    texts = []
    for program in result.programs:
        found: dict[str, Any] = {"execution time": None}
        if program.grade is not None and not program.right:
            code, message = CODES[program.grade.verdict]
            found = {"error_code": code, "error_message": message}
        texts += [json.dumps(found)] * program.copies
    unfinished = json.dumps({"error_code": -4, "error_message": "Runtime Error: no program"})
    return texts + [unfinished] * (result.samples - len(texts))


def _test_results(results: Sequence[Result]) -> dict[str, list[list[Any]]]:
    """By place of the problem: for each sample, what each test that ran came to."""
    found: dict[str, list[list[Any]]] = {}
    for place, result in enumerate(results):
        samples: list[list[Any]] = []
        for program in result.programs:
            tests: list[Any] = [True] * (program.grade.passed if program.grade else 0)
            if program.grade is not None and not program.right:
                tests.append(CODES[program.grade.verdict][0])
            samples += [tests or [True]] * program.copies
        found[str(place)] = samples + [[-4]] * (result.samples - len(samples))
    return found


def _scores(results: Sequence[Result]) -> dict[str, Any]:
    fewest = min((len(result.graded) for result in results), default=0)
    scores: dict[str, Any] = {}
    detail: dict[str, dict[str, float]] = {}
    for k in KS:
        if k <= fewest:
            rates = [pass_at_k(len(r.graded), sum(r.graded), k) for r in results]
            scores[f"pass@{k}"] = sum(rates) / len(rates)
            detail[f"pass@{k}"] = {str(place): rate for place, rate in enumerate(rates)}
    return scores | {"detail": detail}


def _dump(value: Any) -> str:
    return json.dumps(value, indent=4) + "\n"
