"""How many steps a training takes, how fast it learns, and how often and how far it corrects."""

import math
from dataclasses import dataclass

from dreamcode_training.config import PrmStageConfig


def count_steps(examples: int, config: PrmStageConfig) -> int:
    """Optimiser steps of a training: the same for all methods, so that they cost the same data."""
    return max(1, math.ceil(config.epochs * examples / chains_per_step(config)))


def chains_per_step(config: PrmStageConfig) -> int:
    """Chains per optimiser step, of all processes together."""
    return config.batch * config.accumulation


def learning_rate(config: PrmStageConfig, step: int, steps: int) -> float:
    """Rises over the warm-up, then falls along a cosine to a tenth of its peak."""
    rising = max(1, round(config.warmup * steps))
    if step < rising:
        return config.learning_rate * (step + 1) / rising
    share = (step - rising) / max(1, steps - rising)
    return config.learning_rate * (0.55 + 0.45 * math.cos(math.pi * share))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how far corrections go.

    Attributes:
        first: the first optimiser step that corrects.
        every: optimiser steps from one correction to the next (M).
        corrections: how many there are.
        visits: how often each label is moved, on average.
        eta: step size of a label's logit, or of a log-weight.
        eta_common: step size of what all labels share.
    """

    first: int
    every: int
    corrections: int
    visits: float
    eta: float
    eta_common: float


def plan_corrections(config: PrmStageConfig, train: int, meta: int) -> Pace:
    """The pace at which labels get the visits and the reach that are asked for.

    A visit moves a logit by at most about eta, as a step of Adam does; so many visits of one
    opinion take it as far as `reach`. Where the training is too short for the visits that are
    asked for, every step corrects.

    Args:
        config: of the training.
        train: chains of train.
        meta: chains of meta.
    """
    wanted = config.correction
    steps = count_steps(train, config)
    first = math.ceil(wanted.warmup * steps)
    learned = train + (meta // 2 if config.cross_fits else 0)
    most = (steps - first) * chains_per_step(config) / max(1, learned)
    every = max(1, math.floor(most / wanted.visits))
    corrections = math.ceil((steps - first) / every)
    visits = most / every
    return Pace(
        first,
        every,
        corrections,
        visits,
        wanted.reach / max(1.0, visits),
        wanted.reach_common / max(1, corrections),
    )
