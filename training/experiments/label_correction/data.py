"""The experiment's data: chains, verdicts, labels of two completers, faults of candidates."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import (
    SampledChain,
    group_chains,
    read_sampled_chains,
    sample_chains,
)
from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.evaluation.locating import choose_exams, locate_faults
from dreamcode_training.evaluation.scoring import Material
from dreamcode_training.evidence import add_truth, make_labels
from dreamcode_training.progress import Meter
from dreamcode_training.records import (
    LabelledChain,
    ProblemRecord,
    Rollouts,
    Split,
    read_lines,
    read_problems,
    write_lines,
    write_problems,
)
from dreamcode_training.rollouts import Completer, roll_out
from experiments.label_correction.arms import NETWORK, OUTCOMES, labels_folder
from experiments.label_correction.config import ArmConfig, CompleterName, ExperimentConfig
from experiments.label_correction.lab import Lab, Say, make_network, open_lab

Exams = list[tuple[Split, Exam]]
FAULTS = "data/faults.jsonl"


def list_exams(config: ExperimentConfig) -> tuple[list[Exams], Exams, Exams]:
    """The problems of every set (train and meta), of validation and test, and of the base."""
    problems = config.problems

    def draw(split: Split, start: int, count: int) -> list[tuple[Split, Exam]]:
        return [(split, generate_exam(split, index)) for index in range(start, start + count)]

    sets = [
        [
            *draw("train", number * problems.train, problems.train),
            *draw("meta", number * problems.meta, problems.meta),
        ]
        for number in range(config.sets)
    ]
    held = [*draw("validation", 0, problems.validation), *draw("test", 0, problems.test)]
    return sets, held, draw("train", config.sets * problems.train, config.base.problems)


async def make_data(out: Path, config: ExperimentConfig, say: Say) -> None:
    """Makes what is missing of chains, labels and faults; all of it is journaled."""
    make_network(out / NETWORK, config.network, say)
    sets, held, base = list_exams(config)
    everything = [one for exams in (*sets, held) for one in exams]
    async with open_lab(out, config, say) as lab:
        say("chains, then programs of the base's problems")
        async with open_policy(config.chains.policy) as policy:
            chains, outcomes = [
                await sample_chains(
                    own, policy, lab.judge, lab.journal, config.chains, config.seed, lab.progress
                )
                for own in (everything, base)
            ]
        write_problems(out / "data", everything)
        write_lines(out / "data" / "chains.jsonl", chains)
        _write_labels(
            out / OUTCOMES,
            [*base, *held],
            make_labels([*outcomes, *_of(held, chains, "validation")], []),
        )
        await _make_labels(lab, sets, held, chains)
        await _find_faults(lab, chains)


def read_candidates(
    out: Path, split: Split
) -> tuple[dict[str, ProblemRecord], dict[str, list[SampledChain]]]:
    """The problems of a split and their candidates, in order."""
    problems = read_problems(out / "data" / "problems.jsonl")
    own = {name: one for name, one in problems.items() if one.split == split}
    grouped = group_chains(read_sampled_chains(out / "data" / "chains.jsonl", problems))
    return own, {name: grouped.get(name, []) for name in own}


def read_faults(out: Path) -> list[Fault]:
    """What is known of the test candidates that failed."""
    return [fault for _, fault in read_lines(out / FAULTS, Fault)]


def _of(exams: Exams, chains: Sequence[SampledChain], *splits: Split) -> list[SampledChain]:
    names = {exam.problem.id for split, exam in exams if split in splits}
    return [chain for chain in chains if chain.problem in names]


async def _make_labels(
    lab: Lab, sets: Sequence[Exams], held: Exams, chains: Sequence[SampledChain]
) -> None:
    """Labels of both completers for every K and set; the writer's rollouts tell the truth."""
    exams = [one for own in sets for one in own]
    rollouts = {name: await _roll_out(lab, name, exams, chains) for name in get_args(CompleterName)}
    for name, own in rollouts.items():
        for k, (number, members) in product(lab.config.every_k(name), enumerate(sets)):
            problems = [*members, *held]
            mine = _of(problems, chains, "train", "meta", "validation")
            used = k if name == "writer" else 0
            labels = add_truth(make_labels(mine, own, k), rollouts["writer"], used)
            for arm in (ArmConfig(completer=name), ArmConfig(completer=name, cut=True)):
                cut = _cut(labels, members) if arm.cut else labels
                _write_labels(lab.out / labels_folder(arm, k, number), problems, cut)


def _cut(labels: Sequence[LabelledChain], exams: Exams) -> list[LabelledChain]:
    """The chains, those of train cut off before their last step: nobody knows how they end.

    Of a program of train that has one step nothing is left.
    """
    train = {exam.problem.id for split, exam in exams if split == "train"}
    return [
        replace(one, steps=one.steps[:-1], passed=None) if one.problem in train else one
        for one in labels
        if one.problem not in train or len(one.steps) > 1
    ]


def _write_labels(folder: Path, exams: Exams, labels: Sequence[LabelledChain]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_problems(folder, exams)
    write_lines(folder / "labels.jsonl", labels)


async def _roll_out(
    lab: Lab, name: CompleterName, exams: Exams, chains: Sequence[SampledChain]
) -> list[Rollouts]:
    lab.say(f"rollouts of completer {name}")
    spec = lab.config.chains.policy if name == "writer" else f"hf/{lab.out / NETWORK}"
    changes = {"policy": spec, "rollouts": lab.config.rollouts_of(name)}
    settings = lab.config.labels.model_copy(update=changes)
    async with open_policy(spec) as policy:
        completer = Completer(policy, lab.judge, lab.journal, settings, lab.config.seed)
        return await roll_out(exams, chains, completer, lab.progress)


async def _find_faults(lab: Lab, chains: Sequence[SampledChain]) -> None:
    problems, candidates = read_candidates(lab.out, "test")
    material = Material(problems, candidates, {})

    @asynccontextmanager
    async def judging() -> AsyncIterator[tuple[Judge, Journal]]:
        yield lab.judge, lab.journal

    exams = choose_exams(material, lab.config.faults)
    meter = Meter("faults", len(exams), lab.progress)
    faults = await locate_faults(exams, material, judging, lab.journal, meter, lab.say)
    write_lines(lab.out / FAULTS, faults)
