"""The policy's own likelihood as a reward: what is left to go by without a reward model."""

import math
from collections.abc import Sequence

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, StepRewards


class Likelihood:
    """Scores a prefix by the geometric mean of its token probabilities at temperature 1.

    Args:
        aggregation: how step rewards become one number; "last" is the mean over all tokens.
    """

    name = "likelihood"
    fingerprint = ""
    judges: Judged = "prefixes"

    def __init__(self, aggregation: Aggregation = "last") -> None:
        self.aggregation: Aggregation = aggregation

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """One score per step; None from where the engine told no log-likelihood."""
        return [score_draft(draft) for draft in drafts]

    async def close(self) -> None:
        """Nothing to free."""


def score_draft(draft: Draft) -> StepRewards:
    """exp(mean log-likelihood per token) of every prefix of `draft`, None where it is unknown."""
    prefixes = (Draft(draft.proposals[:end]) for end in range(1, len(draft.proposals) + 1))
    means = (prefix.mean_logprob for prefix in prefixes)
    return tuple(None if mean is None else math.exp(mean) for mean in means)
