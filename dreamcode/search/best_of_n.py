"""Best-of-n: independent programs, wave by wave, until they are enough or n are written."""

from collections.abc import Sequence

from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, wave_of
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.evidence import Evidence
from dreamcode.search.expand import expand
from dreamcode.search.search import OnPrune, Pruning, SearchOptions


async def best_of_n(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
    evidence: Evidence | None = None,
) -> list[Draft]:
    """Samples `options.n` programs at most; returns them by sample number.

    The reward model is not asked while they are written: it is one of those who say whether
    they are enough. Where nobody asks, there is one wave, of all.
    """
    asks = evidence is not None and evidence.may_stop
    size = (options.wave or wave_of(policy)) if asks else options.n
    programs: list[Draft] = []
    wave = range(0)
    while wave.stop < options.n:
        wave = range(wave.stop, min(wave.stop + size, options.n))
        try:
            programs += await write_programs(problem, policy, options, wave, on_prune)
        except InfrastructureError as error:  # nothing came yet
            if isinstance(error, DiskError) or wave.stop == options.n:
                raise
            # It may be this sample alone, or a server that is down: all the rest will show.
            size = options.n
        if evidence is not None and await evidence.suffices(programs, wave.stop):
            break
    return programs


async def write_programs(
    problem: Problem,
    policy: Policy,
    options: SearchOptions,
    samples: Sequence[int],
    on_prune: OnPrune,
) -> list[Draft]:
    """Programs, all advancing together, each one function at a time or in one answer.

    In each round every unfinished draft gets its next step. A policy that writes whole programs
    needs one round; they are cut into steps, so that a reward model scores them as others.
    """
    live = {sample: Draft() for sample in samples}
    finished: dict[int, Draft] = {}
    for _ in range(options.max_steps):
        if not live:
            break
        wishes = [(draft, [sample]) for sample, draft in live.items()]
        grown = await expand(problem, policy, wishes, options, on_prune)
        drafts = {
            sample: draft for sample, found in zip(live, grown, strict=True) for draft in found
        }
        finished |= {s: draft for s, draft in drafts.items() if draft.ending is Ending.PROGRAM}
        live = {s: draft for s, draft in drafts.items() if draft.ending is Ending.STEP}
    for draft in live.values():
        on_prune(draft, Pruning.TOO_MANY_STEPS)
    return [finished[sample] for sample in sorted(finished)]
