"""Outcomes that nobody trained for: what measuring and reporting are tried on."""

import numpy as np

from experiments.label_correction.candidates import ReferencePrefix
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import list_trainings
from experiments.label_correction.scoring import Outcomes, Pool, Series

CORRECTIONS = (
    {"problem": "p1", "counted": 0.4, "label": 0.5, "truth": 0.75, "visits": 2},
    {"problem": "p1", "counted": 0.4, "label": 0.4, "truth": None, "visits": 0},
    {"problem": "p2", "counted": 0.5, "label": 0.25, "truth": 0.25, "visits": 1},
)


def small() -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {"grid": {"k": [2, 4], "seeds": 3}, "eval": {"resamples": 200, "n": [2, 4, 8]}}
    )


def pool(problems: int = 40, candidates: int = 8, seed: int = 0) -> Pool:
    random = np.random.default_rng(seed)
    shape = problems, candidates
    passed = random.random(shape) < 0.4
    finished = passed | (random.random(shape) < 0.9)
    return Pool(
        tuple(f"p{i}" for i in range(problems)),
        passed,
        finished,
        random.normal(size=shape),
        passed | (finished & (random.random(shape) < 0.3)),
        np.where(finished, random.integers(0, 3, shape), -1),
    )


def series(of: Pool, name: str, reference: int, seeds: int, skill: float = 0.3) -> Series:
    random = np.random.default_rng(sum(name.encode()))
    noise = random.random((seeds, *of.passed.shape)).round(2)
    mixed = np.clip(skill * of.passed + (1 - skill) * noise, 0, 1)
    return Series(
        np.where(of.finished, mixed, -1.0),
        random.random((seeds, reference)),
        CORRECTIONS * seeds if "correct" in name else (),
        ("CPU",) * seeds,
    )


def outcomes(config: ExperimentConfig) -> Outcomes:
    of = pool()
    reference = tuple(ReferencePrefix(f"p{i}", 0, 1, i % 5, 4) for i in range(20))
    names = [training.series for training in list_trainings(config)]
    return Outcomes(
        of,
        reference,
        {
            name: series(of, name, 0 if name in ("base", "orm") else 20, names.count(name))
            for name in dict.fromkeys(names)
        },
    )
