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
    live = {"": Draft()}
    numbers: dict[str, list[int]] = {"": [*range(options.n)]}  # particles by their text
    finished: list[Draft] = []  # particles that are at a whole program
    programs: list[Draft] = []
    for depth in range(options.max_steps):
        if not live:
            break
        wishes = [(draft, numbers[text]) for text, draft in live.items()]
        grown = await expand(problem, policy, wishes, options, on_prune)
        moved = [draft for children in grown for draft in children]
        programs += [draft for draft in moved if is_finished(draft)]
        scored = await score_drafts(problem, reward, [*finished, *moved])
        random = Random(derive_seed(options.seed, problem.id, "particles", depth))
        drawn = resample(scored, options.n, random)

        finished = [draft for draft in drawn if is_finished(draft)]
        live = {draft.source: draft for draft in drawn if not is_finished(draft)}
        numbers = {text: [] for text in live}
        for number, draft in enumerate(drawn):
            if not is_finished(draft):
                numbers[draft.source].append(number)
        for draft in moved:
            if not is_finished(draft) and draft.source not in live:
                on_prune(draft, Pruning.OUTRANKED)
    for draft in live.values():
        on_prune(draft, Pruning.TOO_MANY_STEPS)
    return programs


def is_finished(draft: Draft) -> bool:
    """Whether the draft is a whole program."""
    return draft.ending is Ending.PROGRAM


def resample(scored: Sequence[Scored], n: int, random: Random) -> list[Draft]:
    """`n` draws with repeats, by the softmax of log-odds; none where there is nothing to draw."""
    if not scored:
        return []
    odds = [log_odds(one.reward or 0.0) / TEMPERATURE for one in scored]
    weights = [math.exp(one - max(odds)) for one in odds]
    return random.choices([one.draft for one in scored], weights, k=n)
