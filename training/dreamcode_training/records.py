"""What the stages of training hand to each other: problems, chains and labels as JSON lines.

`problems.jsonl` holds one `ProblemRecord` per line, `labels.jsonl` one `LabelledChain`.
docs/labels.md documents both for people and other programs.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeVar

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.files import read_text, write_whole
from dreamcode.problems import Problem
from dreamcode.problems.exam import Exam

Split = Literal["train", "meta", "validation", "test"]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """A problem and the one split that owns it.

    Attributes:
        split: train problems have learnable labels, meta problems clean ones that correct
            them, validation problems decide every choice, test problems are measured once.
        problem: its statement and public tests; hidden tests are never stored here.
    """

    split: Split
    problem: Problem


@dataclass(frozen=True, slots=True)
class Count:
    """What rollouts said of a prefix: `k` of `n` passed.

    Fractions are allowed: shared evidence counts less than its own rollouts, and labels from
    elsewhere may be given as k of n = 1. `n` = 0 means that the prefix was not measured.
    """

    k: float
    n: float


@dataclass(frozen=True, slots=True)
class LabelledChain:
    """A program as a chain of steps, and what is known of its prefixes.

    Attributes:
        problem: id of its problem.
        sample: its number among the problem's chains.
        steps: text of each step; joined they are the program.
        passed: whether the program passed every test: the clean label of the whole chain. None
            for a chain of train that was cut off: it is no program, and nobody knows its end.
        counts: one entry per step but the last, entry t for steps 1..t; of a chain that was cut
            off, one per step.
        truth: where known, the chance of every prefix with a count to end well, for measuring.
    """

    problem: str
    sample: int
    steps: tuple[str, ...]
    passed: bool | None
    counts: tuple[Count, ...]
    truth: tuple[float, ...] | None = None

    def prefixes(self) -> list[str]:
        """The text of every prefix that is no finished program, shortest first."""
        texts = list(accumulate(self.steps))
        return texts if self.passed is None else texts[:-1]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """What became of a prefix's completions; one line of rollouts.jsonl.

    Attributes:
        problem: id of its problem.
        prefix: text of the steps that every completion continues.
        outcomes: a character per rollout, "1" if the program passed every test, else "0".
        programs: a fingerprint per rollout, equal for equal programs; "" if it was not finished.
        tokens: completion tokens of each rollout.
    """

    problem: str
    prefix: str
    outcomes: str
    programs: tuple[str, ...]
    tokens: tuple[int, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return self.outcomes.count("1")


def read_problems(path: Path) -> dict[str, ProblemRecord]:
    """The file's problems by id.

    Raises:
        InputError: a line is torn or wrong, or an id stands in two splits.
    """
    found: dict[str, ProblemRecord] = {}
    for number, record in read_lines(path, ProblemRecord):
        earlier = found.setdefault(record.problem.id, record)
        if earlier is not record:
            where = (
                f"in two splits ({earlier.split} and {record.split}); splits must share no problem"
                if earlier.split != record.split
                else "twice; remove one of the lines"
            )
            raise InputError(f"{path}:{number}: problem {record.problem.id!r} stands {where}")
    return found


def read_chains(path: Path, problems: dict[str, ProblemRecord]) -> list[LabelledChain]:
    """The file's chains, checked against the problems they belong to.

    Raises:
        InputError: a line is torn or wrong, a label lies outside [0, 1], the counts do not
            fit the steps, or a chain belongs to an unknown problem.
    """
    chains = []
    for number, chain in read_lines(path, LabelledChain):
        if complaint := _complain(chain, problems):
            raise InputError(f"{path}:{number}: {complaint}")
        chains.append(chain)
    return chains


def write_problems(folder: Path, exams: Iterable[tuple[Split, Exam]]) -> None:
    """Writes `folder`/problems.jsonl; hidden tests stay where they are."""
    records = (ProblemRecord(split, exam.problem) for split, exam in exams)
    write_lines(folder / "problems.jsonl", records)


def write_lines(path: Path, records: Iterable[object]) -> None:
    """Writes one JSON line per record, whole or not at all."""
    write_whole(path, (json.dumps(encode(record), ensure_ascii=True) + "\n" for record in records))


def _complain(chain: LabelledChain, problems: dict[str, ProblemRecord]) -> str | None:
    if chain.problem not in problems:
        return f"problem {chain.problem!r} is not in problems.jsonl; the two files belong together"
    if not chain.steps:
        return "a chain needs at least one step"
    if chain.passed is None and problems[chain.problem].split != "train":
        return (
            f"passed is null, which a chain of a {problems[chain.problem].split} problem may not "
            "be: only train learns from chains whose end is not known"
        )
    if len(chain.counts) != len(chain.prefixes()):
        which = "every step" if chain.passed is None else "every step but the last"
        return (
            f"{len(chain.counts)} counts for {len(chain.steps)} steps; {which} has one (n = 0 "
            "where nothing was measured)"
        )
    for place, count in enumerate(chain.counts, start=1):
        if not 0 <= count.k <= count.n:
            return (
                f"the label of step {place}, {count.k} of {count.n}, lies outside [0, 1]; "
                "give 0 <= k <= n"
            )
    return _complain_truth(chain.truth, len(chain.counts))


def _complain_truth(truth: Sequence[float] | None, wanted: int) -> str | None:
    if truth is not None and (len(truth) != wanted or not all(0 <= t <= 1 for t in truth)):
        return f"truth needs {wanted} numbers in [0, 1]"
    return None


def read_lines(path: Path, kind: type[Record]) -> Iterator[tuple[int, Record]]:
    """The file's records with the numbers of their lines.

    Raises:
        InputError: the file cannot be read, or a line is torn or no `kind`.
    """
    text = read_text(path)
    if text and not text.endswith("\n"):
        raise InputError(
            f"{path}: the last line is torn (it does not end with a newline); run the stage that "
            "writes the file again, or remove that line"
        )
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            record = decode(kind, json.loads(line))
        except ValueError as error:
            raise InputError(
                f"{path}:{number} is not a valid {kind.__name__}: {error}; "
                "run the stage that writes the file again, or mend that line"
            ) from error
        yield number, record
