"""Chooses correction settings on validation problems alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dreamcode.errors import InputError
from training.metrics import nll
from training.miniature.experiment.config import Completer, ExperimentConfig, with_corrections
from training.miniature.experiment.data import read_candidates
from training.miniature.experiment.grid import Training, list_trials, trials_of
from training.miniature.experiment.points import is_done, read_result, train_all


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings and how they do on validation problems.

    Attributes:
        name: of the settings.
        nll: on finished programs, nats.
        solved: share of problems whose best-ranked candidate passes.
    """

    name: str
    nll: float
    solved: float


Ranked = dict[Completer, list[Trial]]
"""Of each completer, best first."""


def tune(out: Path, config: ExperimentConfig, jobs: int, say: Callable[[str], None]) -> Ranked:
    """Trains with every named setting on every completer's labels and ranks them.

    Raises:
        InputError: no settings are named, or the data is missing.
    """
    trials = list_trials(config)
    if not trials:
        raise InputError("tuning.settings is empty; name some settings of correction")
    train_all(out, trials, jobs, say)
    return rank_trials(out, config)


def rank_trials(out: Path, config: ExperimentConfig) -> Ranked:
    """The trials that are done, best first: by NLL, then by solved."""
    ranked: Ranked = {}
    for completer in config.tuning.completers:
        names = zip(config.tuning.settings, trials_of(config, completer), strict=True)
        found = [_measure(out, name, trial) for name, trial in names if is_done(out, trial)]
        if found:
            ranked[completer] = sorted(found, key=lambda trial: (trial.nll, -trial.solved))
    return ranked


def write_choice(path: Path, config: ExperimentConfig, ranked: Ranked) -> ExperimentConfig:
    """Writes the best settings into the YAML file that experiment.yaml names.

    Returns:
        The experiment with these settings.
    """
    lines = [
        "# Correction settings of the experiment by completer, chosen by",
        "# `python -m training.miniature.experiment tune` on validation problems alone",
        f"# (K = {config.tuning.k}, seed {config.tuning.seed}):",
    ]
    chosen: dict[str, Any] = {}
    for completer, trials in ranked.items():
        lines += [
            f"#   {completer}, {trial.name}: NLL {trial.nll:.4f}, solved {trial.solved:.3f}"
            for trial in trials
        ]
        chosen[completer] = config.tuning.settings[trials[0].name]
    path.write_text("\n".join([*lines, yaml.safe_dump(chosen)]), "utf-8")
    return with_corrections(config, chosen)


def _measure(out: Path, name: str, trial: Training) -> Trial:
    result = read_result(trial.folder(out))
    assert result is not None  # it is done
    _, candidates = read_candidates(out, "validation")
    solved, scores, outcomes = [], [], []
    for problem, chains in candidates.items():
        rewards: list[float | None] = result["rewards"][problem]
        known = [-1.0 if reward is None else reward for reward in rewards]
        solved.append(chains[known.index(max(known))].passed)
        for chain, reward in zip(chains, rewards, strict=True):
            if reward is not None:
                scores.append(reward)
                outcomes.append(float(chain.passed))
    return Trial(name, nll(scores, outcomes), float(np.mean(solved)))
