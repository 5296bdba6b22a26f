"""Functions that can take each other's place: what compose knows of a problem's programs.

A *plan* is a first step with the names of the functions that follow it. Each of these names a
*slot*, which plans share if they call it with arguments of the same types. A slot holds
behaviours: implementations that do the same on the arguments that programs were seen to pass.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from dreamcode.chain import normalise_step
from dreamcode.chain.parse import heads
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.results import Program

DOUBT = 0.5
"""The weight of a behaviour that nobody has written yet."""

CHANGES = (-4.0, 3.0)
"""Bounds of what one sample may say of a function, in log-odds."""

BEHAVIOURS = 6
"""Of each function, the most trusted ones that are combined."""

Types = tuple[str, ...] | None
SlotKey = tuple[str, Types]


@dataclass(frozen=True, slots=True)
class Implementation:
    """One sample of a function.

    Attributes:
        name: the function's.
        text: its step, without what follows the function.
        proposal: as it was sampled.
        change: by how much the log-odds of the reward rise with it; 0 where nobody knows.
    """

    name: str
    text: str
    proposal: Proposal
    change: float


@dataclass(slots=True)
class Behaviour:
    """Implementations that do the same."""

    samples: list[Implementation] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """Grows with each sample; a few good ones count for more than many doubtful ones.

        The mean of the changes would be led astray by chance as samples grow.
        """
        low, high = CHANGES
        return sum(math.exp(max(low, min(high, one.change))) for one in self.samples)

    @property
    def best(self) -> Implementation:
        """The sample with the highest reward."""
        return max(self.samples, key=lambda one: one.change)


@dataclass(slots=True)
class Slot:
    """All that is known of a function.

    Attributes:
        home: the program that shows what arguments it is called with.
        behaviours: by what they do, or by their text where that is not known.
    """

    home: Program
    behaviours: dict[Hashable, Behaviour] = field(default_factory=lambda: defaultdict(Behaviour))

    def most_trusted(self) -> list[tuple[float, Implementation]]:
        """The chance of each behaviour that it is the right one, the highest first.

        With it comes the best sample. Of many behaviours, `BEHAVIOURS`.
        """
        weights = [(one.weight, one.best) for one in self.behaviours.values()]
        whole = sum(weight for weight, _ in weights) + DOUBT
        ranked = sorted(weights, key=lambda pair: pair[0], reverse=True)[:BEHAVIOURS]
        return [(weight / whole, best) for weight, best in ranked]


@dataclass(eq=False, slots=True)
class Plan:
    """A first step, and a whole program that begins with it.

    Attributes:
        draft: the program of its kind with the highest reward.
        reward: of the program.
        names: of the functions behind the first step, in their order.
        types: of the arguments that the functions were called with.
    """

    draft: Draft
    reward: float
    names: tuple[str, ...]
    types: dict[str, Types] = field(default_factory=dict)

    def key(self, name: str) -> SlotKey:
        """The slot of one of its functions."""
        return name, self.types.get(name)


@dataclass(frozen=True, slots=True)
class Combination:
    """A program put together.

    Attributes:
        plan: where its first step comes from.
        draft: the program.
        trusts: by place behind the first step, the chance that the function is right.
    """

    plan: Plan
    draft: Draft
    trusts: tuple[float, ...]

    @property
    def trust(self) -> float:
        """The chance that all functions are right, if the plan is."""
        return math.prod(self.trusts)

    @property
    def doubtful(self) -> list[int]:
        """Places of the functions that are worth another sample, the least trusted first.

        Those without arguments read the input: whole programs bring enough of them.
        """
        names = self.plan.names
        places = [at for at, name in enumerate(names, start=1) if self.plan.types.get(name) != ()]
        return sorted(places, key=lambda place: self.trusts[place - 1])


def combine(plan: Plan, slots: dict[SlotKey, Slot], most: int) -> list[Combination]:
    """The `most` trusted programs that a plan can be made into, best first."""
    found: list[tuple[tuple[float, ...], tuple[Implementation, ...]]] = [((), ())]
    for name in plan.names:
        known = slots[plan.key(name)].most_trusted()
        longer = [
            ((*trusts, trust), (*parts, part)) for trusts, parts in found for trust, part in known
        ]
        found = sorted(longer, key=lambda one: math.prod(one[0]), reverse=True)[:most]
    return [Combination(plan, join(plan, parts), trusts) for trusts, parts in found]


def join(plan: Plan, parts: Sequence[Implementation]) -> Draft:
    """The program of a plan with these functions; what follows the last one is the plan's own."""
    if not parts:
        return plan.draft
    first, *_, last = plan.draft.proposals
    texts = [normalise_step(part.text) for part in parts]
    rest = last.text[len(cut_function(last.text)) :].lstrip("\n")
    texts[-1] = normalise_step(f"{texts[-1]}{rest}" if rest else texts[-1], last=True)
    steps = [
        replace(part.proposal, text=text, ending=Ending.STEP, head="")
        for part, text in zip(parts, texts, strict=True)
    ]
    steps[-1] = replace(steps[-1], ending=Ending.PROGRAM)
    return Draft((first, *steps))


def cut_function(step: str) -> str:
    """A step up to the end of its function: `if __name__` and the like belong to the program."""
    above = "class Solution:\n" if step[:1].isspace() else ""
    end = heads(f"{above}{step.rstrip()}\n\n\ndef _(): ...\n")[-1].start - len(above)
    return step[:end].rstrip() + "\n"
