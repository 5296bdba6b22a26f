"""One training of the experiment, and many of them in processes of their own."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from dreamcode.codec import decode, encode
from dreamcode.concurrency import map_ahead
from dreamcode.files import write_whole
from dreamcode.rewards.checkpoint import Calibration, read_prm_config
from dreamcode.rewards.reward import StepRewards
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.folder import lock_folder
from dreamcode.runs.journal import make_key
from dreamcode_training.evaluation.run import read_corrections
from dreamcode_training.evaluation.scoring import judge_chains
from dreamcode_training.prm import begin_training, clear_training, run_prm
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.stages import hash_content
from experiments.label_correction.arms import NETWORK, Training, base_training
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.lab import Say, make_network

PROBLEMS_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Result:
    """What the measures need of a training; its result.json.

    Attributes:
        identity: of settings and data that it came from.
        rewards: of every prefix of each problem's candidates.
        programs: calibration of finished programs.
        prefixes: calibration of the others.
        corrections: of a method that corrects, the lines of its corrected.jsonl.
    """

    identity: str
    rewards: dict[str, list[StepRewards]]
    programs: Calibration
    prefixes: Calibration
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
    files = [out / "data" / "chains.jsonl", out / training.labels / "labels.jsonl"]
    settings = training.settings.model_dump(mode="json", exclude={"base", "save_every"})
    contents = [hash_content(file) for file in (*files, out / training.start)]
    inputs = {"settings": settings, "seed": training.seed, "files": contents}
    return make_key("training", inputs)


def train(out: Path, training: Training) -> None:
    """Trains, scores the candidates and writes result.json; goes on from a checkpoint."""
    folder = out / training.name
    with lock_folder(folder):
        identity = identify(out, training)
        begin_training(folder, identity)
        settings = training.settings.model_copy(update={"base": str(out / training.start)})
        run_prm(folder, out / training.labels, settings, training.seed)
        prm = read_prm_config(out / training.model)
        assert prm is not None
        result = Result(
            identity,
            asyncio.run(score_candidates(out, training)),
            prm.of_programs,
            prm.of_prefixes,
            read_corrections(folder / "corrected.jsonl") if settings.method == "correct" else [],
        )
        write_whole(folder / "result.json", json.dumps(encode(result)))
        # Models of a whole grid are large; others start from that of the base.
        clear_training(folder, keep=("model",) if training.series == "base" else ())


async def score_candidates(out: Path, training: Training) -> dict[str, list[StepRewards]]:
    """Rewards of every prefix of every candidate, rounded to seven digits, by problem.

    Equal candidates are scored once.
    """
    problems, candidates = read_candidates(out, training.split)
    async with open_reward(f"hf/{out / training.model}") as reward:

        async def score(name: str) -> list[StepRewards]:
            chains = {(one.steps, one.finished): one for one in candidates[name]}
            found = await judge_chains(reward, problems[name], [*chains.values()], lambda _: None)
            rounded = (
                tuple(None if one is None else round(one, 7) for one in own) for own in found
            )
            known = dict(zip(chains, rounded, strict=True))
            return [known[one.steps, one.finished] for one in candidates[name]]

        scored = await map_ahead(score, candidates, PROBLEMS_AHEAD)
    return dict(zip(candidates, scored, strict=True))


def train_all(
    out: Path, config: ExperimentConfig, trainings: Sequence[Training], jobs: int, say: Say
) -> None:
    """Trains what is not done, the base first, `jobs` at a time in processes with one thread.

    The first failure ends it. What was stopped goes on from its last checkpoint.
    """
    make_network(out / NETWORK, config.network, say)
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
