"""Chooses correction settings on validation problems alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode_training.metrics import nll
from experiments.label_correction.candidates import read_reference
from experiments.label_correction.config import (
    Completer,
    ExperimentConfig,
    correction_file,
    read_experiment,
)
from experiments.label_correction.data import read_candidates
from experiments.label_correction.grid import list_trials
from experiments.label_correction.lab import Say
from experiments.label_correction.training import Result, read_result, train_all


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings on validation: NLL of programs and of prefixes, share solved."""

    name: str
    programs: float
    prefixes: float
    solved: float

    @property
    def loss(self) -> float:
        """What settings are chosen by: a reward model is asked about both alike."""
        return (self.programs + self.prefixes) / 2


def tune(out: Path, path: Path, jobs: int, say: Say) -> dict[Completer, list[Trial]]:
    """Trains with every named setting on every completer's labels, and writes the best ones.

    They are written beside `path`, the experiment's file. An InputError says so if there is
    nothing to choose among.
    """
    config = read_experiment(path)
    if not config.tuning.settings:
        raise InputError("tuning.settings is empty; name some settings of correction")
    trials = [list_trials(config, completer).values() for completer in config.grid.completers]
    train_all(out, config, [trial for own in trials for trial in own], jobs, say)
    ranked = rank_trials(out, config)
    write_choice(correction_file(path), config, ranked)
    return ranked


def rank_trials(out: Path, config: ExperimentConfig) -> dict[Completer, list[Trial]]:
    """The trials that are done, best first."""
    ranked: dict[Completer, list[Trial]] = {}
    for completer in config.grid.completers:
        trials = list_trials(config, completer).items()
        results = {name: read_result(out, training) for name, training in trials}
        found = [_measure(out, name, one) for name, one in results.items() if one is not None]
        if found:
            ranked[completer] = sorted(found, key=lambda trial: trial.loss)
    return ranked


def write_choice(
    path: Path, config: ExperimentConfig, ranked: dict[Completer, list[Trial]]
) -> None:
    """Writes the best settings into the YAML file that belongs to the experiment's."""
    text = (
        "# Correction settings of the experiment by completer, chosen by\n"
        "# `python -m experiments.label_correction tune` on validation problems alone\n"
        f"# (K = {config.tuning.k}, seed {config.tuning.seed}), by the mean of both NLLs. The page "
        "has all that competed.\n"
    )
    chosen = {own: config.tuning.settings[trials[0].name] for own, trials in ranked.items()}
    write_whole(path, text + yaml.safe_dump(chosen))


def _measure(out: Path, name: str, result: Result) -> Trial:
    _, candidates = read_candidates(out, "validation")
    solved, scores, outcomes = [], [], []
    for problem, chains in candidates.items():
        rewards = result.rewards[problem]
        known = [-1.0 if reward is None else reward for reward in rewards]
        solved.append(chains[known.index(max(known))].passed)
        for chain, reward in zip(chains, rewards, strict=True):
            if reward is not None:
                scores.append(reward)
                outcomes.append(float(chain.passed))
    shares = [one.share for one in read_reference(out, "validation")]
    prefixes = nll(result.prefixes, shares)
    return Trial(name, nll(scores, outcomes), prefixes, float(np.mean(solved)))
