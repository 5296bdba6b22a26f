"""What a reward model said of chains: the one record that every measure is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.reward import StepRewards
from dreamcode_training.records import Count, Split, read_lines


@dataclass(frozen=True, slots=True)
class ScoredChain:
    """A chain with a reward per step; one line of eval/scores.jsonl.

    Attributes:
        problem: id of its problem.
        split: who owns the problem: test or validation.
        sample: its number among the problem's chains.
        passed: whether it passed every test, public and hidden.
        finished: whether it is a whole program; else it counts as failed.
        rewards: entry t for steps 1..t; None where the model says nothing.
        tokens: completion tokens per step, shared out by length; 0 where they are not known.
        prefixes: a fingerprint of the text of steps 1..t: equal ones, equal beginnings.
        counts: what rollouts said of every prefix but the last; () where there were none.
        mean_logprob: the policy's own opinion, nats per token; None if it is not known.
    """

    problem: str
    split: Split
    sample: int
    passed: bool
    finished: bool
    rewards: StepRewards
    tokens: tuple[int, ...]
    prefixes: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    mean_logprob: float | None = None

    @property
    def unfinished(self) -> StepRewards:
        """The rewards of its prefixes that are no whole program: of all steps but the last."""
        return self.rewards[:-1]

    def reward(self, aggregation: Aggregation) -> float | None:
        """One number for the program; None if it is unfinished or was not judged."""
        return aggregate(aggregation, self.rewards) if self.finished else None


Pools = Sequence[Sequence[ScoredChain]]
"""The chains of each problem, none of them without any."""


def read_scores(path: Path) -> list[ScoredChain]:
    """The chains of a scores.jsonl.

    Raises:
        InputError: the file is missing, or a line is torn or wrong.
    """
    return [chain for _, chain in read_lines(path, ScoredChain)]


def group(chains: Iterable[ScoredChain], split: Split | None = None) -> list[list[ScoredChain]]:
    """The chains of each problem (of one split), both in the order in which they come."""
    found: dict[str, list[ScoredChain]] = {}
    for chain in chains:
        if split in (None, chain.split):
            found.setdefault(chain.problem, []).append(chain)
    return list(found.values())
