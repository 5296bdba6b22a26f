"""From a problem to its result: search, run what was found, choose. Start reading here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dreamcode.choosing import Choosing
from dreamcode.errors import InputError
from dreamcode.inputs.making import make_inputs
from dreamcode.inputs.written import Generator
from dreamcode.policies.policy import Answer, Policy, Request, wave_of
from dreamcode.problems import Problem
from dreamcode.results import Result, begin_result
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.journal import Journal
from dreamcode.runs.remembered import (
    RememberedPolicy,
    RememberedReward,
    RememberedSandbox,
    note_prunes,
)
from dreamcode.search.evidence import Evidence
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import OnPrune, PlainSearch, SearchOptions, ignore_prunes, write_all
from dreamcode.search.search_names import BEST_OF_N, KnownSearch, recognise
from dreamcode.search.trials import Trials
from dreamcode_sandbox.cases import Sandbox, Test


@dataclass(frozen=True, slots=True)
class Services:
    """Who does the work: each is asked by many searches at once and batches for itself."""

    policy: Policy
    reward: RewardModel
    sandbox: Sandbox


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a problem is attempted.

    Attributes:
        search: how programs are found.
        options: what the search is told.
        limits: what a problem may take.
        public_tests: whether the choice among programs looks at public tests.
        choosing: how a program is chosen, and when enough are written.
    """

    search: PlainSearch | KnownSearch = BEST_OF_N
    options: SearchOptions = SearchOptions()
    limits: Limits = Limits()
    public_tests: bool = True
    choosing: Choosing = Choosing()


async def attempt_problem(
    problem: Problem, services: Services, attempt: Attempt, journal: Journal
) -> Result:
    """Solves a problem as one of a run: of one problem or of a thousand. See `solve`."""
    return await solve(
        problem,
        services.policy,
        services.reward,
        services.sandbox,
        attempt.search,
        attempt.options,
        attempt.limits,
        journal,
        public_tests=attempt.public_tests,
        choosing=attempt.choosing,
    )


async def solve(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    sandbox: Sandbox,
    search: PlainSearch | KnownSearch = BEST_OF_N,
    options: SearchOptions = SearchOptions(),
    limits: Limits = Limits(),
    journal: Journal | None = None,
    *,
    public_tests: bool = True,
    choosing: Choosing = Choosing(),
) -> Result:
    """Searches for programs, weighs the distinct ones and ranks them.

    Args:
        problem: what to solve; hidden tests are not part of it.
        policy: who writes.
        reward: who scores.
        sandbox: where programs run.
        search: how to search.
        options: what the search is told.
        limits: what the search may use.
        journal: what the services answered before; what they answer now is added. None
            remembers nothing.
        public_tests: whether the choice looks at public tests, or, where there are none, at
            what does not even compile.
        choosing: how a program is chosen, and when enough are written.

    Raises:
        InputError: the search needs rewards that the reward model does not give, or a program
            is longer than what it reads.
        InfrastructureError: the policy, the reward model or the disk failed.
        SandboxError: the sandbox failed.
    """
    known = recognise(search)
    samples = problem.public_tests
    if not public_tests:
        problem = replace(problem, public_tests=())
    options = replace(options, python=sandbox.python)
    if limits != Limits() and options.wave is None:
        # Programs that all advance together would all be unfinished when a limit is reached.
        options = replace(options, wave=wave_of(policy))
    on_prune: OnPrune = ignore_prunes
    observing = sandbox
    if journal is not None:
        policy = RememberedPolicy(policy, journal)
        reward = RememberedReward(reward, journal)
        observing = RememberedSandbox(sandbox, journal, "observe")
        sandbox = RememberedSandbox(sandbox, journal)
        on_prune = note_prunes(problem, journal)
    limited = LimitedPolicy(policy, limits, journal.seconds if journal else 0.0)

    async def ask(request: Request) -> Answer | None:
        try:
            return (await write_all(limited, [request]))[0]
        except InputError:  # such as a policy that knows recorded answers alone
            return None

    async def inputs() -> Sequence[Test]:
        wanted, source = choosing.inputs, choosing.source
        generator = Generator(ask, observing, options.sampling, options.seed)
        return await make_inputs(problem, samples, wanted, source, generator)

    trials = Trials(problem, sandbox if public_tests else None, observing, inputs)
    evidence = Evidence(problem, reward, trials, choosing)
    drafts = await known.search(problem, limited, reward, options, on_prune, evidence)
    programs = await evidence.rank(drafts)
    finished = sum(program.copies for program in programs)
    asked = evidence.asked or (options.n if known.counts else finished)
    return replace(
        begin_result(problem, max(finished, asked)),
        allowed=options.n if known.counts else 0,
        stopped=evidence.stopped,
        programs=tuple(programs),
        ranked=evidence.decides,
        independent=known.independent and not evidence.may_stop,  # which looks at what came
        reward_model=reward.name,
        aggregation=reward.aggregation,
        spent=limited.spent,
        seconds=round(journal.seconds, 3) if journal else 0.0,
        exhausted=limited.exhausted,
        failures=tuple(limited.failures),
    )
