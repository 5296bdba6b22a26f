"""Best-of-n: n independent programs, each written one function at a time or in one answer."""

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.expand import expand
from dreamcode.search.search import OnPrune, Pruning, SearchOptions


async def best_of_n(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Samples `options.n` programs, all advancing together; returns them by sample number.

    In each round every unfinished draft gets its next step. A policy that writes whole programs
    needs one round; they are cut into steps, so that a reward model scores them as others.
    The reward model is not asked: it takes part in choosing among what is finished.
    """
    live = {sample: Draft() for sample in range(options.n)}
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
