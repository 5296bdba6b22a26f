"""Scores the programs of later problems and measures every way to rank them."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from dreamcode.rewards.checkpoint import fingerprint_model
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import SampledChain, read_sampled_chains
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.foretelling import list_programs, measure_scores
from dreamcode_training.evaluation.scored import Pools, ScoredChain, group
from dreamcode_training.evaluation.scoring import (
    Material,
    Say,
    load_needed,
    make_record,
    read_material,
    score_chains,
)
from dreamcode_training.metrics import Statistic
from dreamcode_training.prm import read_as
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.records import read_problems
from experiments.real_candidates.config import Settings
from experiments.real_candidates.data import read_writers
from experiments.real_candidates.likelihood import Likelihoods, score_likelihoods
from experiments.real_candidates.results import Amount, Measures, Results
from experiments.real_candidates.ways import (
    Key,
    count_scored,
    list_measures,
    rank,
    split_by_writer,
    subtract,
)


def measure(out: Path, settings: Settings, base: Path, say: Say) -> Results:
    """Scores and measures `out`/prm/model on the test problems of `out`/data.

    What was scored is in `out`/journal.jsonl, so that a stopped command goes on.

    Raises:
        InputError: files are missing or damaged, or the model or the base cannot be used.
    """
    data = out / "data"
    material, writers = read_material(data), read_writers(data)
    chains, likelihoods = score(out, _take(material, "test"), settings, base, say)
    fitting = [one for one in chains if one.rewards[-1] is not None]
    pools = group(fitting)
    texts = {
        (one.problem, one.sample): "".join(one.steps)
        for own in material.chains.values()
        for one in own
    }
    lengths = {key: len(text) for key, text in texts.items()}
    ways = rank(pools, likelihoods, lengths, rate(data, writers))
    statistics = {way: list_measures(own, writers, settings.n) for way, own in ways.items()}
    bootstrap = Bootstrap(settings.resamples, settings.seed)

    def estimate(own: dict[str, Statistic]) -> Measures:
        return {name: bootstrap.statistic(len(pools), one) for name, one in own.items()}

    validation = [  # nobody scores it again: what counts is the share that passes
        [make_record(one, "validation", (0.5,) * len(one.steps)) for one in own]
        for own in _take(material, "validation").chains.values()
    ]
    return Results(
        config=settings.model_dump(mode="json", exclude={"prm": {"base"}}),
        splits=count_splits(data),
        unscored=len(chains) - len(fitting),
        pairs=_count(pools),
        pairs_of_one_writer=sum(
            _count(list(split_by_writer(own, writers).values())) for own in pools
        ),
        measures={way: estimate(own) for way, own in statistics.items()},
        differences={
            way: estimate(subtract(statistics["reward"], own))
            for way, own in statistics.items()
            if way != "reward"
        },
        foretold=measure_scores(list_programs(pools), list_programs(validation), bootstrap),
    )


def score(
    out: Path, material: Material, settings: Settings, base: Path, say: Say
) -> tuple[list[ScoredChain], Likelihoods]:
    """Rewards and likelihoods of all programs, from the journal where they are on record."""
    model = out / "prm" / "model"
    rewards, likelihoods = (
        Meter(name, len(material.chains), ProgressLines(say)) for name in ("rewards", "likelihoods")
    )
    journal = Journal(out / "journal.jsonl")

    async def both() -> tuple[list[ScoredChain], Likelihoods]:
        reward = load_needed(model, material, journal, say)
        fingerprint = fingerprint_model(model)
        chains = await score_chains(reward, fingerprint, material, journal, rewards, say)
        config = read_as(settings.prm)
        return chains, await score_likelihoods(base, config, material, journal, likelihoods)

    try:
        return asyncio.run(both())
    finally:
        journal.close()


def rate(data: Path, writers: dict[Key, str]) -> dict[Key, float]:
    """The share of its writer's train programs that passed, of every program.

    Of writers that have no train program, the share of all.
    """
    problems = read_problems(data / "problems.jsonl")
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for chain in read_sampled_chains(data / "chains.jsonl", problems):
        if problems[chain.problem].split == "train":
            verdicts[writers[chain.problem, chain.sample]].append(chain.passed)
    mean = float(np.mean([one for own in verdicts.values() for one in own]))
    shares = {writer: float(np.mean(own)) for writer, own in verdicts.items()}
    return {key: shares.get(writer, mean) for key, writer in writers.items()}


def count_splits(data: Path) -> dict[str, Amount]:
    """What train, validation and test have."""
    problems = read_problems(data / "problems.jsonl")
    verdicts: dict[str, dict[str, list[bool]]] = {"train": {}, "validation": {}, "test": {}}
    for one in read_sampled_chains(data / "chains.jsonl", problems):
        verdicts[problems[one.problem].split].setdefault(one.problem, []).append(one.passed)
    return {
        split: Amount(
            len(own),
            sum(len(set(some)) == 2 for some in own.values()),
            sum(map(len, own.values())),
            float(np.mean([one for some in own.values() for one in some])) if own else 0.0,
        )
        for split, own in verdicts.items()
    }


def _take(material: Material, split: str) -> Material:
    """The part that one split owns."""
    own = {name: one for name, one in material.problems.items() if one.split == split}
    chains: dict[str, list[SampledChain]] = {
        name: chains for name, chains in material.chains.items() if name in own
    }
    return replace(material, problems=own, chains=chains)


def _count(pools: Pools) -> int:
    return sum(int(count_scored(pool)[1]) for pool in pools)
