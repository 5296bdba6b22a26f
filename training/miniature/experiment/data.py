"""The experiment's data: problems, candidates, labels of two completers, reference rollouts."""

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from dreamcode.ahead import map_ahead
from dreamcode.bench.judging import Judge
from dreamcode.policies.open import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from sandbox import Sandbox, open_sandbox
from training.chains import SampledChain, read_sampled_chains, sample_chains
from training.evidence import add_truth, make_labels
from training.miniature.experiment.base import list_base_problems, write_outcomes
from training.miniature.experiment.config import ExperimentConfig
from training.miniature.experiment.grid import labels_folder
from training.miniature.experiment.pools import examine
from training.progress import Meter, OnProgress, ignore
from training.records import (
    ProblemRecord,
    Split,
    read_lines,
    read_problems,
    write_lines,
    write_problems,
)
from training.rollouts import Completer, Rollouts, read_rollouts, roll_out
from training.sources import load_problems

PREFIXES_AHEAD = 16
MARK = "data/done.json"
Exams = Sequence[tuple[Split, Exam]]


@dataclass(frozen=True, slots=True)
class ReferencePrefix:
    """A prefix of a test candidate and what became of its rollouts by the strong policy.

    Attributes:
        problem: id of its problem; no other reference prefix has it.
        sample: number of the candidate.
        step: how many of its steps the prefix holds.
        k: rollouts that passed.
        n: rollouts.
    """

    problem: str
    sample: int
    step: int
    k: int
    n: int


async def make_data(
    out: Path,
    config: ExperimentConfig,
    say: Callable[[str], None],
    on_progress: OnProgress = ignore,
) -> None:
    """Makes what is missing of data, labels and reference rollouts; all of it is journaled.

    Raises:
        InputError: settings cannot be used.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    data = out / "data"
    data.mkdir(parents=True, exist_ok=True)
    exams = load_problems(config.problems, config.seed)
    async with _judging(out, config, say) as (sandbox, judge, journal):
        chains = await _make_chains(out, exams, judge, journal, config, say, on_progress)
        say("candidates: public tests and outputs on extra inputs")
        tested = [exam for split, exam in exams if split == "test"]
        meter = Meter("candidates", len(tested), on_progress)
        number = config.pools.inputs
        write_lines(
            data / "candidates.jsonl",
            await examine(tested, chains, sandbox, journal, number, meter),
        )
        labelled = {"same": config.chains.policy, "weak": f"hf/{out / 'weak'}"}
        for completer in config.grid.completers:
            say(f"labels of completer {completer}")
            rollouts = await _roll_out(
                labelled[completer], exams, chains, judge, journal, config, on_progress
            )
            (out / f"labels-{completer}").mkdir(exist_ok=True)
            write_lines(out / f"labels-{completer}" / "rollouts.jsonl", rollouts)
        _write_labels(out, exams, chains, config)
        say("reference rollouts")
        await _make_reference(out, exams, chains, judge, journal, config, on_progress)
    (out / MARK).write_text(json.dumps(_identify_data(config)))


def is_made(out: Path, config: ExperimentConfig) -> bool:
    """Whether all data is there and belongs to these settings."""
    mark = out / MARK
    return mark.exists() and bool(json.loads(mark.read_text()) == _identify_data(config))


def _identify_data(config: ExperimentConfig) -> str:
    settings = config.model_dump(
        mode="json", exclude={"prm", "correction_file", "corrections", "tuning", "report",
                              "searches", "keep_seeds", "grid", "sandbox", "workers"}
    )  # fmt: skip
    return settings_hash(settings, config.grid.k, config.grid.completers)


async def _make_chains(
    out: Path,
    exams: Exams,
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
    say: Callable[[str], None],
    on_progress: OnProgress,
) -> list[SampledChain]:
    say("chains")
    policy = open_policy(config.chains.policy)
    try:
        chains = await sample_chains(
            exams, policy, judge, journal, config.chains, config.seed, on_progress
        )
        say("programs of the base's problems")
        base = list_base_problems(config)
        outcomes = await sample_chains(
            base, policy, judge, journal, config.chains, config.seed, on_progress
        )
    finally:
        await policy.close()
    write_outcomes(out, base, outcomes)
    data = out / "data"
    write_problems(data, exams)
    write_lines(data / "chains.jsonl", chains)
    return chains


async def _roll_out(
    spec: str,
    exams: Exams,
    chains: Sequence[SampledChain],
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
    on_progress: OnProgress,
) -> list[Rollouts]:
    policy = open_policy(spec)
    settings = config.labels.model_copy(update={"policy": spec})
    try:
        completer = Completer(policy, judge, journal, settings, config.seed)
        return await roll_out(exams, chains, completer, on_progress)
    finally:
        await policy.close()


def _write_labels(
    out: Path, exams: Exams, chains: Sequence[SampledChain], config: ExperimentConfig
) -> None:
    """Labels of every completer and K, with the truth as far as other rollouts tell it."""
    split_of = {exam.problem.id: split for split, exam in exams}
    wanted = config.pools.validation_chains
    learnable = [
        chain
        for chain in chains
        if split_of[chain.problem] in ("train", "meta")
        or (split_of[chain.problem] == "validation" and chain.sample < wanted)
    ]
    strong: list[Rollouts] = []
    if "same" in config.grid.completers:
        strong = read_rollouts(out / "labels-same" / "rollouts.jsonl")
    for completer in config.grid.completers:
        rollouts = read_rollouts(out / f"labels-{completer}" / "rollouts.jsonl")
        for k in config.grid.k:
            labels = make_labels(learnable, [one.first(k) for one in rollouts])
            labels = add_truth(labels, strong, used=k if completer == "same" else 0)
            folder = out / labels_folder(completer, k)
            folder.mkdir(parents=True, exist_ok=True)
            write_problems(folder, exams)
            write_lines(folder / "labels.jsonl", labels)


async def _make_reference(
    out: Path,
    exams: Exams,
    chains: Sequence[SampledChain],
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
    on_progress: OnProgress,
) -> None:
    exam_of = {exam.problem.id: exam for split, exam in exams if split == "test"}
    chosen = choose_prefixes(
        [chain for chain in chains if chain.problem in exam_of],
        config.pools.reference_prefixes,
        config.seed,
    )
    policy = open_policy(config.chains.policy)
    settings = config.labels.model_copy(
        update={"policy": config.chains.policy, "rollouts": config.pools.reference_rollouts}
    )
    completer = Completer(policy, judge, journal, settings, config.seed)
    meter = Meter("reference", len(chosen), on_progress)

    async def measure(place: tuple[SampledChain, int]) -> ReferencePrefix:
        chain, step = place
        prefix = "".join(chain.steps[:step])
        rollouts = await completer.measure(exam_of[chain.problem], prefix, meter.sampled)
        meter.finished(known=False)
        return ReferencePrefix(
            chain.problem, chain.sample, step, rollouts.passed, len(rollouts.outcomes)
        )

    try:
        found = await map_ahead(measure, chosen, PREFIXES_AHEAD)
    finally:
        await policy.close()
    folder = out / "reference"
    folder.mkdir(exist_ok=True)
    write_lines(folder / "reference.jsonl", found)


def choose_prefixes(
    chains: Sequence[SampledChain], number: int, seed: int
) -> list[tuple[SampledChain, int]]:
    """A prefix of a finished candidate of each of `number` problems, drawn by the seed.

    The last step is left out: what becomes of a finished program needs no rollouts. Fewer come
    back where fewer problems have such a candidate.
    """
    of_problem: dict[str, list[SampledChain]] = defaultdict(list)
    for chain in chains:
        if chain.finished and len(chain.steps) > 1:
            of_problem[chain.problem].append(chain)
    random = Random(f"{seed} reference")
    problems = sorted(of_problem)
    random.shuffle(problems)
    chosen = []
    for problem in problems[:number]:
        chain = random.choice(of_problem[problem])
        chosen.append((chain, random.randrange(1, len(chain.steps))))
    return chosen


def read_reference(out: Path) -> list[ReferencePrefix]:
    """The reference prefixes.

    Raises:
        InputError: the file cannot be read or is damaged.
    """
    return [one for _, one in read_lines(out / "reference" / "reference.jsonl", ReferencePrefix)]


def read_candidates(
    out: Path, split: Split
) -> tuple[dict[str, ProblemRecord], dict[str, list[SampledChain]]]:
    """All problems, and the candidates of a split's problems, in order.

    Raises:
        InputError: a file cannot be read or is damaged.
    """
    problems = read_problems(out / "data" / "problems.jsonl")
    found: dict[str, list[SampledChain]] = defaultdict(list)
    for chain in read_sampled_chains(out / "data" / "chains.jsonl", problems):
        if problems[chain.problem].split == split:
            found[chain.problem].append(chain)
    return problems, dict(found)


@asynccontextmanager
async def _judging(
    out: Path, config: ExperimentConfig, say: Callable[[str], None]
) -> AsyncIterator[tuple[Sandbox, Judge, Journal]]:
    journal = Journal(out / "data" / "journal.jsonl")
    try:
        async with open_sandbox(config.sandbox, config.workers, say) as sandbox:
            yield sandbox, Judge(sandbox, journal), journal
    finally:
        journal.close()


def settings_hash(*parts: Any) -> str:
    """Of anything that JSON can say."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
