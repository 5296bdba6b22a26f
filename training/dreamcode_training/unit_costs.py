"""A short try of every stage on a few problems: what a program takes, and how long."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_training.chains import SampledChain, sample_chains
from dreamcode_training.evidence import make_labels
from dreamcode_training.pipeline import Workplace
from dreamcode_training.progress import ignore
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, Split
from dreamcode_training.rollouts import Completer, Rollouts, roll_out
from dreamcode_training.sources import load_problems

PROBLEMS = 3
"""Problems that are tried."""
ROLLOUTS = 2
"""Rollouts per prefix; their cost is proportional."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a policy takes, from a sample of its work.

    Attributes:
        tokens: completion tokens per program, or per rollout.
        finished: share of them that are whole programs, to be judged.
        seconds: to write and judge one.
        distinct: prefixes per problem that are measured; 0 for chains.
    """

    tokens: float
    finished: float
    seconds: float
    distinct: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reward model takes.

    Attributes:
        tokens: tokens per chain, its problem included.
        step_seconds: seconds per token of plain training.
        correction_seconds: seconds per token that a correction adds to its step.
        score_seconds: seconds per token that is only scored.
    """

    tokens: float
    step_seconds: float
    correction_seconds: float
    score_seconds: float


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What a short try showed; `reading` is None where the base could not be used."""

    chains: Writing
    labels: Writing
    reading: Reading | None
    notes: tuple[str, ...]


def try_stages(place: Workplace) -> UnitCosts:
    """Tries the stages with the run's own policies, sandbox and base; keeps nothing.

    Raises:
        InputError: problems or policies cannot be used.
        InfrastructureError: a policy failed.
        SandboxError: the sandbox failed.
    """
    config = place.config
    exams = [owned for owned in load_problems(config.problems, config.seed) if owned[0] == "train"][
        :PROBLEMS
    ]
    with tempfile.TemporaryDirectory(prefix="dreamcode-plan-") as folder:
        journal = Journal(Path(folder) / "journal.jsonl")
        try:
            written, chains, completed, rollouts = asyncio.run(_write(place, exams, journal))
        finally:
            journal.close()
    records = {exam.problem.id: ProblemRecord(split, exam.problem) for split, exam in exams}
    labels = make_labels(chains, rollouts)
    notes = [f"counted on {len(exams)} problems, {len(chains)} programs, {len(rollouts)} prefixes"]
    reading = None
    if not labels:
        notes.append("no program of the sample was finished: training cannot be estimated")
    else:
        place.say(f"trying two training steps of {config.prm.base}")
        try:
            reading = _read(place, labels, records)
        except InputError as error:
            notes.append(f"training is not estimated: {error}")
    return UnitCosts(written, completed, reading, tuple(notes))


async def _write(
    place: Workplace, exams: Sequence[tuple[Split, Exam]], journal: Journal
) -> tuple[Writing, list[SampledChain], Writing, list[Rollouts]]:
    config = place.config
    labelling = config.labels.model_copy(update={"rollouts": min(ROLLOUTS, config.labels.rollouts)})
    async with open_sandbox(config.sandbox, config.workers, place.say) as sandbox:
        judge = Judge(sandbox, journal)
        async with place.open_policy(config.chains) as policy:
            place.say(f"writing programs for {len(exams)} problems with {config.chains.policy}")
            began = time.monotonic()
            chains = await sample_chains(
                exams, policy, judge, journal, config.chains, config.seed, ignore
            )
            seconds = (time.monotonic() - began) / len(chains)
        written = Writing(
            sum(chain.tokens for chain in chains) / len(chains),
            sum(chain.finished for chain in chains) / len(chains),
            seconds,
        )
        place.say(f"completing their prefixes with {config.labels.policy}")
        async with place.open_policy(config.labels) as completer:
            began = time.monotonic()
            rollouts = await roll_out(
                exams, chains, Completer(completer, judge, journal, labelling, config.seed)
            )
            seconds = time.monotonic() - began
    made = sum(len(one.outcomes) for one in rollouts)
    completed = Writing(
        sum(sum(one.tokens) for one in rollouts) / max(1, made),
        sum(sum(map(bool, one.programs)) for one in rollouts) / max(1, made),
        seconds / max(1, made),
        len(rollouts) / len(exams),
    )
    return written, chains, completed, rollouts


def _read(
    place: Workplace, labels: Sequence[LabelledChain], problems: dict[str, ProblemRecord]
) -> Reading:
    """Two training steps, the first with a correction where the method makes any."""
    from dreamcode.rewards.checkpoint import PrmConfig
    from dreamcode_training.batches import Data, score_examples
    from dreamcode_training.correction.label_table import LabelTable
    from dreamcode_training.prm import encode_chains
    from dreamcode_training.prm_model import load_backbone
    from dreamcode_training.train import Trainer

    config = place.config
    correction = config.prm.correction.model_copy(update={"warmup": 0.0, "every": 2})
    settings = config.prm.model_copy(update={"correction": correction})
    backbone = load_backbone(settings, config.seed)
    # A label that nobody measured does not train: here all count, so that the work is real.
    counted = [replace(one, counts=(Count(0.5, 1.0),) * len(one.counts)) for one in labels]
    table, rows = LabelTable.from_chains(counted)
    prm = PrmConfig(template=settings.template, separator=settings.separator)
    encoder = backbone.encoder(prm, place.say)
    encoded = encode_chains(counted, rows, problems, encoder, place.say)
    examples = [example for example in encoded if example is not None]
    device = _device()
    model = backbone.model.to(device)
    trainer = Trainer(model, Data(examples, examples, table), settings, config.seed)
    times, tokens = [], []
    for _ in range(2):
        began = time.monotonic()
        tokens.append(trainer.step()["tokens"])
        times.append(time.monotonic() - began)
    began = time.monotonic()
    score_examples(model, examples, settings.batch)
    scoring = time.monotonic() - began
    lengths = [len(example.ids) for example in examples]
    plain = times[1] / tokens[1]
    corrects = settings.method in ("correct", "reweight")
    return Reading(
        sum(lengths) / len(lengths),
        plain,
        max(0.0, times[0] / tokens[0] - plain) if corrects else 0.0,
        scoring / sum(lengths),
    )


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
