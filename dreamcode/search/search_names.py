"""From the name after `--search` to a search."""

from dataclasses import dataclass
from functools import wraps
from inspect import signature, unwrap
from typing import cast

from dreamcode.errors import InputError
from dreamcode.plugins import load_part, names_part
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy
from dreamcode.problems import Problem
from dreamcode.prompting import Prompting
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.compose import compose
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.evidence import Evidence
from dreamcode.search.particles import particles
from dreamcode.search.repair import repair
from dreamcode.search.search import OnPrune, PlainSearch, Search, SearchOptions
from dreamcode.search.tree import tree


@dataclass(frozen=True, slots=True)
class KnownSearch:
    """A search and what its users have to know.

    Attributes:
        search: the function.
        independent: whether its programs are independent samples, so that pass@k means something.
        counts: whether `SearchOptions.n` is the most programs that it writes.
        prunes: whether it drops unfinished programs by their reward.
    """

    search: Search
    independent: bool = False
    counts: bool = False
    prunes: bool = False


def without_evidence(search: PlainSearch) -> Search:
    """A search that goes on to its own end, whatever is known of what it has finished."""

    @wraps(search)
    async def whole(
        problem: Problem,
        policy: Policy,
        reward: RewardModel,
        options: SearchOptions,
        on_prune: OnPrune,
        evidence: Evidence | None = None,
    ) -> list[Draft]:
        return await search(problem, policy, reward, options, on_prune)

    return whole


BEST_OF_N = KnownSearch(best_of_n, independent=True, counts=True)
SEARCHES = {
    "best-of-n": BEST_OF_N,
    "compose": KnownSearch(compose, counts=True),
    "repair": KnownSearch(repair, counts=True),
    "tree": KnownSearch(tree, counts=True),
    "beam": KnownSearch(without_evidence(beam), prunes=True),
    "diverse-beam": KnownSearch(without_evidence(diverse_beam), prunes=True),
    "particles": KnownSearch(without_evidence(particles), prunes=True),
}


def recognise(search: PlainSearch | KnownSearch) -> KnownSearch:
    """What is known of a search; nothing is taken for granted of somebody else's.

    One that takes `evidence` is given it.
    """
    if isinstance(search, KnownSearch):
        return search
    for known in SEARCHES.values():
        if unwrap(known.search) is search:
            return known
    asks = "evidence" in signature(search).parameters
    return KnownSearch(cast(Search, search) if asks else without_evidence(search))


def check_search_name(spec: str) -> None:
    """Says early, before anything is loaded, whether `spec` can name a search.

    Raises:
        InputError: `spec` cannot name a search.
    """
    if spec not in SEARCHES and not names_part(spec, "searches"):
        load_part(spec, "searches", SEARCHES)


def find_search(spec: str, prompting: Prompting = "cof") -> KnownSearch:
    """The search of that name, or one of somebody else's.

    Args:
        spec: a name of `SEARCHES`, `file.py:name`, `package.module:name`, or an entry point of
            the group `dreamcode.searches`.
        prompting: how the model is asked.

    Raises:
        InputError: there is no such search, or it needs steps, and plain prompts give none.
    """
    known = SEARCHES.get(spec) or recognise(load_part(spec, "searches", SEARCHES))
    if prompting == "plain" and spec != "best-of-n":
        raise InputError(
            f"search {spec} grows programs function by function, which --prompt plain does not "
            "ask for; use --search best-of-n, or --prompt cof"
        )
    return known
