"""Ways to search for a program, each file one of them, and what a search of one's own needs."""

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.beam import beam
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.compose import compose
from dreamcode.search.diverse_beam import diverse_beam
from dreamcode.search.expand import expand
from dreamcode.search.limits import Limits
from dreamcode.search.particles import particles
from dreamcode.search.repair import repair
from dreamcode.search.scoring import best_first, score_drafts
from dreamcode.search.search import OnPrune, Pruning, Search, SearchOptions
from dreamcode.search.tree import tree

__all__ = [
    "Draft",
    "Ending",
    "Limits",
    "OnPrune",
    "Policy",
    "Problem",
    "Pruning",
    "RewardModel",
    "Search",
    "SearchOptions",
    "beam",
    "best_first",
    "best_of_n",
    "compose",
    "diverse_beam",
    "expand",
    "particles",
    "repair",
    "score_drafts",
    "tree",
]
