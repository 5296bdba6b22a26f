"""The policy's own likelihood as a reward: what is left to go by without a reward model."""

import math
from collections.abc import Sequence

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards.reward import StepRewards


class Likelihood:
    """Scores a prefix by the geometric mean of its token probabilities at temperature 1."""

    name = "likelihood"

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards | None]:
        """One score a step; None for drafts of an engine that tells no log-likelihoods."""
        return [score_draft(draft) for draft in drafts]


def score_draft(draft: Draft) -> StepRewards | None:
    """exp(mean log-likelihood a token) of every prefix of `draft`."""
    rewards = []
    for length in range(1, len(draft.proposals) + 1):
        mean = Draft(draft.proposals[:length]).mean_logprob
        if mean is None:
            return None
        rewards.append(math.exp(mean))
    return tuple(rewards)
