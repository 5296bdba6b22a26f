"""Real problems and programs, as the folder DIR of `--real-data DIR` holds them."""

import argparse
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dreamcode.problems.assemble import Material, assemble
from dreamcode.problems.exam import Exam
from dreamcode.problems.front_matter import FrontMatter
from dreamcode.problems.livecodebench import OFFICIAL_LIMITS
from dreamcode.problems.task import Task

STATEMENTS = "lcb-o1-mini.jsonl.gz"
"""Statements, with one model's programs and their official verdict on hidden tests."""
SAMPLES = "lcb-samples.jsonl.gz"
"""Statements, with the public tests that another parser took from them."""
CANDIDATES = "lcb-candidates.jsonl.gz"
"""Programs of many models with their official verdict."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A problem's candidates.

    Attributes:
        task: the problem, with the samples of its statement.
        programs: text of each; "" for those that hold no program.
        passed: the official verdict on hidden tests, of each.
        first: the model that wrote the first one.
    """

    task: Task
    programs: tuple[str, ...]
    passed: tuple[bool, ...]
    first: str


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser of where the data is and where programs run."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--real-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sandbox", default="auto", choices=("docker", "local", "auto"))
    return parser


def read_jsonl_gz(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_pools(real_data: Path) -> list[Pool]:
    """Every problem that has candidates, its samples taken from the statement."""
    # The later file is right where both have a statement.
    files = [real_data / name for name in (SAMPLES, STATEMENTS)]
    rows = {row["question_id"]: row for file in files for row in read_jsonl_gz(file)}
    pools = []
    for entry in read_jsonl_gz(real_data / CANDIDATES):
        row, candidates = rows[entry["question_id"]], entry["candidates"]
        known = FrontMatter(id=row["question_id"], starter_code=row["starter_code"] or None)
        text = row["question_content"].replace("\r\n", "\n")  # as in a file that was read
        problem = assemble(Material(row["question_id"], text, Path(), known), None).problem
        problem = replace(problem, limits=OFFICIAL_LIMITS)  # programs count on the names it gives
        pools.append(
            Pool(
                Task(Exam(problem), difficulty=row["difficulty"]),
                tuple(candidate["code"] for candidate in candidates),
                tuple(bool(candidate["passed"]) for candidate in candidates),
                candidates[0]["model"],
            )
        )
    return pools
