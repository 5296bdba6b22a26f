"""Stage `labels`: K completions of every prefix, judged: Monte-Carlo labels."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamcode.chain.parse import parse
from dreamcode.concurrency import first_failure, map_ahead, together
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge, fingerprint
from dreamcode.policies.policy import Policy, Request, derive_seed
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode.search.selection import finish_program
from dreamcode_training.chains import (
    SampledChain,
    group_chains,
    is_finished,
    make_sampling,
    read_sampled_chains,
    sampling_key,
)
from dreamcode_training.config import ChainsConfig, LabelsConfig
from dreamcode_training.evidence import make_labels
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import LabelledChain, Rollouts, Split, read_problems, write_lines

PROBLEMS_AHEAD = 64
"""Problems under way at once: each brings all its prefixes."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion of a prefix.

    Attributes:
        passed: whether the program passed every test.
        program: a fingerprint, equal for equal programs; "" if it was not finished.
        tokens: completion tokens.
    """

    passed: bool
    program: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Completer:
    """Completes prefixes and judges what comes out.

    Attributes:
        policy: who writes.
        judge: who says what passes.
        journal: what was done before.
        config: how many rollouts, and how they are sampled.
        seed: seed of the run.
    """

    policy: Policy
    judge: Judge
    journal: Journal
    config: LabelsConfig
    seed: int

    async def measure(
        self, exam: Exam, prefix: str, on_sampled: Callable[[int], None] = lambda _: None
    ) -> Rollouts:
        """The prefix's rollouts, from the journal as far as they are there.

        Rollout j has the same seed however many are wanted, so a journal with fewer is
        continued and from one with more the first are taken. Every judged program begins
        with the prefix.

        Args:
            exam: the problem and its tests.
            prefix: finished steps.
            on_sampled: told how many rollouts had to be made.

        Raises:
            InputError: the policy or the tests cannot take the problem.
            InfrastructureError: the policy or the disk failed.
            SandboxError: the sandbox failed.
        """

        async def roll_out(missing: Sequence[int]) -> list[Rollout]:
            found = await self._roll_out(exam, prefix, missing)
            on_sampled(len(missing))
            return found

        key = sampling_key(self.policy, exam, prefix, self.config, self.seed)
        wanted = self.config.rollouts
        found = await self.journal.remember_all(
            "rollout",
            [{"samples": key, "number": number} for number in range(wanted)],
            roll_out,
            Rollout,
            [{"problem": exam.problem.id}] * wanted,
        )
        return Rollouts(
            exam.problem.id,
            prefix,
            "".join("1" if one.passed else "0" for one in found),
            tuple(one.program for one in found),
            tuple(one.tokens for one in found),
        )

    async def _roll_out(self, exam: Exam, prefix: str, numbers: Sequence[int]) -> list[Rollout]:
        problem, config = exam.problem, self.config
        sampling = make_sampling(config)
        seeds = (derive_seed(self.seed, problem.id, f"rollout\x00{prefix}", n) for n in numbers)
        python = self.judge.python
        answers = await together(
            self.policy.write(
                Request(problem, prefix, sampling, seed, until="program", python=python)
            )
            for seed in seeds
        )
        proposals = [answer.proposal for answer in answers]
        programs = [prefix + proposal.text for proposal in proposals]
        finished = [
            is_finished(proposal, len(parse(program).steps), config)
            for proposal, program in zip(proposals, programs, strict=True)
        ]
        closed = [finish_program(program, problem.function) for program in programs]
        whole = [program for program, ended in zip(closed, finished, strict=True) if ended]
        verdicts = iter(await self.judge.passes(exam, whole))
        return [
            Rollout(
                ended and next(verdicts),
                fingerprint(exam, program) if ended else "",
                proposal.tokens,
            )
            for proposal, program, ended in zip(proposals, closed, finished, strict=True)
        ]


async def run_labels(
    folder: Path,
    exams: Sequence[tuple[Split, Exam]],
    completer: Completer,
    chains_config: ChainsConfig,
    on_progress: OnProgress = ignore,
) -> list[LabelledChain]:
    """Labels the chains in `folder` and writes rollouts.jsonl and labels.jsonl there.

    The labels are those of all finished chains of train, meta and validation; where nothing
    was measured, n is 0. Test problems are left out: nobody may learn from them.

    Args:
        folder: where stage `chains` left problems.jsonl and chains.jsonl.
        exams: the problems and their splits.
        completer: who measures; its config says which prefixes.
        chains_config: how the chains were sampled: whether they can be shared.
        on_progress: told how far it is.

    Raises:
        InputError: the files or the settings do not fit each other.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    config = completer.config
    if config.share:
        check_sharing(chains_config, config)
    problems = read_problems(folder / "problems.jsonl")
    chains = read_sampled_chains(folder / "chains.jsonl", problems)
    rollouts = await roll_out(exams, chains, completer, on_progress)
    write_lines(folder / "rollouts.jsonl", rollouts)
    learnable = [chain for chain in chains if problems[chain.problem].split != "test"]
    labels = make_labels(learnable, rollouts, share=config.correlation if config.share else None)
    write_lines(folder / "labels.jsonl", labels)
    return labels


async def roll_out(
    exams: Sequence[tuple[Split, Exam]],
    chains: Sequence[SampledChain],
    completer: Completer,
    on_progress: OnProgress = ignore,
) -> list[Rollouts]:
    """Measures the distinct prefixes of finished chains of train and, if configured, validation.

    Args:
        exams: the problems and their splits.
        chains: chains of any of these problems.
        completer: who measures; its config says which prefixes.
        on_progress: told how far it is.

    Returns:
        One entry per prefix, ordered as the problems and their chains are.

    Raises:
        InputError: the policy or the tests cannot take a problem.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    if not completer.config.rollouts:
        return []
    splits = ("train", "validation") if completer.config.validation else ("train",)
    measured = [exam for split, exam in exams if split in splits]
    grouped = group_chains(chain for chain in chains if chain.finished)
    chains_of = {exam.problem.id: grouped.get(exam.problem.id, []) for exam in measured}
    sizes = {name: len(_list_prefixes(own)) for name, own in chains_of.items()}
    meter = Meter("labels", len(measured), on_progress, work=sum(sizes.values()))

    async def measure(exam: Exam) -> list[Rollouts]:
        fresh = 0

        def on_sampled(count: int) -> None:
            nonlocal fresh
            fresh += count
            meter.sampled(count)

        found = await _measure_problem(exam, chains_of[exam.problem.id], completer, on_sampled)
        meter.finished(known=not fresh, work=sizes[exam.problem.id])
        return found

    return [r for found in await map_ahead(measure, measured, PROBLEMS_AHEAD) for r in found]


async def _measure_problem(
    exam: Exam,
    chains: Sequence[SampledChain],
    completer: Completer,
    on_sampled: Callable[[int], None],
) -> list[Rollouts]:
    """The rollouts of a problem's prefixes, in the order in which the chains have them."""
    tasks: dict[str, asyncio.Task[Rollouts]] = {}
    prefixes = _list_prefixes(chains)
    with first_failure():
        async with asyncio.TaskGroup() as group:

            def measure(prefix: str) -> asyncio.Task[Rollouts]:
                if prefix not in tasks:
                    work = completer.measure(exam, prefix, on_sampled)
                    tasks[prefix] = group.create_task(work)
                return tasks[prefix]

            if completer.config.search == "binary":
                for chain in chains:
                    if not chain.passed:  # else there is no bad step to look for
                        group.create_task(_find_first_bad_step(chain, measure))
            else:
                for prefix in prefixes:
                    measure(prefix)
    return [tasks[prefix].result() for prefix in prefixes if prefix in tasks]


def _list_prefixes(chains: Sequence[SampledChain]) -> list[str]:
    """The distinct prefixes, in order."""
    return list(dict.fromkeys(prefix for chain in chains for prefix in chain.prefixes()))


async def _find_first_bad_step(
    chain: SampledChain, measure: Callable[[str], asyncio.Task[Rollouts]]
) -> None:
    """Halves the steps of a failed chain until the first bad one is known.

    A prefix is good while any of its rollouts passes. Source: OmegaPRM, arXiv 2406.06592.
    """
    prefixes = chain.prefixes()
    good, bad = 0, len(chain.steps)  # steps 1..0 are good, the whole chain is bad
    while bad - good > 1:
        middle = (good + bad) // 2
        if (await measure(prefixes[middle - 1])).passed:
            good = middle
        else:
            bad = middle


def check_sharing(chains: ChainsConfig, labels: LabelsConfig) -> None:
    """Chains and rollouts are evidence for each other only where one policy wrote both.

    Raises:
        InputError: a setting differs, or only prefixes of failed chains are measured.
    """
    if labels.search == "binary":
        raise InputError(
            "labels.share needs labels.search: all; halving measures prefixes of failed chains "
            "alone, so shared evidence would lean towards failure"
        )
    for name in ("policy", "temperature", "top_p", "max_step_tokens", "max_steps"):
        written, completed = getattr(chains, name), getattr(labels, name)
        if written != completed:
            raise InputError(
                f"labels.share counts chains as rollouts, but chains.{name} is {written!r} and "
                f"labels.{name} is {completed!r}: another writer passes another share of the "
                "time; make them equal or set labels.share to false"
            )
