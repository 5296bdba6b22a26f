"""A reward of one's own: dreamcode solve PROBLEM --reward examples/my_reward.py:Brevity."""

from collections.abc import Sequence

from dreamcode.rewards.reward import Judged, StepRewards
from dreamcode.search import Draft, Problem


class Brevity:
    """Likes short programs: 1 for nothing, one half for a thousand characters."""

    name = "brevity"
    fingerprint = "1"  # another one wherever the same program gets another reward
    aggregation = "last"
    judges: Judged = "prefixes"

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """A reward per step: that of the program up to there."""
        return [
            tuple(
                1000 / (1000 + len("".join(draft.steps[:length])))
                for length in range(1, len(draft.steps) + 1)
            )
            for draft in drafts
        ]

    async def close(self) -> None:
        """Nothing to free."""
