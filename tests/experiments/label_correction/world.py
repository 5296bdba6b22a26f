"""A tiny experiment's folder: data that nobody sampled, and a network that learned nothing."""

import json
import shutil
from pathlib import Path
from random import Random

import yaml

from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode_training.chains import SampledChain
from dreamcode_training.records import ProblemRecord, read_chains, read_problems, write_lines
from experiments.label_correction.candidates import Examined, ReferencePrefix, reference_file
from experiments.label_correction.config import ExperimentConfig, read_experiment
from experiments.label_correction.grid import NETWORK, OUTCOMES, Training, list_trainings
from experiments.pretraining.programs import write_program
from tests.training.learning import write_base, write_labels

SETTINGS = {
    "base": {"problems": 4, "epochs": 1, "learning_rate": 0.01},
    "chains": {"candidates": 3},
    "labels": {"rollouts": 4},
    "grid": {"completers": ["same"], "k": [2], "methods": ["mc", "correct"], "seeds": 1},
    "prm": {
        "epochs": 2.67,
        "batch": 2,
        "accumulation": 2,
        "learning_rate": 0.01,
        "save_every": 3,
        "correction": {"every": 2, "meta_batch": 3},
    },
    "tuning": {"k": 2, "settings": {"default": {"every": 1}, "none": {"eta": 0.0, "every": 1}}},
    "eval": {"n": [2, 3], "resamples": 200},
}


def write_world(out: Path) -> Path:
    """An experiment's file, with its folder beside it; nothing is trained but the network."""
    config = out / "experiment.yaml"
    config.write_text(yaml.safe_dump(SETTINGS))
    labels = write_labels(out / "labels-same" / "k2")
    shutil.copytree(labels, out / OUTCOMES)
    problems = read_problems(labels / "problems.jsonl")
    chains = [
        SampledChain(one.problem, one.sample, one.steps, True, one.passed, -0.5, 50)
        for one in read_chains(labels / "labels.jsonl", problems)
        if problems[one.problem].split == "validation"
    ]
    reference = [ReferencePrefix(chains[0].problem, chains[0].sample, 1, 3, 4)]
    random = Random(0)
    tested = [generate_exam("test", index).problem for index in range(2)]
    for index, problem in enumerate(tested):
        for sample in range(3):
            written = write_program(generate_task("test", index), random)
            steps = written.steps if sample else written.steps[:1]
            passed = bool(sample) and not written.mistakes
            chains.append(SampledChain(problem.id, sample, steps, bool(sample), passed, -0.5, 50))
    (out / "data").mkdir()
    records = [*problems.values(), *(ProblemRecord("test", problem) for problem in tested)]
    write_lines(out / "data" / "problems.jsonl", records)
    write_lines(out / "data" / "chains.jsonl", chains)
    examined = [Examined(one.problem, one.sample, one.passed, 0) for one in chains]
    write_lines(out / "data" / "candidates.jsonl", examined)
    reference_file(out, "test").parent.mkdir()
    write_lines(reference_file(out, "validation"), reference)
    write_lines(reference_file(out, "test"), [ReferencePrefix(tested[0].id, 1, 1, 1, 4)])
    write_base(out / NETWORK)
    record = {"settings": read_experiment(config).base.network.model_dump()}
    (out / NETWORK / "training.json").write_text(json.dumps(record))
    return config


def find(config: ExperimentConfig, series: str) -> Training:
    return next(one for one in list_trainings(config) if one.series == series)
