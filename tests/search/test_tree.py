"""Tree and particle filtering: where they put their steps."""

from collections import Counter
from random import Random

import pytest

from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Answer, Ending, Request
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.particles import resample
from dreamcode.search.scoring import Scored
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from tests.search.planted import Prunes, Spread, Table, chain
from tests.search.programs import DOUBLE

GOOD = {(2,): 0.7, (2, 1): 0.8, (2, 1, 3): 0.95}


class Seeded(Spread):
    """A sample takes the option that its seed says."""

    async def write(self, request: Request) -> Answer:
        self.requests.append([request])
        return self._write(request, request.seed)


async def search(name: str, reward: Table, seed: int, n: int) -> tuple[Seeded, list[str]]:
    policy = Seeded(4, 3)
    options = SearchOptions(n=n, seed=seed, wave=1)
    drafts = await SEARCHES[name].search(DOUBLE, policy, reward, options, Prunes())
    return policy, [draft.source for draft in drafts]


@pytest.mark.parametrize("name", ["tree", "particles", "repair"])
async def test_a_reward_that_knows_prefixes_leads_to_the_planted_program(name: str) -> None:
    found: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for seed in range(40):
        for one in (name, "best-of-n"):
            policy, programs = await search(one, Table(GOOD, other=0.05), seed, n=24)
            found[one] += chain(2, 1, 3) in programs
            steps[one] += len(policy.requests)
    assert found[name] >= 2 * found["best-of-n"]
    assert steps[name] <= steps["best-of-n"]


async def test_the_tree_goes_both_wider_and_deeper() -> None:
    policy, _ = await search("tree", Table(GOOD, other=0.05), seed=1, n=40)
    begun: Counter[int] = Counter()
    last = -1
    for [request] in policy.requests:
        level = request.prefix.count("def ")
        begun[level] += level <= last or last == -1
        last = level
    assert begun[0] >= 2
    assert begun[1] + begun[2] >= 10


async def test_what_turns_out_badly_is_left_whatever_its_prefix_promised() -> None:
    """The prefix (2,) looks best, but no program that begins with it is any good."""
    promising = {(2,): 0.9, (1,): 0.5, **{(1, a): 0.5 for a in range(4)}}
    promising |= {(1, a, b): 0.8 for a in range(4) for b in range(4)}
    written: Counter[bool] = Counter()
    for seed in range(5):
        late = (await search("tree", Table(promising, other=0.02), seed, n=80))[1][40:]
        written[True] += sum(source.startswith(chain(1)) for source in late)
        written[False] += sum(source.startswith(chain(2)) for source in late)
    assert written[True] > 3 * written[False]


def test_particles_are_drawn_as_their_odds_say() -> None:
    scored = [
        Scored(make_draft([text], Ending.STEP), (reward,), reward)
        for text, reward in (("a", 0.5), ("b", 0.75), ("c", 0.0), ("d", None))
    ]
    drawn = Counter(draft.source for draft in resample(scored, 4000, Random(0)))
    assert drawn["a"] + drawn["b"] >= 3999
    assert 2.7 < drawn["b"] / drawn["a"] < 3.3  # odds of 3 and of 1
    assert resample([], 5, Random(0)) == []


async def test_particles_that_finish_may_give_way_but_are_handed_back() -> None:
    policy = Seeded(4, 3, ends=[(0,), (1,)])
    reward = Table({(2,): 0.9, (3,): 0.9}, other=0.01)
    options = SearchOptions(n=16, seed=3)
    prunes = Prunes()
    programs = await SEARCHES["particles"].search(DOUBLE, policy, reward, options, prunes)
    early = [draft for draft in programs if len(draft.steps) == 1]
    assert early
    at_two = [request for [request] in policy.requests if request.prefix.count("def ") == 1]
    assert len(at_two) == 16  # all places went to chains that are worth more


@pytest.mark.parametrize("name", ["tree", "particles", "repair"])
async def test_limits_are_kept_and_what_is_there_is_handed_back(name: str) -> None:
    policy = LimitedPolicy(Seeded(4, 3), Limits(tokens=37))
    options = SearchOptions(n=30, seed=0)
    programs = await SEARCHES[name].search(DOUBLE, policy, Table(GOOD), options, Prunes())
    assert policy.spent.completion_tokens <= 37
    assert policy.exhausted == "tokens"
    assert programs or name == "particles"
