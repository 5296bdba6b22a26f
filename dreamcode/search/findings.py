"""What a search learns of the programs that it has finished, to go on from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dreamcode.errors import TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.results import Program
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.search.evidence import Evidence
from dreamcode.search.trials import Failure


@dataclass(frozen=True, slots=True)
class Finding:
    """A finished draft and what is known of it.

    Attributes:
        draft: the draft.
        rewards: one for each of its steps, as far as known.
        outcome: how well it turned out, in [0, 1]: its reward; 0 where it fails a public test,
            and where nothing has a reward 1 if it passes them, 1/2 if there are none.
        failure: the first public test that it fails, if it does.
    """

    draft: Draft
    rewards: StepRewards
    outcome: float
    failure: Failure | None = None


async def find_out(
    problem: Problem, reward: RewardModel, evidence: Evidence | None, drafts: Sequence[Draft]
) -> list[Finding]:
    """What is known of finished drafts, in their order.

    Args:
        problem: what they solve.
        reward: scores them where there is no evidence.
        evidence: has weighed them already.
        drafts: the drafts.
    """
    if not drafts:
        return []
    if evidence is not None:
        return [_read(draft, evidence.find(draft)) for draft in drafts]
    try:
        rewards = await reward.score(problem, drafts)
    except TooLongError:
        rewards = [(None,) * len(draft.steps) for draft in drafts]
    return [
        Finding(draft, own, _judge(aggregate(reward.aggregation, own), None))
        for draft, own in zip(drafts, rewards, strict=True)
    ]


def _read(draft: Draft, known: tuple[Program, Failure | None] | None) -> Finding:
    if known is None:
        return Finding(draft, (None,) * len(draft.steps), 0.0)
    program, failure = known
    rewards = program.rewards
    if len(rewards) != len(draft.steps):  # those of a draft that merged with it, cut otherwise
        rewards = (None,) * len(draft.steps)
    passes = None if program.public is None else program.public.accepted
    return Finding(draft, rewards, _judge(program.reward, passes), failure)


def _judge(reward: float | None, passes: bool | None) -> float:
    if passes is False:
        return 0.0
    if reward is not None:
        return reward
    return 0.5 if passes is None else 1.0
