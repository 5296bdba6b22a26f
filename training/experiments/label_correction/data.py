"""The experiment's data: problems, candidates, labels of two completers, reference rollouts."""

from collections.abc import Sequence
from pathlib import Path

from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems import Problem
from dreamcode.problems.exam import Exam
from dreamcode_training.chains import SampledChain, read_sampled_chains, sample_chains
from dreamcode_training.evidence import add_truth, make_labels
from dreamcode_training.records import (
    LabelledChain,
    Rollouts,
    Split,
    read_problems,
    write_lines,
    write_problems,
)
from dreamcode_training.rollouts import Completer, roll_out
from dreamcode_training.sources import load_problems
from experiments.label_correction.candidates import by_problem, examine, make_reference
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import OUTCOMES, WEAK, labels_folder
from experiments.label_correction.lab import Lab, Say, make_network, open_lab

Exams = Sequence[tuple[Split, Exam]]


async def make_data(out: Path, config: ExperimentConfig, say: Say) -> None:
    """Makes what is missing of data, labels and reference rollouts; all of it is journaled."""
    if "weak" in config.grid.completers:
        make_network(out / WEAK, config.weak, say)
    exams = load_problems(config.problems, config.seed)
    async with open_lab(out, config, say) as lab:
        chains = await _make_chains(lab, exams)
        say("candidates: public tests and outputs on extra inputs")
        tested = [exam for split, exam in exams if split == "test"]
        write_lines(out / "data" / "candidates.jsonl", await examine(lab, tested, chains))
        await _make_labels(lab, exams, chains)
        for split in ("validation", "test"):
            say(f"reference rollouts of {split} problems")
            owned = [exam for own, exam in exams if own == split]
            await make_reference(lab, split, owned, chains)


def read_candidates(
    out: Path, split: Split
) -> tuple[dict[str, Problem], dict[str, list[SampledChain]]]:
    """All problems, and the candidates of a split's problems, in order."""
    problems = read_problems(out / "data" / "problems.jsonl")
    chains = read_sampled_chains(out / "data" / "chains.jsonl", problems)
    owned = by_problem(one for one in chains if problems[one.problem].split == split)
    return {name: record.problem for name, record in problems.items()}, owned


async def _make_chains(lab: Lab, exams: Exams) -> list[SampledChain]:
    """All chains; and the outcomes of the base's problems, which no split has."""
    config, first = lab.config, lab.config.problems.meta
    base: list[tuple[Split, Exam]] = [
        ("train", generate_exam("meta", index))
        for index in range(first, first + config.base.problems)
    ]
    async with open_policy(config.chains.policy) as policy:
        lab.say("chains, then programs of the base's problems")
        chains, outcomes = [
            await sample_chains(
                own, policy, lab.judge, lab.journal, config.chains, config.seed, lab.progress
            )
            for own in (exams, base)
        ]
    _write_labels(lab.out / OUTCOMES, base, make_labels(outcomes, []))
    write_problems(lab.out / "data", exams)
    write_lines(lab.out / "data" / "chains.jsonl", chains)
    return chains


async def _make_labels(lab: Lab, exams: Exams, chains: Sequence[SampledChain]) -> None:
    """Labels of every completer and K, with the truth as far as other rollouts tell it."""
    config = lab.config
    split_of = {exam.problem.id: split for split, exam in exams}
    programs = {"validation": config.pools.validation_chains, "test": 0}
    programs |= dict.fromkeys(("train", "meta"), config.chains.per_problem)
    learnable = [chain for chain in chains if chain.sample < programs[split_of[chain.problem]]]
    specs = {"same": config.chains.policy, "weak": f"hf/{lab.out / WEAK}"}
    rollouts = {
        completer: await _roll_out(lab, specs[completer], exams, chains)
        for completer in config.grid.completers
    }
    for completer, own in rollouts.items():
        for k in config.grid.k:
            labels = make_labels(learnable, own, k)
            used = k if completer == "same" else 0
            labels = add_truth(labels, rollouts.get("same", []), used)
            _write_labels(lab.out / labels_folder(completer, k), exams, labels)


def _write_labels(folder: Path, exams: Exams, labels: Sequence[LabelledChain]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_problems(folder, exams)
    write_lines(folder / "labels.jsonl", labels)


async def _roll_out(
    lab: Lab, spec: str, exams: Exams, chains: Sequence[SampledChain]
) -> list[Rollouts]:
    lab.say(f"labels of completer {spec}")
    settings = lab.config.labels.model_copy(update={"policy": spec})
    async with open_policy(spec) as policy:
        completer = Completer(policy, lab.judge, lab.journal, settings, lab.config.seed)
        return await roll_out(exams, chains, completer, lab.progress)
