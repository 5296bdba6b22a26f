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
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.folder import lock_folder, write_whole
from dreamcode.runs.journal import make_key
from dreamcode_training.chains import SampledChain
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.progress import Meter, OnProgress, ProgressLines, ignore
from dreamcode_training.records import ProblemRecord, read_lines
from dreamcode_training.stages import hash_content
from experiments.label_correction.candidates import read_reference, reference_file
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import Training
from experiments.label_correction.lab import Say

BASE = "base/model"
"""What every training starts from."""

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


def learn(
    folder: Path,
    labels: Path,
    settings: PrmStageConfig,
    seed: int,
    identity: str,
    on_progress: OnProgress = ignore,
) -> None:
    """Trains a reward model into `folder`/model, from the last checkpoint of the same identity."""
    from dreamcode_training.prm import run_prm
    from dreamcode_training.training_run import begin_training

    begin_training(folder, identity)
    run_prm(folder, labels, settings, seed, on_progress)


def forget_model(folder: Path) -> None:
    """Removes what `learn` left: models of a whole grid are large."""
    from dreamcode_training.training_run import clear_training

    clear_training(folder)


def read_result(out: Path, training: Training) -> Result | None:
    """What a training came to; None if it is not done, or was of other settings or data."""
    file = out / training.name / "result.json"
    if not file.exists():
        return None
    result = decode(Result, json.loads(file.read_text("utf-8")))
    return result if result.identity == identify(out, training) else None


def identify(out: Path, training: Training) -> str:
    """Differs where settings, labels, base or the candidates to be scored differ."""
    files = [out / "data" / "chains.jsonl", reference_file(out, training.split), out / BASE]
    files += [out / training.labels / "labels.jsonl"] if training.labels else []
    return identify_inputs(training.settings, training.seed, *files)


def identify_inputs(settings: PrmStageConfig, seed: int, *files: Path) -> str:
    """Differs where settings, seed or the content of files and folders differ."""
    described = settings.model_dump(mode="json", exclude={"base", "save_every", "store"})
    inputs = {"settings": described, "seed": seed, "files": [hash_content(file) for file in files]}
    return make_key("training", inputs)


def train(out: Path, training: Training) -> None:
    """Trains, scores the candidates and writes result.json; goes on from a checkpoint."""
    import torch

    folder, model = out / training.name, out / BASE
    with lock_folder(folder):
        identity = identify(out, training)
        (folder / "result.json").unlink(missing_ok=True)
        if training.labels is not None:
            settings = training.settings.model_copy(update={"base": str(model)})
            learn(folder, out / training.labels, settings, training.seed, identity)
            model = folder / "model"
        problems, candidates = read_candidates(out, training.split)
        steps = score_candidates(model, problems, candidates)
        places = [steps[one.problem][one.sample][one.step - 1]
                  for one in read_reference(out, training.split)]  # fmt: skip
        corrected = folder / "corrected.jsonl" if training.settings.method == "correct" else None
        result = Result(
            identity,
            torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
            {
                problem: score_programs(candidates[problem], own, training.settings.aggregation)
                for problem, own in steps.items()
            },
            [] if None in places else [one for one in places if one is not None],
            [one for _, one in read_lines(corrected, Correction)] if corrected else [],
        )
        write_whole(folder / "result.json", json.dumps(encode(result)))
        forget_model(folder)


def score_candidates(
    model: Path,
    problems: Mapping[str, ProblemRecord],
    candidates: Mapping[str, Sequence[SampledChain]],
) -> dict[str, list[StepRewards]]:
    """Rewards of every prefix of every candidate, rounded to five digits, by problem."""
    from dreamcode.rewards.hf import load_hf

    reward = load_hf(str(model))

    async def score(problem: str) -> list[StepRewards]:
        return await score_chains(reward, problems[problem], candidates[problem])

    async def score_all() -> list[list[StepRewards]]:
        try:
            return await map_ahead(score, candidates, PROBLEMS_AHEAD)
        finally:
            await reward.close()

    return dict(zip(candidates, asyncio.run(score_all()), strict=True))


async def score_chains(
    reward: RewardModel, problem: ProblemRecord, chains: Sequence[SampledChain]
) -> list[StepRewards]:
    """Rewards of every prefix of every chain, rounded; equal chains are scored once."""
    drafts = {
        (chain.steps, chain.finished): make_draft(
            chain.steps, Ending.PROGRAM if chain.finished else Ending.LENGTH
        )
        for chain in chains
    }
    rewards = await reward.score(problem.problem, list(drafts.values()))
    rounded = [tuple(None if one is None else round(one, 5) for one in own) for own in rewards]
    known = dict(zip(drafts, rounded, strict=True))
    return [known[chain.steps, chain.finished] for chain in chains]


def score_programs(
    chains: Sequence[SampledChain], steps: Sequence[StepRewards], aggregation: Aggregation
) -> list[float | None]:
    """One reward a chain; None for unfinished ones, which are never chosen."""
    return [
        aggregate(aggregation, own) if chain.finished else None
        for chain, own in zip(chains, steps, strict=True)
    ]


def train_all(
    out: Path, trainings: Sequence[Training], settings: Path, jobs: int, say: Say
) -> None:
    """Trains what is not done, `jobs` at a time, each in a process of its own with one thread.

    They are of the experiment whose file is `settings`. A training that fails prints why, and
    ends all of it with an InfrastructureError.
    """
    due = [training for training in trainings if read_result(out, training) is None]
    say(f"trainings: {len(trainings) - len(due)} of {len(trainings)} are done")
    meter = Meter("trainings", len(due), ProgressLines(say))
    command = [sys.executable, "-m", "experiments.label_correction", "train"]
    options = ["--out", str(out), "--config", str(settings)]
    quiet = {"OMP_NUM_THREADS": "1", "TRANSFORMERS_VERBOSITY": "error"}

    async def run(training: Training) -> None:
        process = await asyncio.create_subprocess_exec(
            *command, training.name, *options, env={**os.environ, **quiet}
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()  # it goes on from its last checkpoint
        if code:
            raise InfrastructureError(f"training {training.name} ended with exit code {code}")
        meter.finished(known=False)

    async def run_all() -> None:
        await map_ahead(run, due, jobs)

    asyncio.run(run_all())
