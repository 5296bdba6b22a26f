"""The book that compose keeps of a problem: plans, and what the functions of its programs do."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dreamcode.chain import parse
from dreamcode.concurrency import together
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.results import Program
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
            for place, one in enumerate(take_apart(sample) if plan else (), start=1):
                if plan is None or one.name not in plan.names:
                    continue
                key = plan.key(one.name)
                # What was there before is known, but for a plan that came of it.
                is_new = place >= sample.since or key not in self.slots
                if key not in self.slots:
                    self.slots[key] = Slot(make_program(self.problem, plan.draft))
                if is_new:
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
        first, *names = read_names(draft) or ("",)
        if draft.ending is not Ending.PROGRAM or not first or len({*names, first}) <= len(names):
            return sample.plan
        form = identify(cut_function(draft.steps[0]), first)
        reward = -1.0 if sample.reward is None else sample.reward
        known = self._plans.get((form, tuple(names)))
        if known is None:
            known = Plan(draft, reward, tuple(names))
            program = make_program(self.problem, draft)
            traced = await self._trials.trace(program, dict.fromkeys(names, ()))
            known.types |= {name: one.types for name, one in traced.items()}
            self._plans[form, tuple(names)] = known
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


def read_names(draft: Draft) -> tuple[str, ...]:
    """The names of a draft's functions, in their order; none if its steps are no functions."""
    names = tuple(step.name for step in parse(draft.source).steps)
    return names if len(names) == len(draft.proposals) and all(names) else ()


def take_apart(sample: Sample) -> list[Implementation]:
    """The functions behind the first step."""
    odds = [None if one is None else _log_odds(one) for one in sample.rewards]
    found = []
    for place, name in enumerate(read_names(sample.draft)):
        if not place:
            continue
        proposal = sample.draft.proposals[place]
        before, after = odds[place - 1 : place + 1] if odds else (None, None)
        change = 0.0 if before is None or after is None else after - before
        found.append(Implementation(name, cut_function(proposal.text), proposal, change))
    return found


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))
