"""Programs wave by wave, until they are enough or n are written."""

from collections.abc import Awaitable, Callable, Mapping

from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.search.evidence import Evidence
from dreamcode.search.expand import NOTHING, expand
from dreamcode.search.search import OnPrune, Pruning, SearchOptions

WriteWave = Callable[[range], Awaitable[list[Draft]]]
"""Writes the programs of these numbers; gives those that were finished."""


async def write_in_waves(
    n: int, size: int, write: WriteWave, evidence: Evidence | None
) -> list[Draft]:
    """All programs that were finished, wave after wave.

    Args:
        n: programs to write at most.
        size: programs in a wave.
        write: writes a wave.
        evidence: asked after each wave whether what is there is enough; None never says so.
    """
    programs: list[Draft] = []
    wave = range(0)
    while wave.stop < n:
        wave, written = await write_wave(range(wave.stop, min(wave.stop + size, n)), n, write)
        programs += written
        if evidence is not None and await evidence.suffices(programs, wave.stop):
            break
    return programs


async def write_wave(wave: range, n: int, write: WriteWave) -> tuple[range, list[Draft]]:
    """The programs of a wave, or of all up to `n` where it cannot be had and nothing came before.

    It may be this sample alone, or a server that is down: all the rest will show.

    Returns:
        The last numbers that were asked for, and what was finished.

    Raises:
        InfrastructureError: the policy failed, and has given nothing at all.
    """
    try:
        return wave, await write(wave)
    except InfrastructureError as error:
        if isinstance(error, DiskError) or wave.stop == n:
            raise
    rest = range(wave.stop, n)
    return rest, await write(rest)


async def write_programs(
    problem: Problem,
    policy: Policy,
    options: SearchOptions,
    starts: Mapping[int, Draft],
    on_prune: OnPrune,
    feedback: Mapping[int, str] = NOTHING,
) -> dict[int, Draft]:
    """Programs, all advancing together, each one function at a time or in one answer.

    In each round every unfinished draft gets its next step. A policy that writes whole programs
    needs one round; they are cut into steps, so that a reward model scores them as others.

    Args:
        problem: what to solve.
        policy: who writes.
        options: sampling, grain, seed, longest chain.
        starts: what each begins with, by its sample number.
        on_prune: told of those that are not finished.
        feedback: what the policy is told about the failure of an earlier program, by number.

    Returns:
        Those that were finished, by number, in ascending order.
    """
    live = dict(starts)
    finished: dict[int, Draft] = {}
    while live:
        for sample, draft in [*live.items()]:
            if len(draft.proposals) >= options.max_steps:
                on_prune(live.pop(sample), Pruning.TOO_MANY_STEPS)
        wishes = [(draft, [sample]) for sample, draft in live.items()]
        grown = await expand(problem, policy, wishes, options, on_prune, feedback)
        drafts = {
            sample: draft for sample, found in zip(live, grown, strict=True) for draft in found
        }
        finished |= {s: draft for s, draft in drafts.items() if draft.ending is Ending.PROGRAM}
        live = {s: draft for s, draft in drafts.items() if draft.ending is Ending.STEP}
    return dict(sorted(finished.items()))
