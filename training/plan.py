"""What a run would do and cost, before it does it."""

from dataclasses import dataclass

from training.pipeline import Workplace
from training.stages import Stage


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage would take; None where that is not known without sampling.

    Attributes:
        stage: its name.
        due: why it would run; None if it is up to date.
        policy_tokens: completion tokens.
        rollouts: completions of prefixes.
        programs: finished ones to judge, or to score.
        training_tokens: tokens of chains that training reads.
        seconds: on this machine.
    """

    stage: Stage
    due: str | None
    policy_tokens: float | None = None
    rollouts: float | None = None
    programs: float | None = None
    training_tokens: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's stages and their cost.

    Attributes:
        stages: in their order.
        notes: how the numbers came about.
    """

    stages: tuple[StageCost, ...]
    notes: tuple[str, ...]


def make_plan(place: Workplace, *, calibrate: bool) -> Plan:
    """Which stages would run (the cost is not estimated yet)."""
    raise NotImplementedError
