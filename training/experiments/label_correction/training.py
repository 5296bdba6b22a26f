"""One training of the experiment, and many of them in processes of their own."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamcode.codec import decode, encode
from dreamcode.concurrency import map_ahead
from dreamcode.errors import InfrastructureError
from dreamcode.files import write_whole
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.hf import load_hf
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.folder import lock_folder
from dreamcode.runs.journal import make_key
from dreamcode_training.chains import SampledChain
from dreamcode_training.prm import begin_training, clear_training, run_prm
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.records import ProblemRecord, read_lines
from dreamcode_training.stages import hash_content
from experiments.label_correction.candidates import read_reference, reference_file
from experiments.label_correction.config import read_experiment
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import Training, base_training
from experiments.label_correction.lab import Say
from experiments.label_correction.networks import NETWORK, make_network

PROBLEMS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Correction:
    """A label that could move, as its training left it.

    Attributes:
        problem: id of its problem.
        counted: the label as counted.
        label: the label in the end.
        truth: share of held-out rollouts that pass; None if there are none.
        visits: how often it was corrected.
    """

    problem: str
    counted: float
    label: float
    truth: float | None
    visits: int


@dataclass(frozen=True, slots=True)
class Result:
    """What the report needs of a training; its result.json.

    Attributes:
        identity: of settings and data that it came from.
        device: where it was trained.
        rewards: of each problem's candidates; None for unfinished ones.
        prefixes: reward of every reference prefix of the split; none by an ORM.
        corrections: of method `correct`.
    """

    identity: str
    device: str
    rewards: dict[str, list[float | None]]
    prefixes: list[float]
    corrections: list[Correction]


def read_result(out: Path, training: Training) -> Result | None:
    """What a training came to; None if it is not done, or was of other settings or data."""
    file = out / training.name / "result.json"
    if not file.exists():
        return None
    result = decode(Result, json.loads(file.read_text("utf-8")))
    return result if result.identity == identify(out, training) else None


def identify(out: Path, training: Training) -> str:
    """Differs where settings, labels, start or the candidates to be scored differ."""
    files = [out / "data" / "chains.jsonl", reference_file(out, training.split)]
    files += [out / training.labels / "labels.jsonl", out / training.start]
    settings = training.settings.model_dump(mode="json", exclude={"base", "save_every"})
    contents = [hash_content(file) for file in files]
    inputs = {"settings": settings, "seed": training.seed, "files": contents}
    return make_key("training", inputs)


def train(out: Path, training: Training) -> None:
    """Trains, scores the candidates and writes result.json; goes on from a checkpoint."""
    import torch

    folder = out / training.name
    with lock_folder(folder):
        identity = identify(out, training)
        begin_training(folder, identity)
        settings = training.settings.model_copy(update={"base": str(out / training.start)})
        run_prm(folder, out / training.labels, settings, training.seed)
        problems, candidates = read_candidates(out, training.split)
        steps = score_candidates(out / training.model, problems, candidates)
        reference = read_reference(out, training.split)
        prefixes = [steps[one.problem][one.sample][one.step - 1] for one in reference]
        corrected = folder / "corrected.jsonl" if settings.method == "correct" else None
        result = Result(
            identity,
            torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
            {
                problem: score_programs(candidates[problem], own, settings.aggregation)
                for problem, own in steps.items()
            },
            [one for one in prefixes if one is not None],
            [one for _, one in read_lines(corrected, Correction)] if corrected else [],
        )
        write_whole(folder / "result.json", json.dumps(encode(result)))
        # Models of a whole grid are large; others start from that of the base.
        clear_training(folder, keep=("model",) if training.series == "base" else ())


def score_candidates(
    model: Path,
    problems: Mapping[str, ProblemRecord],
    candidates: Mapping[str, Sequence[SampledChain]],
) -> dict[str, list[StepRewards]]:
    """Rewards of every prefix of every candidate, rounded to five digits, by problem."""
    reward = load_hf(str(model))

    async def score(problem: str) -> list[StepRewards]:
        return await score_chains(reward, problems[problem].problem, candidates[problem])

    async def score_all() -> list[list[StepRewards]]:
        try:
            return await map_ahead(score, candidates, PROBLEMS_AHEAD)
        finally:
            await reward.close()

    return dict(zip(candidates, asyncio.run(score_all()), strict=True))


async def score_chains(
    reward: RewardModel, problem: Problem, chains: Sequence[SampledChain]
) -> list[StepRewards]:
    """Rewards of every prefix of every chain, rounded; equal chains are scored once."""
    endings = [Ending.PROGRAM if chain.finished else Ending.LENGTH for chain in chains]
    drafts = [make_draft(one.steps, end) for one, end in zip(chains, endings, strict=True)]
    distinct = list(dict.fromkeys(drafts))
    rewards = dict(zip(distinct, await reward.score(problem, distinct), strict=True))
    return [
        tuple(None if one is None else round(one, 5) for one in rewards[draft]) for draft in drafts
    ]


def score_programs(
    chains: Sequence[SampledChain], steps: Sequence[StepRewards], aggregation: Aggregation
) -> list[float | None]:
    """One reward a chain; None for unfinished ones, which are never chosen."""
    return [
        aggregate(aggregation, own) if chain.finished else None
        for chain, own in zip(chains, steps, strict=True)
    ]


def train_all(out: Path, path: Path, trainings: Sequence[Training], jobs: int, say: Say) -> None:
    """Trains what is not done, the base first, `jobs` at a time in processes with one thread.

    The trainings are of the experiment whose file is `path`. One that fails prints why, and
    ends all of it with an InfrastructureError.
    """
    config = read_experiment(path)
    make_network(out / NETWORK, config.base.network, say)
    for some in ([base_training(config)], trainings):
        due = [training for training in some if read_result(out, training) is None]
        say(f"trainings: {len(some) - len(due)} of {len(some)} are done")
        asyncio.run(_train_some(due, ["--out", str(out), "--config", str(path)], jobs, say))


async def _train_some(
    trainings: Sequence[Training], options: Sequence[str], jobs: int, say: Say
) -> None:
    command = [sys.executable, "-m", "experiments.label_correction", "train"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TRANSFORMERS_VERBOSITY": "error"}
    meter = Meter("trainings", len(trainings), ProgressLines(say))

    async def run(training: Training) -> None:
        process = await asyncio.create_subprocess_exec(
            *command, training.name, *options, env=environment
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()  # it goes on from its last checkpoint
        if code:
            raise InfrastructureError(f"training {training.name} ended with exit code {code}")
        meter.finished(known=False)

    await map_ahead(run, trainings, jobs)
