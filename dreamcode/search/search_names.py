"""From the name after `--search` to a search."""

from dataclasses import dataclass

from dreamcode.errors import InputError
from dreamcode.plugins import load_part, names_part
from dreamcode.prompting import Prompting
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.search import Search


@dataclass(frozen=True, slots=True)
class KnownSearch:
    """A search and what its users have to know.

    Attributes:
        search: the function.
        independent: whether its programs are independent samples, so that pass@k means something.
        prunes: whether it drops unfinished programs by their reward.
    """

    search: Search
    independent: bool = False
    prunes: bool = False


BEST_OF_N = KnownSearch(best_of_n, independent=True)
SEARCHES = {
    "best-of-n": BEST_OF_N,
    "beam": KnownSearch(beam, prunes=True),
    "diverse-beam": KnownSearch(diverse_beam, prunes=True),
}


def recognise(search: Search | KnownSearch) -> KnownSearch:
    """What is known of a search; nothing is taken for granted of somebody else's."""
    if isinstance(search, KnownSearch):
        return search
    return next(
        (known for known in SEARCHES.values() if known.search is search), KnownSearch(search)
    )


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
