"""No reward at all: what public tests alone are worth."""

from collections.abc import Sequence

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, StepRewards


class NoReward:
    """Knows nothing of any chain."""

    name = "none"
    fingerprint = ""
    aggregation: Aggregation = "last"
    judges: Judged = "nothing"

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """None for every step."""
        return [(None,) * len(draft.proposals) for draft in drafts]

    async def close(self) -> None:
        """Nothing to free."""
