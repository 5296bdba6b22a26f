"""What a search is given and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dreamcode.concurrency import together
from dreamcode.errors import TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import (
    Answer,
    Ending,
    Policy,
    Proposal,
    Request,
    Sampling,
    Usage,
)
from dreamcode.problems import Problem
from dreamcode.prompting import PYTHON, Grain, Prompting
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.evidence import Evidence
from dreamcode.search.limits import NoSampleError


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What every search takes.

    Attributes:
        n: most steps that a round writes; for searches that write program after program, the
            programs that they write at most.
        wave: programs that these write before they look whether they are enough; None: as many
            as the policy writes best at once.
        sampling: how the policy samples.
        grain: how far the policy writes in one answer; "auto" is as it writes best.
        prompting: how the model is asked; "plain" asks for whole programs.
        seed: the run's seed.
        max_steps: longest chain; a program that is not finished by then is dropped.
        width: chains that beam keeps after a round, subtrees of diverse-beam; None: half of n.
        python: the version that programs are asked for, as in "3.13": the sandbox's.
    """

    n: int = 16
    sampling: Sampling = field(default_factory=Sampling)
    grain: Grain = "auto"
    prompting: Prompting = "cof"
    seed: int = 0
    max_steps: int = 24
    width: int | None = None
    wave: int | None = None
    python: str = PYTHON

    @property
    def kept(self) -> int:
        """The width as a number. Half of n gives every chain that is kept two continuations.

        The more continuations compete, the more often one wins by an error of the reward.
        """
        return self.width or max(1, self.n // 2)


class Pruning(StrEnum):
    """Why a search dropped a draft that was not finished."""

    OUTRANKED = "outranked"
    DUPLICATE = "duplicate"  # differs from another draft in wording only
    CUT_OFF = "step too long"  # the step did not fit `Sampling.max_step_tokens`
    TOO_MANY_STEPS = "too many steps"
    PART = "a part"  # a function that others may take the place of
    NO_SAMPLE = "no sample"  # a limit left no room for any next step, or the policy failed


OnPrune = Callable[[Draft, str], None]
"""Told of every draft that is dropped, and why: a word of `Pruning`."""


def ignore_prunes(draft: Draft, reason: str) -> None:
    """Does nothing."""


class PlainSearch(Protocol):
    """Grows drafts of a program with a policy, led by a reward model. Knows no tests."""

    async def __call__(
        self,
        problem: Problem,
        policy: Policy,
        reward: RewardModel,
        options: SearchOptions,
        on_prune: OnPrune,
    ) -> list[Draft]:
        """Every draft that was finished, in a fixed order.

        A limit that is reached is a normal end: what is finished is returned.

        Raises:
            InputError: the search needs rewards that this reward model does not give.
            InfrastructureError: the policy or the reward model failed.
        """
        ...


class Search(Protocol):
    """A search that asks, while it goes on, whether what is finished is enough."""

    async def __call__(
        self,
        problem: Problem,
        policy: Policy,
        reward: RewardModel,
        options: SearchOptions,
        on_prune: OnPrune,
        evidence: Evidence,
    ) -> list[Draft]:
        """As `PlainSearch`."""
        ...


async def write_all(policy: Policy, requests: Sequence[Request]) -> list[Answer | None]:
    """Asks for all `requests` at once; None where no sample is to be had.

    A prefix that has become too long for the policy is a dead end.

    The first failure of another kind cancels the others and is raised.
    """

    async def write(request: Request) -> Answer | None:
        try:
            return await policy.write(request)
        except NoSampleError:
            return None
        except TooLongError:
            if not request.prefix:
                raise  # the problem itself does not fit
            return Answer(Proposal("", Ending.LENGTH, tokens=0), Usage())

    return await together(write(request) for request in requests)
