"""What a reward model is."""

from collections.abc import Sequence
from typing import Literal, Protocol

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation

StepRewards = tuple[float | None, ...]
"""A number in [0, 1] for every prefix of a chain, higher is better; entry t judges steps 1..t.

None where nothing is known of a prefix (an ORM knows finished chains only, some engines tell
no likelihoods): an invented constant would look like knowledge.
"""


Judged = Literal["prefixes", "programs", "nothing"]
"""Every prefix (a PRM), finished chains alone (an ORM), or no chain at all."""


class RewardModel(Protocol):
    """Scores the prefixes of chains. A PRM judges every prefix, an ORM only finished chains."""

    @property
    def name(self) -> str:
        """What to type after `--reward` to get this model; part of every journal key."""
        ...

    @property
    def fingerprint(self) -> str:
        """Differs where the weights differ; "" if there are none. In every journal key too."""
        ...

    @property
    def aggregation(self) -> Aggregation:
        """How the rewards of a chain's steps become one number."""
        ...

    @property
    def judges(self) -> Judged:
        """What gets rewards: a search that prunes needs one that judges prefixes."""
        ...

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """One entry per step for each draft, in their order.

        Raises:
            InputError: a program is longer than the model's window.
            InfrastructureError: the model could not answer.
        """
        ...

    async def close(self) -> None:
        """Frees what the model holds; work under way stops soon."""
        ...


def is_calibrated(reward: RewardModel) -> bool:
    """Whether rewards of programs are chances that they are right: if the model says `calibrated`.

    Of others only the order means something.
    """
    return bool(getattr(reward, "calibrated", False))
