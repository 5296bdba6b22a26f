"""The experiment's data: problems, candidates, labels of two completers, reference rollouts."""

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dreamcode.grading.judge import Judge
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import Sandbox, open_sandbox
from dreamcode_training.chains import SampledChain, read_sampled_chains, sample_chains
from dreamcode_training.evidence import add_truth, make_labels
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import (
    ProblemRecord,
    Split,
    read_problems,
    write_lines,
    write_problems,
)
from dreamcode_training.rollouts import Completer, Rollouts, read_rollouts, roll_out
from dreamcode_training.sources import load_problems
from experiments.label_correction.base import list_base_problems, write_outcomes
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import labels_folder
from experiments.label_correction.pools import examine
from experiments.label_correction.reference import FILES, make_reference

MARK = "data/done.json"
Exams = Sequence[tuple[Split, Exam]]


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
    (out / FILES["validation"]).unlink(missing_ok=True)  # of other candidates; `tune` makes it
    exams = load_problems(config.problems, config.seed)
    async with open_judge(out, config, say) as (sandbox, judge, journal):
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
        await make_reference(out, "test", exams, chains, judge, journal, config, on_progress)
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
async def open_judge(
    out: Path, config: ExperimentConfig, say: Callable[[str], None]
) -> AsyncIterator[tuple[Sandbox, Judge, Journal]]:
    """A sandbox, the judge that uses it, and the experiment's journal.

    Raises:
        SandboxError: no sandbox can be opened.
    """
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
