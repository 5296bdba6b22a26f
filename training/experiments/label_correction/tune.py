"""Chooses correction settings on validation problems alone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dreamcode.errors import InputError
from dreamcode_training.chains import read_sampled_chains
from dreamcode_training.metrics import nll
from dreamcode_training.progress import OnProgress, ignore
from dreamcode_training.records import read_problems
from dreamcode_training.sources import load_problems
from experiments.label_correction.config import Completer, ExperimentConfig, with_corrections
from experiments.label_correction.data import open_judge, read_candidates
from experiments.label_correction.grid import Training, list_trials, trials_of
from experiments.label_correction.points import is_done, read_result, train_all
from experiments.label_correction.reference import FILES, make_reference, read_reference


@dataclass(frozen=True, slots=True)
class Trial:
    """Correction settings and how they do on validation problems.

    Attributes:
        name: of the settings.
        programs: NLL on finished programs, nats.
        prefixes: NLL of the rollouts of reference prefixes, nats.
        solved: share of problems whose best-ranked candidate passes.
    """

    name: str
    programs: float
    prefixes: float
    solved: float

    @property
    def loss(self) -> float:
        """What settings are chosen by: a reward model is asked about both alike."""
        return (self.programs + self.prefixes) / 2


Ranked = dict[Completer, list[Trial]]
"""Of each completer, best first."""


def tune(
    out: Path,
    config: ExperimentConfig,
    jobs: int,
    say: Callable[[str], None],
    on_progress: OnProgress = ignore,
) -> Ranked:
    """Trains with every named setting on every completer's labels and ranks them.

    Raises:
        InputError: no settings are named, or the data is missing.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    trials = list_trials(config)
    if not trials:
        raise InputError("tuning.settings is empty; name some settings of correction")
    if not (out / FILES["validation"]).exists():
        say("reference rollouts of validation problems")
        asyncio.run(_make_reference(out, config, say, on_progress))
    train_all(out, trials, jobs, say)
    return rank_trials(out, config)


def rank_trials(out: Path, config: ExperimentConfig) -> Ranked:
    """The trials that are done, best first."""
    ranked: Ranked = {}
    for completer in config.tuning.completers:
        names = zip(config.tuning.settings, trials_of(config, completer), strict=True)
        found = [_measure(out, name, trial) for name, trial in names if is_done(out, trial)]
        if found:
            ranked[completer] = sorted(found, key=lambda trial: trial.loss)
    return ranked


def write_choice(path: Path, config: ExperimentConfig, ranked: Ranked) -> ExperimentConfig:
    """Writes the best settings into the YAML file that experiment.yaml names.

    Returns:
        The experiment with these settings.
    """
    lines = [
        "# Correction settings of the experiment by completer, chosen by",
        "# `python -m experiments.label_correction tune` on validation problems alone",
        f"# (K = {config.tuning.k}, seed {config.tuning.seed}), by the mean of both NLLs:",
    ]
    chosen: dict[str, Any] = {}
    for completer, trials in ranked.items():
        lines += [f"#   {completer}, {describe_trial(trial)}" for trial in trials]
        chosen[completer] = config.tuning.settings[trials[0].name]
    path.write_text("\n".join([*lines, yaml.safe_dump(chosen)]), "utf-8")
    return with_corrections(config, chosen)


def describe_trial(trial: Trial) -> str:
    """In a line."""
    return (
        f"{trial.name}: NLL of programs {trial.programs:.4f}, of prefixes {trial.prefixes:.4f}, "
        f"solved {trial.solved:.3f}"
    )


async def _make_reference(
    out: Path, config: ExperimentConfig, say: Callable[[str], None], on_progress: OnProgress
) -> None:
    exams = load_problems(config.problems, config.seed)
    problems = read_problems(out / "data" / "problems.jsonl")
    chains = read_sampled_chains(out / "data" / "chains.jsonl", problems)
    async with open_judge(out, config, say) as (_, judge, journal):
        await make_reference(out, "validation", exams, chains, judge, journal, config, on_progress)


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
    shares = [one.k / one.n for one in read_reference(out, "validation")]
    prefixes = nll(result["prefixes"], shares)
    return Trial(name, nll(scores, outcomes), prefixes, float(np.mean(solved)))
