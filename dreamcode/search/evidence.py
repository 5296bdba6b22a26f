"""What is known of the programs that a search has finished: rewards, tests, behaviours, votes."""

from collections.abc import Sequence
from dataclasses import replace

from dreamcode.choosing import Choosing
from dreamcode.errors import TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.results import Program, Stopped
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel, is_calibrated
from dreamcode.search.ranking import count_votes, find_leaders, is_vote, rank
from dreamcode.search.selection import add_copy, identify, make_program, merge_duplicates
from dreamcode.search.stopping import find_reason
from dreamcode.search.trials import Failure, Trials


class Evidence:
    """Weighs what a search finishes; says when it is enough and which program to trust most.

    Each program is scored, tested and observed once. All of it is asked through the services
    that it is given: with those that remember, a resumed search weighs as the first one did.

    Args:
        problem: the problem.
        reward: who scores.
        trials: who runs programs.
        choosing: how programs are chosen, and when enough are written.

    Attributes:
        trials: as above.
        asked: programs that were asked for.
        stopped: why no more were; None while more are needed.
    """

    def __init__(
        self,
        problem: Problem,
        reward: RewardModel,
        trials: Trials,
        choosing: Choosing,
    ) -> None:
        self._problem = problem
        self._reward = reward
        self.trials = trials
        self._choosing = choosing
        self._stop = choosing.stop
        if choosing.stop == "auto":
            self._stop = "reward" if is_calibrated(reward) else "agreement"
        self._taken = 0
        self._programs: dict[str, Program] = {}
        self._observed: set[str] = set()
        self._misfit: TooLongError | None = None
        self.asked = 0
        self.stopped: Stopped | None = None

    @property
    def may_stop(self) -> bool:
        """Whether a search may end before it has written all it is allowed to."""
        return self._stop != "never"

    @property
    def decides(self) -> bool:
        """Whether the first program is a choice, and not just the first."""
        if self.trials.tested:
            return True
        match self._choosing.select:
            case "tests":
                return False
            case "likelihood":
                return any(one.mean_logprob is not None for one in self._programs.values())
            case "reward":
                return self._reward.judges != "nothing"
        judged = self._choosing.select == "vote" and self._reward.judges != "nothing"
        return judged or self.trials.has_inputs

    async def suffices(self, drafts: Sequence[Draft], asked: int) -> bool:
        """Whether no more programs are needed.

        Args:
            drafts: all that were finished so far; those of earlier calls come first.
            asked: how many were asked for so far.

        Raises:
            InfrastructureError: the reward model or the policy failed.
            SandboxError: the sandbox failed.
        """
        self.asked = asked
        await self._weigh(drafts)
        tested = self.trials.tested
        if self.may_stop and (self._stop == "agreement" or not tested):
            await self._compare()
        leaders = find_leaders([*self._programs.values()])
        self.stopped = find_reason(leaders, self._stop, self._choosing, tested=tested)
        return self.stopped is not None

    def find(self, draft: Draft) -> tuple[Program, Failure | None] | None:
        """What is known of a draft that was weighed, and how it fails; None if it is empty."""
        form = identify(make_program(self._problem, draft).text, self._problem.function)
        program = self._programs.get(form)
        return None if program is None else (program, self.trials.find_failure(program))

    async def rank(self, drafts: Sequence[Draft]) -> list[Program]:
        """The distinct programs among all that were finished, best first. See `suffices`.

        Raises:
            TooLongError: all programs are longer than what the reward model reads.
        """
        await self._weigh(drafts)
        programs = [*self._programs.values()]
        if self._misfit and all(program.reward is None for program in programs):
            raise self._misfit
        select = self._choosing.select
        if is_vote(select):
            if len(find_leaders(programs)) > 1:
                await self._compare()
            leaders = find_leaders([*self._programs.values()])
            votes = {one.text: one.vote for one in count_votes(leaders, select)}
            programs = [replace(one, vote=votes.get(one.text)) for one in self._programs.values()]
        return rank(programs, select)

    async def _weigh(self, drafts: Sequence[Draft]) -> None:
        """Merges, scores and tests the drafts that are new."""
        new, self._taken = drafts[self._taken :], len(drafts)
        if not new:
            return
        fresh: dict[str, tuple[Draft, Program]] = {}
        for draft, program in merge_duplicates(self._problem, new):
            form = identify(program.text, self._problem.function)
            if known := self._programs.get(form):
                self._programs[form] = add_copy(known, program)
            else:
                fresh[form] = draft, program
        scored = await self._score([*fresh.values()])
        tested = await self.trials.test(scored)
        self._programs |= zip(fresh, tested, strict=True)

    async def _score(self, fresh: Sequence[tuple[Draft, Program]]) -> list[Program]:
        try:
            rewards = await self._reward.score(self._problem, [draft for draft, _ in fresh])
        except TooLongError as error:  # others may fit
            self._misfit = error
            rewards = [(None,) * len(program.steps) for _, program in fresh]
        return [
            replace(program, rewards=own, reward=aggregate(self._reward.aggregation, own))
            for (_, program), own in zip(fresh, rewards, strict=True)
        ]

    async def _compare(self) -> None:
        """Observes the leading programs on inputs of our own making."""
        leaders = {one.text for one in find_leaders([*self._programs.values()])}
        new = {
            form: program
            for form, program in self._programs.items()
            if program.text in leaders and form not in self._observed
        }
        self._observed |= new.keys()
        observed = await self.trials.observe([*new.values()])
        self._programs |= zip(new, observed, strict=True)
