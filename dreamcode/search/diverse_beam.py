"""Diverse beam search: independent subtrees, each of which follows its own best chain.

Diverse verifier tree search of Beeching et al., "Scaling test-time compute with open models"
(2024): one beam tends to fill with chains that share their first steps; subtrees cannot.
"""

from itertools import islice

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.expand import expand
from dreamcode.search.scoring import (
    best_first,
    drop_duplicates,
    require_prefix_rewards,
    score_drafts,
)
from dreamcode.search.search import OnPrune, Pruning, SearchOptions


async def diverse_beam(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Grows `options.kept` subtrees (at most n); returns all that was finished on the way.

    Every step, a subtree gets n // width proposals and keeps the best one; it ends when that
    one is finished. Subtrees at the same text share a request but never a sample.
    """
    require_prefix_rewards(reward, "diverse-beam")
    subtrees = {number: Draft() for number in range(min(options.kept, options.n))}
    share = options.n // len(subtrees)
    programs: list[Draft] = []
    for _ in range(options.max_steps):
        if not subtrees:
            break
        wishes = [
            (draft, range(number * share, (number + 1) * share))
            for number, draft in subtrees.items()
        ]
        grown = await expand(problem, policy, wishes, options, on_prune)
        programs += [
            draft for children in grown for draft in children if draft.ending is Ending.PROGRAM
        ]
        families = [drop_duplicates(problem, children, set(), on_prune) for children in grown]
        everybody = [draft for family in families for draft in family]
        scored = iter(await score_drafts(problem, reward, everybody))
        followed: dict[int, Draft] = {}
        for number, family in zip(subtrees, families, strict=True):
            for place, one in enumerate(best_first(islice(scored, len(family)))):
                if one.finished:
                    continue
                if place == 0:
                    followed[number] = one.draft
                else:
                    on_prune(one.draft, Pruning.OUTRANKED)
        subtrees = followed
    for draft in subtrees.values():
        on_prune(draft, Pruning.TOO_MANY_STEPS)
    return programs
