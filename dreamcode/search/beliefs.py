"""What a search believes of a choice it may make again: how often it will turn out well."""

from dataclasses import dataclass
from random import Random

PRIOR = 2.0
"""Outcomes that a reward counts for. Few: it was given before anything was seen."""

LEAST = 0.05
"""No Beta distribution has a parameter of 0, which a reward of 0 or 1 would ask for."""


@dataclass(slots=True)
class Belief:
    """A Beta distribution over the mean of outcomes between 0 and 1.

    Attributes:
        good: outcomes so far, and what was believed before them.
        bad: what these were short of 1.
    """

    good: float
    bad: float

    def learn(self, outcome: float) -> None:
        """Takes an outcome into account."""
        self.good += outcome
        self.bad += 1 - outcome

    def draw(self, random: Random) -> float:
        """A draw for Thompson sampling (Thompson 1933): choose what has the highest one."""
        return random.betavariate(max(LEAST, self.good), max(LEAST, self.bad))


def believe(chance: float | None) -> Belief:
    """The belief before any outcome; None knows nothing and takes even odds."""
    chance = 0.5 if chance is None else chance
    return Belief(PRIOR * chance, PRIOR * (1 - chance))
