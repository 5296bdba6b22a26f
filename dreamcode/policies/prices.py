"""What calls of a model cost, in US dollars."""

from collections.abc import Callable
from decimal import Decimal

from dreamcode.policies.policy import Usage

Prices = tuple[float, float]
"""Dollars per million tokens that are read and written."""


def find_price(model: str, base_url: str, prices: Prices | None) -> Callable[[Usage], float] | None:
    """How to price what a model used; None if nobody knows.

    Args:
        model: the name that the server knows it by.
        base_url: of the server; the same model costs differently elsewhere.
        prices: what the user says it costs, cached tokens as others.
    """
    if prices is not None:
        read, written = prices

        def by_user(usage: Usage) -> float:
            return (usage.prompt_tokens * read + usage.completion_tokens * written) / 1e6

        return by_user

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
