"""A search of somebody's own that puts programs together from functions of several samples."""

from dataclasses import replace
from itertools import pairwise

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.best_of_n import best_of_n
from dreamcode.search.search import OnPrune, SearchOptions


async def recombine(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Writes n programs; then each gets the last function of the one before it."""
    programs = await best_of_n(problem, policy, reward, options, on_prune)
    numbers: dict[str, int] = {}  # of equal programs the first stands for all
    for number, program in enumerate(programs, start=1):
        numbers.setdefault(program.source, number)
    drafts = [
        Draft(tuple(replace(one, origin=numbers[program.source]) for one in program.proposals))
        for program in programs
    ]
    mixed = [Draft((*one.proposals[:-1], other.proposals[-1])) for other, one in pairwise(drafts)]
    return drafts + mixed
