"""The book that compose keeps of a problem: plans, and what the functions of its programs do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dreamcode.concurrency import together
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.results import Program
from dreamcode.rewards.aggregation import log_odds
from dreamcode.rewards.reward import StepRewards
from dreamcode.search.composing.slots import Implementation, Plan, Slot, SlotKey, cut_function
from dreamcode.search.scoring import Scored
from dreamcode.search.selection import identify, make_program
from dreamcode.search.trials import Trials

PLANS = 12
"""Plans that are combined, those whose program has the highest reward."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was written.

    Attributes:
        draft: the program, finished or not, that it is part of.
        since: the steps before it, which were there already.
        plan: whose function it was to be; None for a whole program.
        rewards: of the draft's steps; empty where nobody knows.
        reward: of the draft as a whole.
    """

    draft: Draft
    since: int = 0
    plan: Plan | None = None
    rewards: StepRewards = ()
    reward: float | None = None

    def numbered(self, number: int) -> "Sample":
        """The sample with its number, counted from 1 in order of writing, on what it adds."""
        old, new = self.draft.proposals[: self.since], self.draft.proposals[self.since :]
        return replace(self, draft=Draft((*old, *(replace(one, origin=number) for one in new))))

    def rated(self, scored: Scored) -> "Sample":
        """The sample with what a reward model said of its draft."""
        return replace(self, rewards=scored.rewards, reward=scored.reward)

    @property
    def tokens(self) -> int:
        """That were written for it."""
        return sum(one.tokens for one in self.draft.proposals[self.since :])


class Book:
    """All that is known of the functions in a problem's programs.

    Args:
        problem: the problem.
        trials: who runs programs.

    Attributes:
        problem: as above.
        slots: by name and types of arguments, the functions that are known.
    """

    def __init__(self, problem: Problem, trials: Trials) -> None:
        self.problem = problem
        self.slots: dict[SlotKey, Slot] = {}
        self._trials = trials
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}

    def best_plans(self) -> list[Plan]:
        """The plans that are worth combining, best first."""
        return sorted(self._plans.values(), key=lambda plan: plan.reward, reverse=True)[:PLANS]

    async def learn(self, samples: Sequence[Sample]) -> None:
        """Takes samples apart, and merges their functions with those that do the same."""
        plans = [await self._find_plan(sample) for sample in samples]
        waiting: dict[SlotKey, list[Implementation]] = defaultdict(list)
        for sample, plan in zip(samples, plans, strict=True):
            if plan is None:
                continue
            for place, one in enumerate(take_apart(sample), start=1):
                key = plan.key(one.name)
                # What was there before is known, but for a plan that came of it.
                is_known = place < sample.since and key in self.slots
                if one.name not in plan.names or is_known:
                    continue
                if key not in self.slots:
                    self.slots[key] = Slot(make_program(self.problem, plan.draft))
                waiting[key].append(one)
        homes: dict[str, list[SlotKey]] = defaultdict(list)
        for key in waiting:
            homes[self.slots[key].home.text].append(key)
        await together(
            self._merge(self.slots[keys[0]].home, {key: waiting[key] for key in keys})
            for keys in homes.values()
        )

    async def _find_plan(self, sample: Sample) -> Plan | None:
        """The plan that a sample belongs to, made if there is none."""
        draft = sample.draft
        first, *others = draft.names or ("",)
        names = tuple(others)
        is_whole = draft.ending is Ending.PROGRAM and all((first, *names))
        if not is_whole or len({first, *names}) <= len(names):
            return sample.plan
        key = identify(cut_function(draft.steps[0]), first), names
        reward = -1.0 if sample.reward is None else sample.reward
        known = self._plans.get(key)
        if known is None:
            program = make_program(self.problem, draft)
            traced = await self._trials.trace(program, dict.fromkeys(names, ()))
            types = {name: one.types for name, one in traced.items()}
            known = self._plans[key] = Plan(draft, reward, names, types)
        elif reward > known.reward:
            known.draft, known.reward = draft, reward
        return known

    async def _merge(self, home: Program, waiting: dict[SlotKey, list[Implementation]]) -> None:
        """Finds out what functions do where `home` calls them."""
        probes = {key[0]: [one.text for one in found] for key, found in waiting.items()}
        traced = await self._trials.trace(home, probes)
        for key, found in waiting.items():
            for one, behaviour in zip(found, traced[key[0]].behaviours, strict=True):
                form = identify(one.text, one.name) if behaviour is None else behaviour
                self.slots[key].behaviours[form].samples.append(one)


def take_apart(sample: Sample) -> list[Implementation]:
    """The functions behind the first step; none if a step is no function."""
    draft = sample.draft
    if not all(draft.names):
        return []
    rewards = sample.rewards or (None,) * len(draft.proposals)
    found = []
    behind = zip(draft.names[1:], draft.proposals[1:], pairwise(rewards), strict=False)
    for name, proposal, (before, after) in behind:
        change = 0.0
        if before is not None and after is not None:
            change = log_odds(after) - log_odds(before)
        found.append(Implementation(name, cut_function(proposal.text), proposal, change))
    return found
