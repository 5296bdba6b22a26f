"""From the name after `--search` to a search."""

from typing import Literal

from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.search import Search

SearchName = Literal["best-of-n", "beam", "diverse-beam"]

SEARCHES: dict[SearchName, Search] = {
    "best-of-n": best_of_n,
    "beam": beam,
    "diverse-beam": diverse_beam,
}
