"""`recorded/<file>`: answers again what a run's journal says was answered before."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dreamcode.codec import decode, first_complaint
from dreamcode.errors import InputError
from dreamcode.policies.batching import Gatherer
from dreamcode.policies.policy import Answer, Proposal, Request, Usage
from dreamcode.prompting import Grain
from dreamcode.runs.folder import JOURNAL, PROBLEMS


@dataclass(frozen=True, slots=True)
class _Sample:
    """One recorded proposal.

    Attributes:
        seed: the seed it was sampled with; None where the journal does not say.
        proposal: what was proposed.
        usage: what it cost.
    """

    seed: int | None
    proposal: Proposal
    usage: Usage


_Place = tuple[Grain, str, str]
"""What samples belong to: how far they go, the problem's id, the prefix."""


class RecordedPolicy:
    """Hands out the proposals of a journal, each once.

    A request's seed is looked up first, so a repeated run gets each sample in its old place;
    seeds never recorded take what is left, in recorded order, once those that were recorded
    have theirs.
    """

    def __init__(self, path: Path, samples: dict[_Place, list[_Sample]]) -> None:
        self._path = path
        self._recorded = {place: len(found) for place, found in samples.items()}
        self._left = {place: list(found) for place, found in samples.items()}
        known = [sample.seed is not None for found in samples.values() for sample in found]
        self._wave = 1 if all(known) else len(known)
        # All exact matches first: an unknown seed must not take the sample of a known one.
        self._gatherer: Gatherer[Request, Answer] = Gatherer(self._take)

    @property
    def name(self) -> str:
        """What to type after `--model`."""
        return f"recorded/{self._path}"

    @property
    def grain(self) -> Grain:
        """Whatever was recorded first."""
        return next(iter(self._recorded))[0]

    @property
    def wave(self) -> int:
        """All at once where the journal does not say which sample is which.

        Those are handed out in turn, and a run that goes on would begin again with the first.
        """
        return self._wave

    async def write(self, request: Request) -> Answer:
        """The next recorded sample for this problem and prefix.

        Raises:
            InputError: the recording has no more samples for that prefix.
        """
        place = (request.until, request.problem.id, request.prefix)
        answer = await self._gatherer.ask(place, request)
        if answer is None:
            raise InputError(self._shortage(request))
        return answer

    async def _take(self, requests: list[Request]) -> list[Answer | None]:
        first = requests[0]
        left = self._left.get((first.until, first.problem.id, first.prefix), [])
        by_seed = {sample.seed: sample for sample in reversed(left)}
        matches = [by_seed.pop(request.seed, None) for request in requests]
        for match in matches:
            if match is not None:
                left.remove(match)
        chosen = [match or (left.pop(0) if left else None) for match in matches]
        return [Answer(sample.proposal, sample.usage) if sample else None for sample in chosen]

    async def close(self) -> None:
        """Nothing to free."""

    def _shortage(self, request: Request) -> str:
        recorded = self._recorded.get((request.until, request.problem.id, request.prefix), 0)
        lines = len(request.prefix.splitlines())
        start = "the first step" if request.until == "step" else "the whole program"
        prefix = f"the prefix of {lines} lines" if lines else start
        return (
            f"{self._path} has no more samples of {prefix} of problem {request.problem.id!r}: "
            f"{f'all {recorded} are used' if recorded else 'none was recorded'}. "
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
    until: Grain
    seed: int | None = None


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
    answer = decode(Answer, record.answer)
    place = (record.asked.until, record.asked.problem, record.asked.prefix)
    sample = _Sample(record.asked.seed, answer.proposal, answer.usage)
    samples.setdefault(place, []).append(sample)
