"""One training of the experiment, and many of them in processes of their own."""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from dreamcode.concurrency import map_ahead
from dreamcode.policies.draft import Draft, make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.folder import lock_folder, write_whole
from dreamcode_training.chains import SampledChain
from dreamcode_training.records import ProblemRecord, read_lines
from dreamcode_training.stages import hash_content
from experiments.label_correction.data import read_candidates, settings_hash
from experiments.label_correction.grid import Training
from experiments.label_correction.reference import FILES, read_reference

PROBLEMS_AHEAD = 8
TRAININGS_A_PROCESS = 20
Scores = dict[str, list[StepRewards]]


def identify_training(out: Path, training: Training) -> str:
    """Differs where settings, labels, base or the candidates to be scored differ."""
    parts = [
        training.settings.model_dump(mode="json", exclude={"save_every", "store"}),
        training.seed,
        training.split,
        training.labels and hash_content(out / training.labels / "labels.jsonl"),
        hash_content(out / "data" / "chains.jsonl"),
        training.base and hash_content(out / training.base),
    ]
    if training.split == "validation":
        parts.append(hash_content(out / FILES["validation"]))
    return settings_hash(*parts)


def is_done(out: Path, training: Training) -> bool:
    """Whether its result is there and belongs to these settings and data."""
    result = read_result(training.folder(out))
    return result is not None and result["identity"] == identify_training(out, training)


def read_result(folder: Path) -> dict[str, Any] | None:
    """What a training left behind; None if it is not finished."""
    file = folder / "result.json"
    if not file.exists():
        return None
    result: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return result


def train(out: Path, training: Training) -> None:
    """Trains, scores the candidates and writes result.json; goes on from a checkpoint.

    Raises:
        InputError: labels or settings cannot be used.
        InfrastructureError: another process trains in the folder.
    """
    import torch
    from dreamcode_training.training_run import begin_training, clear_training

    from dreamcode_training.prm import run_prm

    folder = training.folder(out)
    with lock_folder(folder):
        identity = identify_training(out, training)
        if begin_training(folder, identity):
            (folder / "result.json").unlink(missing_ok=True)
        start = time.monotonic()
        settings, model, measures = training.settings, folder / "model", {}
        if training.base is not None:
            settings = settings.model_copy(update={"base": str(out / training.base)})
        if training.labels is None:
            model = Path(settings.base)
        else:
            measures = run_prm(folder, out / training.labels, settings, training.seed)
        trained = time.monotonic()
        problems, candidates = read_candidates(out, training.split)
        scores = score_candidates(model, problems, candidates)
        # Only what the report needs: results of a whole grid are small enough to be kept.
        result = {
            "identity": identity,
            "name": training.name,
            "split": training.split,
            "validation": measures,
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
            "seconds": {"training": trained - start, "scoring": time.monotonic() - trained},
            "rewards": {
                problem: [
                    aggregate(settings.aggregation, steps) if chain.finished else None
                    for chain, steps in zip(candidates[problem], own, strict=True)
                ]
                for problem, own in scores.items()
            },
            "prefixes": _reference_rewards(out, training, scores),
            "corrections": _corrections(folder, training),
        }
        write_whole(folder / "result.json", json.dumps(result))
        clear_training(folder, keep=("model", "metrics.jsonl") if training.keep else ())


def score_candidates(
    model: Path, problems: dict[str, ProblemRecord], candidates: dict[str, list[SampledChain]]
) -> Scores:
    """Rewards of every prefix of every candidate, rounded to five digits."""
    from dreamcode.rewards.hf import load_hf

    reward = load_hf(str(model))

    async def score(problem: str) -> list[StepRewards]:
        return await score_chains(reward, problems[problem], candidates[problem])

    async def score_all() -> list[list[StepRewards]]:
        try:
            return await map_ahead(score, candidates, PROBLEMS_AHEAD)
        finally:
            await reward.close()

    found = asyncio.run(score_all())
    return dict(zip(candidates, found, strict=True))


async def score_chains(
    reward: RewardModel, problem: ProblemRecord, chains: Sequence[SampledChain]
) -> list[StepRewards]:
    """Rewards of every prefix of every chain, rounded; equal chains are scored once."""
    distinct = {(chain.steps, chain.finished): _draft(chain) for chain in chains}
    rewards = await reward.score(problem.problem, list(distinct.values()))
    known = dict(zip(distinct, rewards, strict=True))
    return [
        tuple(None if one is None else round(one, 5) for one in known[chain.steps, chain.finished])
        for chain in chains
    ]


def train_all(
    out: Path,
    trainings: Iterable[Training],
    jobs: int,
    say: Callable[[str], None],
    on_done: Callable[[int, int, float], None] = lambda done, total, left: None,
) -> None:
    """Trains what is not done, `jobs` at a time, each with one thread.

    Args:
        out: the experiment's folder.
        trainings: which.
        jobs: processes; 1 trains in processes too, so that Ctrl-C is the same.
        say: told which ones are done already or finish.
        on_done: told how many are done, of how many, and the seconds left.

    Raises:
        InputError: labels or settings cannot be used.
        InfrastructureError: a folder is in use.
    """
    wanted = list(trainings)
    due = [training for training in wanted if not is_done(out, training)]
    say(f"trainings: {len(wanted) - len(due)} of {len(wanted)} are done")
    if not due:
        return
    began = time.monotonic()
    count = 0
    # New processes now and then, for memory's sake. The executor's own `max_tasks_per_child`
    # hangs with tasks left once a process has ended (CPython issue 115634).
    size = jobs * TRAININGS_A_PROCESS
    for start in range(0, len(due), size):
        for training in _train_some(out, due[start : start + size], jobs):
            count += 1
            left = (time.monotonic() - began) / count * (len(due) - count)
            say(f"trained {training.name}")
            on_done(len(wanted) - len(due) + count, len(wanted), left)


def _train_some(out: Path, trainings: Sequence[Training], jobs: int) -> Iterator[Training]:
    """Trains in processes of their own; gives each training when it is done."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _prepare_process) as pool:
        futures = {pool.submit(train, out, training): training for training in trainings}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()  # else the end of this process waits for their trainings
            raise


def _prepare_process() -> None:
    """Ctrl-C ends a worker at once; its training goes on from its last checkpoint."""
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # announces every new head
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(1)


def _end_with(parent: Any) -> None:
    """A worker whose parent was killed would hold its folder and wait for ever."""
    parent.join()
    os._exit(1)


def _reference_rewards(out: Path, training: Training, scores: Scores) -> list[float]:
    """The reward of every reference prefix of the split; none by an ORM."""
    reference = read_reference(out, training.split)
    found = [scores[one.problem][one.sample][one.step - 1] for one in reference]
    return [] if None in found else [reward for reward in found if reward is not None]


def _corrections(folder: Path, training: Training) -> list[list[Any]]:
    """[problem, counted, label, truth, visits] of every label that could move."""
    if training.settings.method != "correct":
        return []
    rows = [row for _, row in read_lines(folder / "corrected.jsonl", dict[str, Any])]
    return [
        [row["problem"], row["counted"], row["label"], row["truth"], row["visits"]] for row in rows
    ]


def _draft(chain: SampledChain) -> Draft:
    return make_draft(chain.steps, Ending.PROGRAM if chain.finished else Ending.LENGTH)
