"""Chooses correction settings on validation problems alone."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode_training.evaluation.depths import by_outcome, count_by_depth
from dreamcode_training.evaluation.scoring import make_record
from experiments.label_correction.arms import list_trials
from experiments.label_correction.config import ExperimentConfig, correction_file, read_experiment
from experiments.label_correction.data import read_candidates
from experiments.label_correction.lab import Say
from experiments.label_correction.training import Result, read_result, train_all


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings and the share of same-depth pairs that they rank rightly.

    Pairs are of a prefix that ended well and one that did not, of validation problems: what
    correction is for, and what no calibration changes.
    """

    name: str
    pairs: float


def tune(out: Path, path: Path, jobs: int, say: Say) -> list[Trial]:
    """Trains with every named setting, and writes the best one beside `path`; best first.

    Raises:
        InputError: there is nothing to choose among.
    """
    correction_file(path).unlink(missing_ok=True)
    config = read_experiment(path)
    if not config.tuning.settings:
        raise InputError("tuning.settings is empty; name some settings of correction")
    train_all(out, config, list(list_trials(config).values()), jobs, say)
    trials = rank_trials(out, config)
    best = config.tuning.settings[trials[0].name]
    head = f"# Chosen on validation by `tune`: {trials[0].name}, the best of {len(trials)}.\n"
    write_whole(correction_file(path), head + yaml.safe_dump(best))
    return trials


def rank_trials(out: Path, config: ExperimentConfig) -> list[Trial]:
    """All trials that are done, the best first."""
    found = [
        Trial(name, _rank_pairs(out, result))
        for name, training in list_trials(config).items()
        if (result := read_result(out, training)) is not None
    ]
    return sorted(found, key=lambda trial: -trial.pairs)


def _rank_pairs(out: Path, result: Result) -> float:
    _, candidates = read_candidates(out, "validation")
    right = total = 0.0
    for name, chains in candidates.items():
        pool = [
            make_record(chain, "validation", rewards)
            for chain, rewards in zip(chains, result.rewards[name], strict=True)
        ]
        for some, of in count_by_depth(pool, by_outcome).values():
            right, total = right + some, total + of
    return right / total
