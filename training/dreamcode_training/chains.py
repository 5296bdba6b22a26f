"""Stage `chains`: programs for every problem, cut at functions and judged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from dreamcode.chain.parse import parse
from dreamcode.codec import encode
from dreamcode.concurrency import map_ahead, together
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.policies.policy import Ending, Policy, Proposal, Request, Sampling, derive_seed
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.selection import finish_program
from dreamcode_training.config import ChainsConfig, SamplingConfig
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import ProblemRecord, Split, read_lines, write_lines, write_problems

PROBLEMS_AHEAD = 256
"""Problems under way at once: programs are judged while the next full batch is sampled."""


@dataclass(frozen=True, slots=True)
class SampledChain:
    """A program that the policy wrote, as a chain of steps; one line of chains.jsonl.

    Attributes:
        problem: id of its problem.
        sample: its number among the problem's chains; equal programs keep a number each.
        steps: text of each step; joined they are what was written, at least one, maybe "".
        finished: whether it is a whole program; else it counts as failed.
        passed: whether it passed every test, public and hidden.
        mean_logprob: log-likelihood per token at temperature 1, in nats; None if unknown.
        tokens: completion tokens it took.
    """

    problem: str
    sample: int
    steps: tuple[str, ...]
    finished: bool
    passed: bool
    mean_logprob: float | None
    tokens: int

    def prefixes(self) -> list[str]:
        """The text of steps 1..t for every t but the last."""
        return list(accumulate(self.steps))[:-1]


def group_chains(chains: Iterable[SampledChain]) -> dict[str, list[SampledChain]]:
    """The chains of every problem that has any, in order."""
    found: dict[str, list[SampledChain]] = {}
    for chain in chains:
        found.setdefault(chain.problem, []).append(chain)
    return found


def make_sampling(config: SamplingConfig) -> Sampling:
    """How a stage's policy samples; `max_step_tokens` bounds each whole program."""
    return Sampling(config.temperature, config.top_p, config.max_step_tokens)


def is_finished(proposal: Proposal, steps: int, config: SamplingConfig) -> bool:
    """Whether a proposal ends a program of `steps` steps that is not longer than allowed."""
    return proposal.ending is Ending.PROGRAM and 0 < steps <= config.max_steps


def sampling_key(policy: Policy, exam: Exam, prefix: str, config: SamplingConfig, seed: int) -> str:
    """The same where the policy's samples behind a prefix are the same, but for their numbers."""
    inputs = {
        "model": policy.name,
        "problem": encode(exam.problem),
        "prefix": prefix,
        "sampling": encode(make_sampling(config)),
        "max_steps": config.max_steps,
        "seed": seed,
    }
    return make_key("samples", inputs)


async def run_chains(
    folder: Path,
    exams: Sequence[tuple[Split, Exam]],
    policy: Policy,
    judge: Judge,
    journal: Journal,
    config: ChainsConfig,
    seed: int,
    on_progress: OnProgress = ignore,
) -> list[SampledChain]:
    """Samples all chains and writes problems.jsonl and chains.jsonl into `folder`.

    See `sample_chains` for the arguments and errors.
    """
    chains = await sample_chains(exams, policy, judge, journal, config, seed, on_progress)
    write_problems(folder, exams)
    write_lines(folder / "chains.jsonl", chains)
    return chains


async def sample_chains(
    exams: Sequence[tuple[Split, Exam]],
    policy: Policy,
    judge: Judge,
    journal: Journal,
    config: ChainsConfig,
    seed: int,
    on_progress: OnProgress = ignore,
) -> list[SampledChain]:
    """As many chains per problem as `config` says for its split, ordered as the problems are.

    Every chain is on record once it is judged, and chain i does not depend on how many there
    are: a run that wants more of them goes on, one that wants fewer takes the first.

    Args:
        exams: the problems and their splits.
        policy: who writes.
        judge: who says what passes.
        journal: what was done before.
        config: how many chains, and how they are sampled.
        seed: seed of the run.
        on_progress: told how far it is.

    Raises:
        InputError: the policy or the tests cannot take a problem.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    programs = sum(config.programs(split) for split, _ in exams)
    meter = Meter("chains", len(exams), on_progress, work=programs)

    async def sample(owned: tuple[Split, Exam]) -> list[SampledChain]:
        split, exam = owned
        wanted = config.programs(split)
        key = sampling_key(policy, exam, "", config, seed)
        fresh = 0

        async def write(missing: Sequence[int]) -> list[SampledChain]:
            nonlocal fresh
            fresh = len(missing)
            found = await _sample(exam, policy, judge, config, seed, missing)
            meter.sampled(fresh)
            return found

        found = await journal.remember_all(
            "chain",
            [{"samples": key, "number": number} for number in range(wanted)],
            write,
            SampledChain,
            [{"problem": exam.problem.id}] * wanted,
        )
        meter.finished(known=not fresh, work=wanted)
        return found

    chains = await map_ahead(sample, exams, PROBLEMS_AHEAD)
    return [chain for found in chains for chain in found]


async def _sample(
    exam: Exam,
    policy: Policy,
    judge: Judge,
    config: ChainsConfig,
    seed: int,
    samples: Sequence[int],
) -> list[SampledChain]:
    problem = exam.problem
    sampling = make_sampling(config)
    seeds = (derive_seed(seed, problem.id, "chain\x00", sample) for sample in samples)
    answers = await together(
        policy.write(Request(problem, "", sampling, one, until="program", python=judge.python))
        for one in seeds
    )
    proposals = [answer.proposal for answer in answers]
    chains = [tuple(step.source for step in parse(one.text).steps) for one in proposals]
    finished = [
        is_finished(proposal, len(steps), config)
        for proposal, steps in zip(proposals, chains, strict=True)
    ]
    whole = [
        finish_program(proposal.text, problem.function)
        for proposal, ended in zip(proposals, finished, strict=True)
        if ended
    ]
    verdicts = iter(await judge.passes(exam, whole))
    return [
        SampledChain(
            problem.id,
            sample,
            steps or ("",),
            ended,
            next(verdicts) if ended else False,
            _mean_logprob(proposal),
            proposal.tokens,
        )
        for sample, proposal, steps, ended in zip(samples, proposals, chains, finished, strict=True)
    ]


def read_sampled_chains(path: Path, problems: dict[str, ProblemRecord]) -> list[SampledChain]:
    """The chains of a chains.jsonl.

    Raises:
        InputError: a line is torn or wrong, or belongs to no problem of problems.jsonl.
    """
    chains = []
    for number, chain in read_lines(path, SampledChain):
        if chain.problem not in problems:
            raise InputError(
                f"{path}:{number}: problem {chain.problem!r} is not in problems.jsonl; the two "
                "files belong together"
            )
        if not chain.steps:
            raise InputError(f"{path}:{number}: a chain needs at least one step; mend the line")
        chains.append(chain)
    return chains


def _mean_logprob(proposal: Proposal) -> float | None:
    if proposal.logprob is None or not proposal.scored_tokens:
        return None
    return proposal.logprob / proposal.scored_tokens
