"""Particle filtering: after every step, chains are drawn anew by what their reward says.

Puri et al., "A Probabilistic Inference Approach to Inference-Time Scaling of LLMs using
Particle-Based Monte Carlo Methods" (2025, arXiv 2502.01618): where beam keeps the best, a draw
keeps the others with a chance, for the reward may err.
"""

import math
from collections.abc import Sequence
from random import Random

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, derive_seed
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.expand import expand
from dreamcode.search.scoring import Scored, require_prefix_rewards, score_drafts
from dreamcode.search.search import OnPrune, Pruning, SearchOptions

TEMPERATURE = 1.0
"""Log-odds are divided by it; the paper's method has none, which is 1."""


async def particles(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Moves `options.n` particles, step by step; returns all that was finished on the way.

    Finished programs stay in the draw, and take the places of unfinished ones if they are drawn.
    """
    require_prefix_rewards(reward, "particles")
    places = [Draft()] * options.n
    programs: list[Draft] = []
    for depth in range(options.max_steps):
        wishes = [
            (draft, [number])
            for number, draft in enumerate(places)
            if draft.ending is not Ending.PROGRAM
        ]
        if not wishes:
            return programs
        grown = await expand(problem, policy, wishes, options, on_prune)
        moved = [draft for children in grown for draft in children]
        programs += [draft for draft in moved if draft.ending is Ending.PROGRAM]
        resting = [draft for draft in places if draft.ending is Ending.PROGRAM]
        scored = await score_drafts(problem, reward, [*resting, *moved])
        random = Random(derive_seed(options.seed, problem.id, "particles", depth))
        places = resample(scored, options.n, random)
        for draft in moved:
            if draft.ending is Ending.STEP and not any(draft is one for one in places):
                on_prune(draft, Pruning.OUTRANKED)
    for draft in places:
        if draft.ending is not Ending.PROGRAM:
            on_prune(draft, Pruning.TOO_MANY_STEPS)
    return programs


def resample(scored: Sequence[Scored], n: int, random: Random) -> list[Draft]:
    """`n` draws with repeats, by the softmax of log-odds; none where there is nothing to draw."""
    if not scored:
        return []
    odds = [log_odds(one.reward or 0.0) / TEMPERATURE for one in scored]
    weights = [math.exp(one - max(odds)) for one in odds]
    return random.choices([one.draft for one in scored], weights, k=n)
