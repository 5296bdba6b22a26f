"""A short try of every stage on a few problems: what a program takes, and how long."""

import asyncio
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.problems.exam import Exam
from dreamcode_training.chains import SampledChain, sample_chains
from dreamcode_training.config import CORRECTING
from dreamcode_training.evidence import make_labels
from dreamcode_training.pipeline import Workplace, judging
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, Rollouts, Split
from dreamcode_training.rollouts import Completer, roll_out
from dreamcode_training.sources import load_problems

PROBLEMS = 3
"""Problems that are tried."""
ROLLOUTS = 2
"""Rollouts per prefix; their cost is proportional."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a policy takes, from a sample of its work; NaN where nothing was tried.

    Attributes:
        tokens: completion tokens per program, or per rollout.
        finished: share of them that are whole programs, to be judged.
        seconds: to write and judge one.
        distinct: prefixes per problem that are measured.
    """

    tokens: float = math.nan
    finished: float = math.nan
    seconds: float = math.nan
    distinct: float = math.nan


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reward model takes; NaN where nothing was tried or the base could not be used.

    Attributes:
        tokens: of a chain, its problem included.
        step_seconds: per token of plain training.
        correction_seconds: of a correction on top of its step, per token of the step.
        score_seconds: per token that is only scored.
        memory: bytes of tensors that training holds at once, by arithmetic, where chains are as
            long as the longest tried.
    """

    tokens: float = math.nan
    step_seconds: float = math.nan
    correction_seconds: float = math.nan
    score_seconds: float = math.nan
    memory: float = math.nan


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What a short try showed; without one nothing is known."""

    chains: Writing = Writing()
    labels: Writing = Writing()
    reading: Reading = Reading()
    notes: tuple[str, ...] = ()


def try_stages(place: Workplace) -> UnitCosts:
    """Tries the stages with the run's own policies, sandbox and base; keeps nothing.

    Raises:
        InputError: problems or policies cannot be used.
        InfrastructureError: a policy failed.
        SandboxError: the sandbox failed.
    """
    config = place.config
    exams = [owned for owned in load_problems(config.problems, config.seed) if owned[0] == "train"]
    exams = exams[:PROBLEMS]
    with tempfile.TemporaryDirectory(prefix="dreamcode-plan-") as folder:
        written, chains, completed, rollouts = asyncio.run(
            _write(replace(place, folder=Path(folder)), exams)
        )
    records = {exam.problem.id: ProblemRecord(split, exam.problem) for split, exam in exams}
    labels = make_labels(chains, rollouts)
    notes = [f"counted on {len(exams)} problems, {len(chains)} programs, {len(rollouts)} prefixes"]
    reading = Reading()
    if not labels:
        notes.append("no program of the sample was finished: training cannot be estimated")
    else:
        place.say(f"trying two training steps of {config.prm.base}")
        try:
            reading = _read(place, labels, records)
        except InputError as error:
            notes.append(f"training is not estimated: {error}")
        else:
            notes.append(f"training holds about {reading.memory / 1e6:,.0f} MB, without libraries")
    return UnitCosts(written, completed, reading, tuple(notes))


async def _write(
    place: Workplace, exams: Sequence[tuple[Split, Exam]]
) -> tuple[Writing, list[SampledChain], Writing, list[Rollouts]]:
    config = place.config
    labelling = config.labels.model_copy(update={"rollouts": min(ROLLOUTS, config.labels.rollouts)})
    async with judging(place) as (judge, journal):
        async with place.open_policy(config.chains) as policy:
            place.say(f"writing programs for {len(exams)} problems with {config.chains.policy}")
            began = time.monotonic()
            chains = await sample_chains(exams, policy, judge, journal, config.chains, config.seed)
            seconds = time.monotonic() - began
        finished = [chain.finished for chain in chains]
        written = _share(sum(chain.tokens for chain in chains), finished, seconds)
        place.say(f"completing their prefixes with {config.labels.policy}")
        async with place.open_policy(config.labels) as policy:
            began = time.monotonic()
            completer = Completer(policy, judge, journal, labelling, config.seed)
            rollouts = await roll_out(exams, chains, completer)
            seconds = time.monotonic() - began
    finished = [bool(program) for one in rollouts for program in one.programs]
    completed = _share(sum(sum(one.tokens) for one in rollouts), finished, seconds)
    return written, chains, replace(completed, distinct=len(rollouts) / len(exams)), rollouts


def _share(tokens: int, finished: Sequence[bool], seconds: float) -> Writing:
    """What each took, and which share of them was finished."""
    count = max(1, len(finished))
    return Writing(tokens / count, sum(finished) / count, seconds / count)


def _read(
    place: Workplace, labels: Sequence[LabelledChain], problems: dict[str, ProblemRecord]
) -> Reading:
    """Two training steps, the first with a correction where the method makes any."""
    import torch

    from dreamcode_training.batches import Data, score_examples
    from dreamcode_training.correction.label_table import LabelTable
    from dreamcode_training.memory import Shape, estimate_memory
    from dreamcode_training.prm import encode_chains, read_as
    from dreamcode_training.prm_model import load_backbone
    from dreamcode_training.train import Trainer

    config = place.config
    rare = {"warmup": 0.0, "visits": 1e-6}  # so the first step corrects, and the second does not
    correction = config.prm.correction.model_copy(update=rare)
    settings = config.prm.model_copy(update={"correction": correction})
    backbone = load_backbone(settings, config.seed)
    # A label that nobody measured does not train: here all count, so that the work is real.
    counted = [replace(one, counts=(Count(0.5, 1.0),) * len(one.counts)) for one in labels]
    table, rows = LabelTable.from_chains(counted)
    encoder = backbone.encoder(read_as(settings), place.say)
    encoded = encode_chains(counted, rows, problems, encoder, place.say)
    examples = [example for example in encoded if example is not None]
    model = backbone.model.to("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(model, Data(examples, examples, table), settings, config.seed)
    per_token = []
    for _ in range(2):
        began = time.monotonic()
        tokens = trainer.step()["tokens"]
        per_token.append((time.monotonic() - began) / tokens)
    began = time.monotonic()
    score_examples(model, examples, settings.batch)
    scoring = time.monotonic() - began
    total = sum(len(example.ids) for example in examples)
    first, plain = per_token
    correcting = max(0.0, first - plain) if settings.method in CORRECTING else 0.0
    longest = max(len(example.ids) for example in examples)
    memory = estimate_memory(Shape.of(model.config), settings, longest).peak
    return Reading(total / len(examples), plain, correcting, scoring / total, memory)
