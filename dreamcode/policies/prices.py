"""What calls of a model cost, in US dollars."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from dreamcode.policies.policy import Answer, Policy, Request, Usage, step_tokens_of, wave_of
from dreamcode.prompting import Grain

Price = Callable[[Usage], float]
Prices = tuple[float, float]
"""Dollars per million tokens that are read and written."""


def price_by(prices: Prices) -> Price:
    """What a user says that a model costs; cached tokens cost what others do."""
    read, written = prices
    return lambda usage: (usage.prompt_tokens * read + usage.completion_tokens * written) / 1e6


def find_price(model: str, base_url: str) -> Price | None:
    """What a model costs by the list of prices that is kept for all; None if it is not there.

    Args:
        model: the name that the server knows it by.
        base_url: address of the server; the same model has another price elsewhere.
    """
    import genai_prices  # a megabyte of prices

    def by_list(usage: Usage) -> Decimal:
        counted = genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cache_read_tokens=min(usage.cached_tokens, usage.prompt_tokens),
        )
        return genai_prices.calc_price(counted, model, provider_api_url=base_url).total_price

    try:
        by_list(Usage(1, 1, 1))
    except LookupError:
        return None
    return lambda usage: float(by_list(usage))


class PricedPolicy:
    """A policy whose answers say what they cost.

    Args:
        policy: who answers.
        price: dollars for what an answer used; None where nobody knows.
    """

    def __init__(self, policy: Policy, price: Price | None) -> None:
        self._policy = policy
        self.price = price

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    @property
    def grain(self) -> Grain:
        """That of the policy underneath."""
        return self._policy.grain

    @property
    def step_tokens(self) -> int:
        """Those of the policy underneath."""
        return step_tokens_of(self._policy)

    @property
    def wave(self) -> int:
        """That of the policy underneath."""
        return wave_of(self._policy)

    async def write(self, request: Request) -> Answer:
        """The answer of the policy underneath, with its price."""
        answer = await self._policy.write(request)
        dollars = self.price(answer.usage) if self.price else None
        return replace(answer, usage=replace(answer.usage, dollars=dollars))

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()


def is_priced(policy: Policy) -> bool:
    """Whether it is known what the policy's answers cost, be it nothing."""
    return not isinstance(policy, PricedPolicy) or policy.price is not None
