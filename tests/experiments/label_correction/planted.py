"""An experiment's folder of which every number is known: nothing is sampled or trained.

Each problem has 16 candidates of four steps. Of every other problem the first eight pass; all
others failed, by a function at place 1, 2 or 3.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dreamcode.codec import encode
from dreamcode.miniature.exams import generate_exam
from dreamcode.rewards.checkpoint import Calibration
from dreamcode.rewards.reward import StepRewards
from dreamcode_training.chains import SampledChain
from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.records import ProblemRecord, write_lines
from experiments.label_correction.arms import Training, list_trainings
from experiments.label_correction.config import SHIPPED, ExperimentConfig, read_experiment
from experiments.label_correction.training import Result, identify

PROBLEMS, CANDIDATES = 40, 16
PROGRAMS, PREFIXES = Calibration(2.0, 0.5), Calibration(1.0, -1.0)

Judge = Callable[[int, int], StepRewards]
"""The rewards of a problem's candidate."""

CORRECTIONS = [
    {"counted": 0.4, "label": 0.5, "truth": 0.75, "visits": 2},
    {"counted": 0.4, "label": 0.4, "truth": None, "visits": 9},
    {"counted": 0.5, "label": 0.25, "truth": 0.25, "visits": 1},
]


def passes(problem: int, sample: int) -> bool:
    """Whether the candidate does."""
    return problem % 2 == 1 and sample < 8


def first_fault(sample: int) -> int:
    """Where a candidate that fails went wrong."""
    return 1 + sample % 3


def perfect(problem: int, sample: int) -> StepRewards:
    """.99 as long as everything is sound, then .01."""
    sound = 4 if passes(problem, sample) else first_fault(sample)
    return tuple(0.99 if place < sound else 0.01 for place in range(4))


def wrong(problem: int, sample: int) -> StepRewards:
    """The contrary."""
    return tuple(1 - reward for reward in perfect(problem, sample) if reward is not None)


def flat(problem: int, sample: int) -> StepRewards:
    """The same of everything."""
    return (0.25,) * 4


def chance(seed: int) -> Judge:
    """Anything."""
    random = np.random.default_rng(seed)
    found = random.uniform(0.2, 0.8, (PROBLEMS, CANDIDATES, 4))
    return lambda problem, sample: (*found[problem, sample].tolist(),)


def small() -> ExperimentConfig:
    """The experiment that ships, with fewer runs and draws."""
    shipped = read_experiment(SHIPPED)
    draws = shipped.eval.model_copy(update={"resamples": 5000})
    return shipped.model_copy(update={"sets": 1, "seeds": 2, "eval": draws})


def plant(out: Path, config: ExperimentConfig, judges: dict[str, Judge]) -> Path:
    """The folder of all of the experiment's trainings, each with the judge of its arm.

    Args:
        out: the folder.
        config: the experiment.
        judges: by arm; all others judge by chance.
    """
    exams = [generate_exam("test", index) for index in range(PROBLEMS)]
    names = [exam.problem.id for exam in exams]
    places = [(p, s) for p in range(PROBLEMS) for s in range(CANDIDATES)]
    steps = tuple(f"{name} = 0\n" for name in "abcd")
    (out / "data").mkdir(parents=True)
    records = [ProblemRecord("test", exam.problem) for exam in exams]
    write_lines(out / "data" / "problems.jsonl", records)
    chains = [SampledChain(names[p], s, steps, True, passes(p, s), -0.5, 40) for p, s in places]
    write_lines(out / "data" / "chains.jsonl", chains)
    faults = [Fault(names[p], s, first_fault(s)) for p, s in places if not passes(p, s)]
    write_lines(out / "data" / "faults.jsonl", faults)
    for number, training in enumerate(list_trainings(config)):
        judge = judges.get(training.series.rsplit("-k", 1)[0], chance(number))
        rewards = {
            name: [judge(problem, sample) for sample in range(CANDIDATES)]
            for problem, name in enumerate(names)
        }
        write_result(out, training, rewards)
    return out


def write_result(out: Path, training: Training, rewards: dict[str, list[StepRewards]]) -> None:
    """What the training would have left behind."""
    corrects = training.settings.method == "correct"
    result = Result(
        identify(out, training), rewards, PROGRAMS, PREFIXES, CORRECTIONS if corrects else []
    )
    (out / training.name).mkdir(parents=True)
    (out / training.name / "result.json").write_text(json.dumps(encode(result)))
