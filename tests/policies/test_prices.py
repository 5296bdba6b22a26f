"""What answers cost: by the user's word, by the list of known models, or unknown."""

from pathlib import Path

import pytest

from dreamcode.cli.assembly import open_services
from dreamcode.cli.settings import Settings
from dreamcode.errors import InputError
from dreamcode.policies.policy import Request, Sampling, Usage
from dreamcode.policies.policy_names import open_policy
from dreamcode.policies.prices import PricedPolicy, find_price, is_priced, price_by
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import SearchOptions
from tests.policies.copyist import Copyist
from tests.search.planted import Prunes, Table
from tests.search.programs import DOUBLE, RIGHT, WRONG


def test_the_list_knows_a_model_at_its_server_and_nowhere_else() -> None:
    price = find_price("gpt-4o-mini", "https://api.openai.com/v1")
    assert price is not None
    full = price(Usage(1, 1000, 1000))
    assert 0 < price(Usage(1, 1000, 1000, cached_tokens=800)) < full
    assert price(Usage(1, 1000, 2000)) > full
    assert price(Usage()) == 0
    assert find_price("gpt-4o-mini", "http://127.0.0.1:8000/v1") is None
    assert find_price("nobody-knows-me", "https://api.openai.com/v1") is None


async def test_answers_cost_what_the_user_says() -> None:
    policy = PricedPolicy(Copyist([RIGHT]), price_by((2.0, 8.0)))
    answer = await policy.write(Request(DOUBLE, "", Sampling(), 0))
    usage = answer.usage
    assert usage.dollars == pytest.approx(
        (2 * usage.prompt_tokens + 8 * usage.completion_tokens) / 1e6
    )


async def test_sums_with_an_unknown_price_are_unknown() -> None:
    assert (Usage(1, 2, 3, dollars=0.5) + Usage(1, 2, 3, dollars=0.25)).dollars == 0.75
    assert (Usage(1, 2, 3, dollars=0.5) + Usage(1, 2, 3, dollars=None)).dollars is None


async def test_prices_hold_for_every_policy_and_a_server_s_model_may_be_unknown() -> None:
    async with open_policy("embedded") as policy:
        assert is_priced(policy)
    async with open_policy("embedded", ServerOptions(prices=(1.0, 2.0))) as policy:
        assert isinstance(policy, PricedPolicy)
    server = ServerOptions(base_urls=("http://127.0.0.1:9/v1",))
    async with open_policy("openai/mine", server) as policy:
        assert not is_priced(policy)


@pytest.mark.parametrize("most", [0.0001, 0.001, 0.01])
async def test_a_search_ends_before_it_costs_more_than_allowed(most: float) -> None:
    """Programs that cost about alike stay within the limit, the first one apart."""
    policy = PricedPolicy(Copyist([RIGHT, WRONG]), price_by((0.0, 100.0)))
    limited = LimitedPolicy(policy, Limits(dollars=most))
    options = SearchOptions(n=40, grain="program")
    drafts = await best_of_n(DOUBLE, limited, Table({}), options, Prunes())
    assert limited.spent.dollars is not None
    single = limited.spent.dollars / len(drafts)
    assert limited.spent.dollars <= max(most, single) * 1.3
    assert drafts
    if len(drafts) < 40:
        assert limited.exhausted == "dollars"


async def test_costs_that_nobody_knows_cannot_be_limited(tmp_path: Path) -> None:
    settings = Settings(
        model="openai/mine",
        base_url=("http://127.0.0.1:9/v1",),
        max_cost=1.0,
        reward="none",
        sandbox="local",
    )
    services = open_services(settings, tmp_path, lambda _: None, Pulse())
    with pytest.raises(InputError, match="--prices"):
        await services.__aenter__()
