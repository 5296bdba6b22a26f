"""Reward models that read text: from a chain to log-odds of its prefixes, to chances."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dreamcode.errors import TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.checkpoint import PrmConfig, describe_reading
from dreamcode.rewards.encoding import ChainEncoder, Encoded
from dreamcode.rewards.reward import Judged, StepRewards

Odds = tuple[float, ...]
"""The log-odds of the prefixes of a chain, one for each of its `ends`."""


class TextReward(ABC):
    """A model that judges prefixes by their text, whatever runs it.

    Args:
        name: what to type after `--reward` to get it.
        tokenizer: the model's own.
        config: how the model is to be read.
        window: most tokens that it reads; None if it does not say.
        fingerprint: what tells its weights from others.
        warn: told, once per problem, that its statement is shortened.
    """

    def __init__(
        self,
        name: str,
        tokenizer: Any,
        config: PrmConfig,
        window: int | None,
        *,
        fingerprint: str = "",
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._name = name
        self._fingerprint = fingerprint
        self._config = config
        self._is_prm = config.kind == "prm"
        self._warn = warn or (lambda _: None)
        self._encoder = ChainEncoder(tokenizer, config, window, self._warn)

    @abstractmethod
    async def read_odds(self, chains: Sequence[Encoded]) -> Sequence[Odds]:
        """The log-odds of the chains, in their order.

        Raises:
            InfrastructureError: the model could not answer.
        """

    @abstractmethod
    async def close(self) -> None:
        """Frees what the model holds; work under way stops soon."""

    @property
    def name(self) -> str:
        """What to type after `--reward` to get this model."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """Differs where the weights or how they are read differ."""
        return self._fingerprint

    @property
    def aggregation(self) -> Aggregation:
        """How the rewards of a chain's steps become one number."""
        return self._config.aggregation

    @property
    def judges(self) -> Judged:
        """Prefixes if it is a PRM, finished programs if it is an ORM."""
        return "prefixes" if self._is_prm else "programs"

    @property
    def calibrated(self) -> bool:
        """Whether a program's reward is a chance: it was fitted to be one, and nothing changes it.

        Training fits temperature and bias (`dreamcode.rewards.calibration`).
        """
        fitted = (self._config.temperature, self._config.bias) != (1.0, 0.0)
        return fitted and self._config.aggregation == "last"

    def describe_reading(self) -> list[str]:
        """How programs are put before the model, in phrases."""
        window = self._encoder.window
        return [*describe_reading(self._config), f"reads {window or 'any number of'} tokens"]

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """The chance, step by step, that the program ends up right; batched with others.

        Programs longer than the model's window get no reward, if others fit.

        Raises:
            TooLongError: no program fits the model's window.
            InfrastructureError: the model could not answer.
        """
        encoded = [self._encode(problem, draft) for draft in drafts]
        if misfits := [one for one in encoded if isinstance(one, TooLongError)]:
            if len(misfits) == len(drafts):
                raise misfits[0]
            self._warn(str(misfits[0]))
        chains = [one for one in encoded if isinstance(one, Encoded)]
        odds = iter(await self.read_odds(chains) if chains else ())
        return [
            self._rewards(draft, next(odds)) if isinstance(one, Encoded) else _unknown(draft)
            for draft, one in zip(drafts, encoded, strict=True)
        ]

    def _judges(self, draft: Draft) -> bool:
        if not draft.proposals:
            return False
        return self._is_prm or draft.ending is Ending.PROGRAM

    def _encode(self, problem: Problem, draft: Draft) -> Encoded | TooLongError | None:
        """The chain in tokens, why it does not fit, or None if it is not to be judged."""
        if not self._judges(draft):
            return None
        try:
            chain = self._encoder.encode(problem, draft.steps)
        except TooLongError as error:
            return error
        return chain if self._is_prm else replace(chain, ends=chain.ends[-1:])

    def _rewards(self, draft: Draft, odds: tuple[float, ...]) -> StepRewards:
        """The odds as chances, each calibrated as what it is about; an ORM has the last alone."""
        config = self._config
        last = config.of_programs if draft.ending is Ending.PROGRAM else config.of_prefixes
        rewards = (*map(config.of_prefixes.chance, odds[:-1]), last.chance(odds[-1]))
        return (*_unknown(draft)[len(rewards) :], *rewards)


def _unknown(draft: Draft) -> StepRewards:
    return (None,) * len(draft.proposals)
