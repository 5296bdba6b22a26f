"""From the names after `--search` and `--prompt` to a search."""

from dreamcode.errors import InputError
from dreamcode.names import Prompting, SearchName
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.search import Search
from dreamcode.search.whole_programs import whole_programs

SEARCHES: dict[SearchName, Search] = {
    "best-of-n": best_of_n,
    "beam": beam,
    "diverse-beam": diverse_beam,
}


def choose_search(name: SearchName, prompting: Prompting) -> Search:
    """The search of that name; plain prompts are answered with whole programs.

    Raises:
        InputError: the search needs steps, and plain prompts give none.
    """
    if prompting == "cof":
        return SEARCHES[name]
    if name != "best-of-n":
        raise InputError(
            f"search {name} grows programs function by function, which --prompt plain does not "
            "ask for; use --search best-of-n, or --prompt cof"
        )
    return whole_programs
