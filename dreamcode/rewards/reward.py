"""What a reward is."""

from collections.abc import Sequence
from typing import Protocol

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem

StepRewards = tuple[float, ...]


class Reward(Protocol):
    """Scores every prefix of a chain."""

    @property
    def name(self) -> str:
        """What to call these scores in tables and journals."""
        ...

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards | None]:
        """For each draft one number in [0, 1] a step, higher is better.

        None where nothing is known of a draft; an invented constant would look like
        knowledge.
        """
        ...
