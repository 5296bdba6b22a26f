"""From a problem to its result: search, run what was found, choose. Start reading here."""

from dataclasses import dataclass, replace

from dreamcode.chain.imports import run_before
from dreamcode.concurrency import together
from dreamcode.policies.policy import Policy
from dreamcode.problems import Problem
from dreamcode.results import Program, Result, begin_result, summarise_report
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.journal import Journal
from dreamcode.runs.remembered import (
    RememberedPolicy,
    RememberedReward,
    RememberedSandbox,
    note_prunes,
)
from dreamcode.search.limits import LimitedPolicy, Limits
from dreamcode.search.search import OnPrune, Search, SearchOptions, ignore_prunes
from dreamcode.search.search_names import BEST_OF_N, KnownSearch, recognise
from dreamcode.search.selection import merge_duplicates, rank
from dreamcode_sandbox.cases import Sandbox


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
    """

    search: Search | KnownSearch = BEST_OF_N
    options: SearchOptions = SearchOptions()
    limits: Limits = Limits()
    public_tests: bool = True


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
    )


async def solve(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    sandbox: Sandbox,
    search: Search | KnownSearch = BEST_OF_N,
    options: SearchOptions = SearchOptions(),
    limits: Limits = Limits(),
    journal: Journal | None = None,
    *,
    public_tests: bool = True,
) -> Result:
    """Searches for programs, runs the distinct ones on the public tests and ranks them.

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

    Raises:
        InputError: the search needs rewards that the reward model does not give, or a program
            is longer than what it reads.
        InfrastructureError: the policy, the reward model or the disk failed.
        SandboxError: the sandbox failed.
    """
    if not public_tests:
        problem = replace(problem, public_tests=())
    known = recognise(search)
    options = replace(options, python=sandbox.python)
    on_prune: OnPrune = ignore_prunes
    if journal is not None:
        policy = RememberedPolicy(policy, journal)
        reward = RememberedReward(reward, journal)
        sandbox = RememberedSandbox(sandbox, journal)
        on_prune = note_prunes(problem, journal)
    limited = LimitedPolicy(policy, limits, journal.seconds if journal else 0.0)
    drafts = await known.search(problem, limited, reward, options, on_prune)
    distinct = merge_duplicates(problem, drafts)
    rewards = await reward.score(problem, [draft for draft, _ in distinct])
    programs = [
        replace(program, rewards=own, reward=aggregate(reward.aggregation, own))
        for (_, program), own in zip(distinct, rewards, strict=True)
    ]
    if public_tests:
        programs = await together(run_public_tests(problem, one, sandbox) for one in programs)
    finished = sum(program.copies for program in programs)
    return replace(
        begin_result(problem, max(finished, options.n) if known.independent else finished),
        programs=tuple(rank(programs)),
        ranked=bool(problem.public_tests) or reward.judges != "nothing",
        independent=known.independent,
        reward_model=reward.name,
        aggregation=reward.aggregation,
        spent=limited.spent,
        seconds=round(journal.seconds, 3) if journal else 0.0,
        exhausted=limited.exhausted,
        failures=tuple(limited.failures),
    )


async def run_public_tests(problem: Problem, program: Program, sandbox: Sandbox) -> Program:
    """The program with what the public tests said of it.

    Where there are none, it is said of a program that does not compile, and of no other.
    """
    text = run_before(problem.given, program.text)
    report = await sandbox.run(text, problem.public_tests, problem.limits)
    public, outcomes = summarise_report(report)
    if not problem.public_tests and public.accepted:
        return program
    return replace(program, public=public, outcomes=outcomes)
