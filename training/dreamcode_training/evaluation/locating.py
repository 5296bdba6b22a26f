"""Looks for the first faulty function of failed programs, where their world is known."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import islice

from dreamcode.codec import encode
from dreamcode.concurrency import map_ahead
from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam, read_id
from dreamcode.miniature.faults import find_faults
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.evaluation.scoring import Material, Say
from dreamcode_training.progress import Meter
from dreamcode_training.records import ProblemRecord

PROBLEMS_AHEAD = 8

Judging = Callable[[], AbstractAsyncContextManager[tuple[Judge, Journal]]]
"""Opens a judge on a sandbox."""


def choose_exams(material: Material, limit: int) -> dict[str, Exam]:
    """The first `limit` test problems that are of a miniature world, with their hidden tests."""
    tested = (
        (name, find_exam(record))
        for name, record in material.problems.items()
        if record.split == "test" and name in material.chains
    )
    found = ((name, exam) for name, exam in tested if exam is not None)
    return dict(islice(found, limit))


def find_exam(record: ProblemRecord) -> Exam | None:
    """The problem as its world has it; None where no world has it so."""
    origin = read_id(record.problem.id)
    if origin is None:
        return None
    world, split, index = origin
    exam = generate_exam(split, index, world)
    return exam if exam.problem == record.problem else None


async def locate_faults(
    exams: Mapping[str, Exam],
    material: Material,
    judging: Judging,
    journal: Journal,
    meter: Meter,
    say: Say,
) -> list[Fault]:
    """The first faulty function of every program that failed.

    A sandbox is opened only where something is not on record. Programs that were not finished
    are left out: what they lack is not a function that is wrong.

    Args:
        exams: the problems to look at, by id.
        material: the chains.
        judging: opens a judge.
        journal: what was found before.
        meter: told of every problem.
        say: told that a sandbox is opened.

    Raises:
        SandboxError: the sandbox failed.
        InfrastructureError: the disk does not take what is found.
    """
    failed = {
        name: [one for one in material.chains[name] if one.finished and not one.passed]
        for name in exams
    }
    questions = {
        name: [{"problem": encode(exam.problem), "steps": one.steps} for one in failed[name]]
        for name, exam in exams.items()
    }
    known = all(
        journal.recall("fault", one, int) is not None for own in questions.values() for one in own
    )
    if not known:
        say(f"judging beginnings for {len(exams)} problems (eval.faults: 0 leaves this out)")
    async with nullcontext() if known else judging() as opened:

        async def locate(name: str) -> list[Fault]:
            async def work(places: Sequence[int]) -> list[int]:
                assert opened is not None
                chains = [failed[name][place].steps for place in places]
                found = await find_faults(exams[name], chains, opened[0].passes)
                meter.sampled(len(chains))
                return found

            asked = [{"problem": name}] * len(failed[name])
            firsts = await journal.remember_all("fault", questions[name], work, int, asked)
            meter.finished(known=known)
            return [
                Fault(name, one.sample, first)
                for one, first in zip(failed[name], firsts, strict=True)
            ]

        located = await map_ahead(locate, exams, PROBLEMS_AHEAD)
    return [fault for own in located for fault in own]
