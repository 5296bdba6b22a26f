"""New drafts as a search looks at them: the distinct ones, scored, best first."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dreamcode.errors import InputError, TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.search.search import OnPrune, Pruning
from dreamcode.search.selection import identify


@dataclass(frozen=True, slots=True)
class Scored:
    """A draft and its rewards.

    Attributes:
        draft: the draft that was scored.
        rewards: one per step.
        reward: aggregate of `rewards`; None if unknown.
    """

    draft: Draft
    rewards: StepRewards
    reward: float | None

    @property
    def finished(self) -> bool:
        """Whether the draft is a whole program."""
        return self.draft.ending is Ending.PROGRAM


def require_prefix_rewards(reward: RewardModel, search: str) -> None:
    """Checks that `reward` can lead a search that prunes.

    Raises:
        InputError: the reward model knows nothing of unfinished programs.
    """
    if reward.judges != "prefixes":
        raise InputError(
            f"search {search} needs a reward for unfinished programs, which reward "
            f"{reward.name!r} does not give; use --search best-of-n, or --reward with a PRM"
        )


def drop_duplicates(
    problem: Problem, drafts: Iterable[Draft], seen: set[tuple[str, bool]], on_prune: OnPrune
) -> list[Draft]:
    """The drafts that differ in more than wording from each other and from those `seen`.

    Adds to `seen` what it keeps. Finished duplicates are left out too, but not called pruned:
    the search returns them.
    """
    distinct = []
    for draft in drafts:
        finished = draft.ending is Ending.PROGRAM
        form = identify(draft.source, problem.function), finished
        if form not in seen:
            seen.add(form)
            distinct.append(draft)
        elif not finished:
            on_prune(draft, Pruning.DUPLICATE)
    return distinct


async def score_drafts(
    problem: Problem, reward: RewardModel, drafts: Sequence[Draft]
) -> list[Scored]:
    """The drafts with their rewards, in their order.

    Drafts that have all grown longer than the reward model reads have none.

    Raises:
        InputError: the reward model knows nothing of any draft.
        TooLongError: the problem with a first step is longer than the reward model reads.
    """
    if not drafts:
        return []
    try:
        rewards = await reward.score(problem, drafts)
    except TooLongError:
        if all(len(draft.proposals) == 1 for draft in drafts):
            raise
        return [Scored(draft, (None,) * len(draft.proposals), None) for draft in drafts]
    scored = [
        Scored(draft, steps, aggregate(reward.aggregation, steps))
        for draft, steps in zip(drafts, rewards, strict=True)
    ]
    if all(one.reward is None for one in scored):
        raise InputError(
            f"reward {reward.name!r} knows nothing of what this model writes (likelihood needs "
            "a model that tells log-likelihoods); use --search best-of-n, or --reward with a PRM"
        )
    return scored


def best_first(scored: Iterable[Scored]) -> list[Scored]:
    """By reward, ties by the policy's mean log-likelihood, then in the order given."""
    return sorted(scored, key=_merit, reverse=True)  # which leaves equals in their order


def _merit(scored: Scored) -> tuple[float, float]:
    logprob = scored.draft.mean_logprob
    return (
        -1.0 if scored.reward is None else scored.reward,
        -math.inf if logprob is None else logprob,
    )
