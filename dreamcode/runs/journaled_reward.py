"""A reward model that remembers: asked again for the same chain, it answers from the journal."""

from collections.abc import Sequence
from typing import Any

from dreamcode.chain.prompts import templates_hash
from dreamcode.codec import decode
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.journal import Journal, make_key


class JournaledReward:
    """A reward model whose every answer is journaled, one record a draft, before it is used."""

    def __init__(self, reward: RewardModel, journal: Journal) -> None:
        self._reward = reward
        self._journal = journal

    @property
    def name(self) -> str:
        """The name of the reward model underneath."""
        return self._reward.name

    @property
    def fingerprint(self) -> str:
        """That of the reward model underneath."""
        return self._reward.fingerprint

    @property
    def aggregation(self) -> Aggregation:
        """That of the reward model underneath."""
        return self._reward.aggregation

    @property
    def judges_prefixes(self) -> bool:
        """Whether the reward model underneath does."""
        return self._reward.judges_prefixes

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """The journaled rewards of the same drafts; the reward model's for the others, at once."""
        keys = [self._key(problem, draft) for draft in drafts]
        rewards: dict[str, StepRewards] = {}
        unknown: dict[str, Draft] = {}
        for key, draft in zip(keys, drafts, strict=True):
            if key in rewards or key in unknown:
                continue
            if record := self._journal.find(key):
                rewards[key] = decode(StepRewards, record["rewards"])
            else:
                unknown[key] = draft
        if unknown:
            answers = await self._reward.score(problem, list(unknown.values()))
            for (key, draft), answer in zip(unknown.items(), answers, strict=True):
                rewards[key] = answer
                self._journal.add(
                    "score",
                    key,
                    model=self.name,
                    steps=list(draft.steps),
                    rewards=list(answer),
                    aggregation=self.aggregation,
                )
        return [rewards[key] for key in keys]

    async def close(self) -> None:
        """Closes the reward model underneath."""
        await self._reward.close()

    def _key(self, problem: Problem, draft: Draft) -> str:
        inputs: dict[str, Any] = {
            "model": [self.name, self.fingerprint],
            "problem": problem.id,
            "prompt": [problem.statement, problem.starter_code, templates_hash()],
            "steps": list(draft.steps),
            "finished": draft.ending is Ending.PROGRAM,
        }
        if self.name == Likelihood.name:  # judges what the policy said, not the text
            inputs["logprobs"] = [[p.logprob, p.scored_tokens] for p in draft.proposals]
        return make_key("score", inputs)
