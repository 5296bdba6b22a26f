"""From real programs and verdicts to problems, labels and chains in the files of a training."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.real import CANDIDATES, SAMPLES, STATEMENTS, read_jsonl_gz
from dreamcode.errors import InputError
from dreamcode.policies.draft import read_draft
from dreamcode.problems.livecodebench import read_row
from dreamcode_training.chains import SampledChain
from dreamcode_training.records import (
    Count,
    LabelledChain,
    ProblemRecord,
    Split,
    read_lines,
    write_lines,
)
from experiments.real_candidates.config import ProgramsConfig, Settings

WRITERS = "writers.jsonl"
KEPT = ("question_id", "question_title", "question_content", "starter_code")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program, who wrote it, and the official verdict on it."""

    code: str
    writer: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wrote a chain; one line of writers.jsonl."""

    problem: str
    sample: int
    writer: str


def prepare(real_data: Path, data: Path, settings: Settings) -> None:
    """Writes problems.jsonl, chains.jsonl, labels.jsonl and writers.jsonl into folder `data`.

    Train has the problems with right and wrong programs alone: others teach nothing about which
    of two programs is the better one. Validation and test have all.

    Raises:
        InputError: `real_data` lacks a file.
    """
    for name in (SAMPLES, STATEMENTS, CANDIDATES):
        if not (real_data / name).is_file():
            raise InputError(f"{real_data / name} is not there; name its folder with --real-data")
    # The later file is right where both have a statement.
    files = [real_data / name for name in (SAMPLES, STATEMENTS)]
    rows = {row["question_id"]: row for file in files for row in read_jsonl_gz(file)}
    problems: list[ProblemRecord] = []
    chains: list[SampledChain] = []
    origins: list[Origin] = []
    for entry in read_jsonl_gz(real_data / CANDIDATES):
        row = rows[entry["question_id"]]
        split = settings.split(date.fromisoformat(row["contest_date"][:10]))
        random = Random(f"{settings.seed} {entry['question_id']}")
        candidates = choose(entry["candidates"], split, settings.programs, random)
        if candidates:
            record = ProblemRecord(split, read_problem(row))
            problems.append(record)
            for sample, one in enumerate(candidates):
                chains.append(make_chain(record, sample, one))
                origins.append(Origin(record.problem.id, sample, one.writer))
    splits = {record.problem.id: record.split for record in problems}
    data.mkdir(parents=True, exist_ok=True)
    write_lines(data / "problems.jsonl", problems)
    write_lines(data / "chains.jsonl", chains)
    write_lines(data / "labels.jsonl", [_label(c) for c in chains if splits[c.problem] != "test"])
    write_lines(data / WRITERS, origins)


def choose(
    rows: Sequence[dict[str, Any]], split: Split, programs: ProgramsConfig, random: Random
) -> list[Candidate]:
    """The programs of a problem that are used, in random order; equal ones once, empty ones never.

    None of a train problem whose programs all pass or all fail.
    """
    known: dict[str, Candidate] = {}
    for row in rows:
        code = row["code"].replace("\r\n", "\n").strip()
        if code:
            known.setdefault(code, Candidate(code, row["model"], bool(row["passed"])))
    found = list(known.values())
    random.shuffle(found)
    if len({one.passed for one in found}) < 2:
        return [] if split == "train" else found[: min(programs.alike, programs.held)]
    return found[: programs.train if split == "train" else programs.held]


def read_problem(row: dict[str, Any]) -> Any:
    """The problem of a row, as whoever judges a program may see it."""
    return read_row({name: row[name] for name in KEPT} | {"public_test_cases": "[]"}).problem


def make_chain(record: ProblemRecord, sample: int, candidate: Candidate) -> SampledChain:
    """The program as a chain, cut as a policy would have written it."""
    steps = read_draft(record.problem, candidate.code).steps
    return SampledChain(record.problem.id, sample, steps, True, candidate.passed, None, 0)


def read_writers(data: Path) -> dict[tuple[str, int], str]:
    """Who wrote each chain, by problem and sample."""
    return {(one.problem, one.sample): one.writer for _, one in read_lines(data / WRITERS, Origin)}


def _label(chain: SampledChain) -> LabelledChain:
    """The chain with its verdict; no prefix was measured."""
    counts = (Count(0, 0),) * (len(chain.steps) - 1)
    return LabelledChain(chain.problem, chain.sample, chain.steps, chain.passed, counts)
