"""What compose writes: whole programs, and functions in the place of others."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, wave_of
from dreamcode.problems import Problem
from dreamcode.search.composing.book import Sample
from dreamcode.search.composing.slots import Combination
from dreamcode.search.expand import expand
from dreamcode.search.search import OnPrune, Pruning, SearchOptions
from dreamcode.search.waves import write_programs, write_wave

FRESH = 0.35
"""Share of the written tokens, those of the first wave left out, that go into whole programs."""

FUNCTIONS = 2
"""Functions that a wave of one program writes again in its place."""


@dataclass(slots=True)
class Writer:
    """Writes, and keeps count.

    Attributes:
        asked: samples that were asked for.
        got: samples that came.
        worth: what they are worth in programs, a function its share of one.
        tokens: that were written since the first wave.
        fresh_tokens: of these, in whole programs.
    """

    problem: Problem
    policy: Policy
    options: SearchOptions
    on_prune: OnPrune
    asked: int = 0
    got: int = 0
    worth: float = 0.0
    tokens: int = 0
    fresh_tokens: int = 0

    @property
    def wave(self) -> int:
        """Programs at once."""
        return self.options.wave or wave_of(self.policy)

    @property
    def wants_fresh(self) -> bool:
        """Whether whole programs have had less than their share."""
        return self.fresh_tokens <= FRESH * self.tokens

    async def write(self) -> list[Sample]:
        """A wave of programs; all that are left where not even one could be had so far.

        Raises:
            InfrastructureError: the policy failed, and has given nothing at all.
        """
        first, is_first = self.asked, self.worth == 0
        left = ceil(self.options.n - self.worth)
        wave = range(first, first + min(self.wave, left))
        wave, drafts = await write_wave(wave, first + left, self._write_programs)
        self.asked, self.worth = wave.stop, self.worth + wave.stop - first
        return self._count(map(Sample, drafts), fresh=None if is_first else True)

    async def rewrite(self, best: Combination) -> list[Sample]:
        """Other samples of the functions of a combination that are trusted least.

        Each is written behind what the combination has before it: with right functions before
        it, a function is easier to write and to judge. What a policy writes on is taken too.
        """
        places = best.doubtful[: FUNCTIONS * self.wave]
        prefixes = [Draft(best.draft.proposals[:place]) for place in places]
        first, self.asked = self.asked, self.asked + len(places)
        self.worth += len(places) / len(best.draft.proposals)
        wishes = [(prefix, [first + number]) for number, prefix in enumerate(prefixes)]
        grown = await expand(self.problem, self.policy, wishes, self.options, self.on_prune)
        samples = [
            Sample(draft, len(prefix.proposals), best.plan)
            for prefix, drafts in zip(prefixes, grown, strict=True)
            for draft in drafts
        ]
        for sample in samples:
            if sample.draft.ending is not Ending.PROGRAM:
                self.on_prune(sample.draft, Pruning.PART)
        return self._count(samples)

    async def _write_programs(self, wave: range) -> list[Draft]:
        starts = dict.fromkeys(wave, Draft())
        written = await write_programs(
            self.problem, self.policy, self.options, starts, self.on_prune
        )
        return [*written.values()]

    def _count(self, samples: Iterable[Sample], *, fresh: bool | None = False) -> list[Sample]:
        """The samples with their numbers; `fresh` is None for those of the first wave."""
        numbered = [one.numbered(number) for number, one in enumerate(samples, self.got + 1)]
        self.got += len(numbered)
        written = sum(sample.tokens for sample in numbered)
        if fresh is not None:
            self.tokens += written
            self.fresh_tokens += written * fresh
        return numbered
