"""Beam search: after every round the chains with the best rewards are kept."""

from collections.abc import Sequence

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation, upper_bound
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.expand import expand
from dreamcode.search.scoring import (
    Scored,
    best_first,
    drop_duplicates,
    require_prefix_rewards,
    score_drafts,
)
from dreamcode.search.search import OnPrune, Pruning, SearchOptions


async def beam(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Keeps the best `options.kept` chains; returns all that were finished on the way.

    A round writes at most `options.n` steps, shared equally among the live chains. Finished
    chains compete for a place with the live ones. The search ends when all that are kept are
    finished, or when no live chain can still beat the best finished one.
    """
    require_prefix_rewards(reward, "beam")
    live = [Draft()]
    programs: list[Draft] = []
    finished: list[Scored] = []
    seen: set[tuple[str, bool]] = set()
    for _ in range(options.max_steps):
        samples = range(options.n // len(live))
        wishes = [(draft, samples) for draft in live]
        grown = await expand(problem, policy, wishes, options, on_prune)
        drafts = [draft for children in grown for draft in children]
        programs += [draft for draft in drafts if draft.ending is Ending.PROGRAM]

        distinct = drop_duplicates(problem, drafts, seen, on_prune)
        scored = await score_drafts(problem, reward, distinct)
        finished += [one for one in scored if one.finished]
        ranked = best_first([*finished, *(one for one in scored if not one.finished)])

        kept, dropped = ranked[: options.kept], ranked[options.kept :]
        for one in dropped:
            if not one.finished:
                on_prune(one.draft, Pruning.OUTRANKED)
        beams = [one for one in kept if not one.finished]
        live = [one.draft for one in beams]
        if is_settled(finished, beams, reward.aggregation):
            for draft in live:
                on_prune(draft, Pruning.OUTRANKED)
            return programs
    for draft in live:
        on_prune(draft, Pruning.TOO_MANY_STEPS)
    return programs


def is_settled(
    finished: Sequence[Scored], live: Sequence[Scored], aggregation: Aggregation
) -> bool:
    """Whether nothing that a live chain may still become beats the best finished one."""
    best = max((one.reward for one in finished if one.reward is not None), default=-1.0)
    return all(upper_bound(aggregation, one.rewards) <= best for one in live)
