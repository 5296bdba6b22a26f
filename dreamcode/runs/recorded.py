"""`recorded/<file>`: answers again what a run's journal says was answered before."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dreamcode.codec import decode, first_complaint
from dreamcode.errors import InputError
from dreamcode.policies.policy import Answer, Proposal, Request, Until, Usage
from dreamcode.runs.folder import JOURNAL, PROBLEMS


@dataclass(frozen=True, slots=True)
class _Sample:
    """One recorded proposal.

    Attributes:
        seed: the seed it was sampled with; None where the journal does not say.
        proposal: what was proposed.
        usage: what its answer cost, on the first sample of each answer: so a replay of
            everything costs what the recording did.
    """

    seed: int | None
    proposal: Proposal
    usage: Usage


_Place = tuple[Until, str, str]
"""What samples belong to: how far they go, the problem's id, the prefix."""


class RecordedPolicy:
    """Hands out the proposals of a journal, each once.

    A request's seeds are looked up first, so a repeated run gets each sample in its old
    place however its requests are batched; seeds never recorded take what is left, in
    recorded order.
    """

    def __init__(self, path: Path, samples: dict[_Place, list[_Sample]]) -> None:
        self._path = path
        self._recorded = {place: len(found) for place, found in samples.items()}
        self._left = {place: list(found) for place, found in samples.items()}

    @property
    def name(self) -> str:
        """What to type after `--model`."""
        return f"recorded/{self._path}"

    async def write(self, request: Request) -> Answer:
        """The next recorded samples for this problem and prefix, one per seed.

        Raises:
            InputError: the recording has fewer samples for that prefix.
        """
        place = (request.until, request.problem.id, request.prefix)
        left = self._left.get(place, [])
        if len(left) < len(request.seeds):
            raise InputError(self._shortage(request, len(left)))
        # All exact matches first: an unknown seed must not take the sample of a known one.
        by_seed = {sample.seed: sample for sample in reversed(left)}
        matches = [by_seed.pop(seed, None) for seed in request.seeds]
        taken = {id(match) for match in matches if match is not None}
        others = iter([sample for sample in left if id(sample) not in taken])
        chosen = [match or next(others) for match in matches]
        taken |= {id(sample) for sample in chosen}
        self._left[place] = [sample for sample in left if id(sample) not in taken]
        return Answer(
            tuple(sample.proposal for sample in chosen),
            sum((sample.usage for sample in chosen), Usage()),
        )

    async def close(self) -> None:
        """Nothing to free."""

    def _shortage(self, request: Request, left: int) -> str:
        recorded = self._recorded.get((request.until, request.problem.id, request.prefix), 0)
        lines = len(request.prefix.splitlines())
        start = "the whole program" if request.until == "program" else "the first step"
        prefix = f"the prefix of {lines} lines" if lines else start
        return (
            f"{self._path} has no more samples of {prefix} of problem {request.problem.id!r}: "
            f"{recorded} recorded, {left} left, {len(request.seeds)} wanted. "
            "Ask for what was recorded (same problem, search, n and seed), or use another model."
        )


def open_recorded(path: str | Path) -> RecordedPolicy:
    """Reads a journal: JSON lines, of which the kind "write" is replayed.

    A last line without its newline that cannot be read was torn by whatever stopped the
    recording, and is left out.

    Args:
        path: a journal, or the folder of a run, whose journals are all read.

    Raises:
        InputError: no such file, or a line that is no record; names file and line.
    """
    path = Path(path)
    files = [path]
    if path.is_dir():
        files = sorted([*path.glob(JOURNAL), *path.glob(f"{PROBLEMS}/*/{JOURNAL}")])
        if not files:
            raise InputError(f"{path} is a folder without a journal: name a run's folder.")
    samples: dict[_Place, list[_Sample]] = {}
    for file in files:
        _add_all(samples, file)
    if not samples:
        raise InputError(f"{path} records no answer of a policy. Name a run's journal file.")
    return RecordedPolicy(path, samples)


def _add_all(samples: dict[_Place, list[_Sample]], path: Path) -> None:
    """Files the samples of a journal."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InputError(f"Recording {path}: {reason}. Name a run's journal file.") from None
    *lines, torn = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            _add(samples, line)
        except ValueError as error:
            raise InputError(
                f"{path}, line {number}: not a record of a run ({error}). "
                "Repair or delete the line, or name another recording."
            ) from None
    with contextlib.suppress(ValueError):
        _add(samples, torn)


class _Kind(BaseModel):
    kind: str


class _Asked(BaseModel):
    problem: str
    prefix: str
    until: Until
    seeds: list[int] = []


class _Record(BaseModel):
    asked: _Asked
    answer: Any


def _add(samples: dict[_Place, list[_Sample]], line: bytes) -> None:
    """Files the samples of one line; raises ValueError where it is no record."""
    if not line.strip():
        return
    try:
        if _Kind.model_validate_json(line).kind != "write":
            return
        record = _Record.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(first_complaint(error)) from None
    recorded = list(_samples(record))
    place = (record.asked.until, record.asked.problem, record.asked.prefix)
    samples.setdefault(place, []).extend(recorded)


def _samples(record: _Record) -> Iterator[_Sample]:
    answer = decode(Answer, record.answer)
    seeds: list[int | None] = [*record.asked.seeds] or [None] * len(answer.proposals)
    if len(seeds) != len(answer.proposals):
        raise ValueError(f"{len(seeds)} seeds, but {len(answer.proposals)} proposals")
    for number, (seed, proposal) in enumerate(zip(seeds, answer.proposals, strict=True)):
        yield _Sample(seed, proposal, Usage() if number else answer.usage)
