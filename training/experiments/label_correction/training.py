"""One training of the experiment, and many of them in processes of their own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from dreamcode.codec import decode, encode
from dreamcode.concurrency import map_ahead
from dreamcode.files import write_whole
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.folder import lock_folder
from dreamcode.runs.journal import make_key
from dreamcode_training.chains import SampledChain
from dreamcode_training.evaluation.run import read_corrections
from dreamcode_training.prm import begin_training, clear_training, run_prm
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.stages import hash_content
from experiments.label_correction.candidates import read_reference, reference_file
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import NETWORK, Training, base_training
from experiments.label_correction.lab import Say, make_network

PROBLEMS_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Result:
    """What the report needs of a training; its result.json.

    Attributes:
        identity: of settings and data that it came from.
        device: where it was trained.
        rewards: of each problem's candidates; None for unfinished ones.
        prefixes: reward of every reference prefix of the split; none by an ORM.
        corrections: of method `correct`, the lines of its corrected.jsonl.
    """

    identity: str
    device: str
    rewards: dict[str, list[float | None]]
    prefixes: list[float]
    corrections: list[dict[str, Any]]


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

        async def score() -> dict[str, list[StepRewards]]:
            async with open_reward(f"hf/{out / training.model}") as reward:
                return await score_candidates(reward, problems, candidates)

        steps = asyncio.run(score())
        reference = read_reference(out, training.split)
        prefixes = [steps[one.problem][one.sample][one.step - 1] for one in reference]
        result = Result(
            identity,
            torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
            {
                problem: score_programs(candidates[problem], own, settings.aggregation)
                for problem, own in steps.items()
            },
            [one for one in prefixes if one is not None],
            read_corrections(folder / "corrected.jsonl") if settings.method == "correct" else [],
        )
        write_whole(folder / "result.json", json.dumps(encode(result)))
        # Models of a whole grid are large; others start from that of the base.
        clear_training(folder, keep=("model",) if training.series == "base" else ())


async def score_candidates(
    reward: RewardModel,
    problems: Mapping[str, Problem],
    candidates: Mapping[str, Sequence[SampledChain]],
) -> dict[str, list[StepRewards]]:
    """Rewards of every prefix of every candidate, rounded to five digits, by problem.

    Equal candidates are scored once.
    """

    async def score(problem: str) -> list[StepRewards]:
        drafts = [
            make_draft(one.steps, Ending.PROGRAM if one.finished else Ending.LENGTH)
            for one in candidates[problem]
        ]
        distinct = list(dict.fromkeys(drafts))
        rewards = await reward.score(problems[problem], distinct)
        rounded = [tuple(None if one is None else round(one, 5) for one in own) for own in rewards]
        known = dict(zip(distinct, rounded, strict=True))
        return [known[draft] for draft in drafts]

    scored = await map_ahead(score, candidates, PROBLEMS_AHEAD)
    return dict(zip(candidates, scored, strict=True))


def score_programs(
    chains: Sequence[SampledChain], steps: Sequence[StepRewards], aggregation: Aggregation
) -> list[float | None]:
    """One reward a chain; None for unfinished ones, which are never chosen."""
    return [
        aggregate(aggregation, own) if chain.finished else None
        for chain, own in zip(chains, steps, strict=True)
    ]


def train_all(
    out: Path, config: ExperimentConfig, trainings: Sequence[Training], jobs: int, say: Say
) -> None:
    """Trains what is not done, the base first, `jobs` at a time in processes with one thread.

    The first failure ends it. What was stopped goes on from its last checkpoint.
    """
    make_network(out / NETWORK, config.base.network, say)
    for some in ([base_training(config)], trainings):
        due = [training for training in some if read_result(out, training) is None]
        say(f"trainings: {len(some) - len(due)} of {len(some)} are done")
        meter = Meter("trainings", len(due), ProgressLines(say))
        pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin_process)
        try:
            for done in as_completed([pool.submit(train, out, training) for training in due]):
                done.result()
                meter.finished(known=False)
        finally:
            pool.shutdown(cancel_futures=True)


def _begin_process() -> None:
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
