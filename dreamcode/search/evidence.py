"""What is known of the programs that a search has finished: rewards, tests, behaviours, votes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from dreamcode.chain.imports import run_before
from dreamcode.choosing import Choosing
from dreamcode.concurrency import together
from dreamcode.errors import TooLongError
from dreamcode.inputs.behaviour import name_behaviour, observe
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.results import Outcome, Program, PublicTest, Stopped, show_test, summarise_report
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel, is_calibrated
from dreamcode.search.ranking import count_votes, find_leaders, is_vote, rank
from dreamcode.search.selection import finish_steps, identify, merge_duplicates
from dreamcode.search.stopping import find_reason
from dreamcode_sandbox.cases import Sandbox, Test
from dreamcode_sandbox.verdicts import Verdict

MakeInputs = Callable[[], Awaitable[Sequence[Test]]]
"""Makes the inputs that programs are compared on."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first public test that a program fails.

    Attributes:
        test: the test in words.
        outcome: what the program did.
        error: the end of its standard error, the traceback last; "" if none.
    """

    test: PublicTest
    outcome: Outcome
    error: str


class Evidence:
    """Weighs what a search finishes; says when it is enough and which program to trust most.

    Each program is scored, tested and observed once. All of it is asked through the services
    that it is given: with those that remember, a resumed search weighs as the first one did.

    Args:
        problem: the problem; its public tests are looked at.
        reward: who scores.
        sandbox: where programs run on public tests; None does not even compile them.
        observing: where they run on inputs of our own making.
        make_inputs: makes these; asked once, and only when programs are to be compared.
        choosing: how programs are chosen, and when enough are written.

    Attributes:
        asked: programs that were asked for.
        stopped: why no more were; None while more are needed.
    """

    def __init__(
        self,
        problem: Problem,
        reward: RewardModel,
        sandbox: Sandbox | None,
        observing: Sandbox,
        make_inputs: MakeInputs,
        choosing: Choosing,
    ) -> None:
        self._problem = problem
        self._reward = reward
        self._sandbox = sandbox
        self._observing = observing
        self._make_inputs = make_inputs
        self._choosing = choosing
        self._stop = choosing.stop
        if choosing.stop == "auto":
            self._stop = "reward" if is_calibrated(reward) else "agreement"
        self._inputs: Sequence[Test] | None = None
        self._taken = 0
        self._programs: dict[str, Program] = {}
        self._failures: dict[str, Failure] = {}
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
        if self._problem.public_tests:
            return True
        match self._choosing.select:
            case "tests":
                return False
            case "likelihood":
                return any(one.mean_logprob is not None for one in self._programs.values())
            case "reward":
                return self._reward.judges != "nothing"
        judged = self._choosing.select == "vote" and self._reward.judges != "nothing"
        return judged or bool(self._inputs)

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
        tested = bool(self._problem.public_tests)
        if self.may_stop and (self._stop == "agreement" or not tested):
            await self._compare()
        leaders = find_leaders([*self._programs.values()])
        self.stopped = find_reason(leaders, self._stop, self._choosing, tested=tested)
        return self.stopped is not None

    def find(self, draft: Draft) -> tuple[Program, Failure | None] | None:
        """What is known of a draft that was weighed, and how it fails; None if it is empty."""
        steps = finish_steps(draft.steps, self._problem.function)
        program = self._programs.get(identify("".join(steps), self._problem.function))
        return None if program is None else (program, self._failures.get(program.text))

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
                self._programs[form] = replace(known, copies=known.copies + program.copies)
            else:
                fresh[form] = draft, program
        scored = await self._score([*fresh.values()])
        tested = await together(map(self._test, scored))
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

    async def _test(self, program: Program) -> Program:
        """The program with what the public tests said of it.

        Where there are none, it is said of a program that does not compile, and of no other.
        """
        if self._sandbox is None:
            return program
        tests = self._problem.public_tests
        text = run_before(self._problem.given, program.text)
        report = await self._sandbox.run(text, tests, self._problem.limits)
        public, outcomes = summarise_report(report)
        for test, outcome, result in zip(tests, outcomes, report.results, strict=False):
            if result.verdict is not Verdict.ACCEPTED:
                self._failures[program.text] = Failure(show_test(test), outcome, result.error)
                break
        if not tests and public.accepted:
            return program
        return replace(program, public=public, outcomes=outcomes)

    async def _compare(self) -> None:
        """Observes the leading programs on inputs of our own making."""
        leaders = {one.text for one in find_leaders([*self._programs.values()])}
        new = {
            form: program
            for form, program in self._programs.items()
            if program.text in leaders and form not in self._observed
        }
        if self._inputs is None and new:
            self._inputs = await self._make_inputs()
        self._observed |= new.keys()
        observed = await together(map(self._observe, new.values()))
        self._programs |= zip(new, observed, strict=True)

    async def _observe(self, program: Program) -> Program:
        if not self._inputs:
            return program
        limits = self._problem.limits
        text = run_before(self._problem.given, program.text)
        done = await observe(self._observing, text, self._inputs, limits)
        return replace(program, behaviour=name_behaviour(done))
