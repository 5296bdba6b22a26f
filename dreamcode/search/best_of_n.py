"""Best-of-n: independent programs, wave by wave, until they are enough or n are written."""

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy, wave_of
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.evidence import Evidence
from dreamcode.search.search import OnPrune, SearchOptions
from dreamcode.search.waves import write_in_waves, write_programs


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
    they are enough. Where nothing can be enough, there is one wave, of all.
    """

    async def write(wave: range) -> list[Draft]:
        starts = dict.fromkeys(wave, Draft())
        return [*(await write_programs(problem, policy, options, starts, on_prune)).values()]

    asks = evidence is not None and evidence.may_stop
    size = options.wave or (wave_of(policy) if asks else options.n)
    return await write_in_waves(options.n, size, write, evidence)
