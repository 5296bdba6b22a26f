"""The scoring pass: every chain of test and validation problems is judged once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from dreamcode.concurrency import map_ahead
from dreamcode.errors import TooLongError
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.checkpoint import fingerprint_model
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import SampledChain, group_chains, read_sampled_chains
from dreamcode_training.evaluation.scored import ScoredChain
from dreamcode_training.progress import Meter
from dreamcode_training.records import Count, ProblemRecord, Split, read_chains, read_problems

PROBLEMS_AHEAD = 8

Say = Callable[[str], None]
Counts = dict[tuple[str, int], tuple[Count, ...]]


@dataclass(frozen=True, slots=True)
class Material:
    """What stages chains and labels left of test and validation problems.

    Attributes:
        problems: these problems, by id.
        chains: of each of them that has any.
        counts: what rollouts said of validation chains, by problem and sample.
    """

    problems: dict[str, ProblemRecord]
    chains: dict[str, list[SampledChain]]
    counts: Counts


def read_material(data: Path) -> Material:
    """What there is in a run's `data` folder.

    Chains that stand in labels.jsonl alone, brought along from elsewhere, count too.

    Raises:
        InputError: a file is missing or damaged.
    """
    problems = read_problems(data / "problems.jsonl")
    own = {name: one for name, one in problems.items() if one.split in ("validation", "test")}
    sampled = read_sampled_chains(data / "chains.jsonl", problems)
    chains = {(one.problem, one.sample): one for one in sampled if one.problem in own}
    counts: Counts = {}
    for one in read_chains(data / "labels.jsonl", problems):
        if problems[one.problem].split != "validation":
            continue
        place = (one.problem, one.sample)
        counts[place] = one.counts
        if place not in chains or chains[place].steps != one.steps:
            chains[place] = SampledChain(*place, one.steps, True, bool(one.passed), None, 0)
    return Material(own, group_chains(chains.values()), counts)


def load_needed(model: Path, material: Material, journal: Journal, say: Say) -> RewardModel | None:
    """The reward model; None where all its rewards are in the journal already.

    Raises:
        InputError: the model cannot be used.
    """
    fingerprint = fingerprint_model(model)
    if all(
        journal.recall("score", question, list) is not None
        for name, chains in material.chains.items()
        for question in _ask(fingerprint, material.problems[name], chains)
    ):
        return None
    from dreamcode.rewards.hf import load_hf

    say(f"scoring with {model}")
    return load_hf(str(model), on_event=say)


async def score_chains(
    reward: RewardModel | None,
    fingerprint: str,
    material: Material,
    journal: Journal,
    meter: Meter,
    say: Say,
) -> list[ScoredChain]:
    """Every chain with its rewards, from the journal where they are on record.

    Args:
        reward: what `load_needed` says; closed in the end.
        fingerprint: of the reward model.
        material: the chains.
        journal: what was scored before.
        meter: told of every problem.
        say: told of programs that do not fit.

    Raises:
        InfrastructureError: the model failed, or the disk does not take the rewards.
    """

    async def score(name: str) -> list[ScoredChain]:
        problem, chains, fresh = material.problems[name], material.chains[name], 0

        async def work(places: Sequence[int]) -> list[StepRewards]:
            nonlocal fresh
            assert reward is not None
            found = await judge_chains(reward, problem, [chains[place] for place in places], say)
            fresh = len(places)
            meter.sampled(fresh)
            return found

        asked = [{"problem": name}] * len(chains)
        rewards = await journal.remember_all(
            "score", _ask(fingerprint, problem, chains), work, StepRewards, asked
        )
        meter.finished(known=not fresh)
        return [
            make_record(chain, problem.split, own, material.counts.get((name, chain.sample), ()))
            for chain, own in zip(chains, rewards, strict=True)
        ]

    try:
        scored = await map_ahead(score, material.chains, PROBLEMS_AHEAD)
    finally:
        if reward is not None:
            await reward.close()
    return [chain for own in scored for chain in own]


async def judge_chains(
    reward: RewardModel, problem: ProblemRecord, chains: Sequence[SampledChain], say: Say
) -> list[StepRewards]:
    """A reward per step of chains of one problem; none of programs that do not fit the model.

    Raises:
        InfrastructureError: the model could not answer.
    """
    drafts = [
        make_draft(one.steps, Ending.PROGRAM if one.finished else Ending.LENGTH) for one in chains
    ]
    try:
        return await reward.score(problem.problem, drafts)
    except TooLongError as error:
        say(f"{error}; none of this problem's programs fits, so all count as unscored")
        return [(None,) * len(one.steps) for one in chains]


def make_record(
    chain: SampledChain, split: Split, rewards: StepRewards, counts: tuple[Count, ...] = ()
) -> ScoredChain:
    """A chain with what was said of it."""
    return ScoredChain(
        chain.problem,
        split,
        chain.sample,
        chain.passed,
        chain.finished,
        rewards,
        share_tokens(chain.steps, chain.tokens),
        tuple(_digest(prefix) for prefix in accumulate(chain.steps)),
        counts,
        chain.mean_logprob,
    )


def share_tokens(steps: Sequence[str], tokens: int) -> tuple[int, ...]:
    """A program's tokens shared out over its steps by their length; together they are all."""
    ends = [0, *accumulate(map(len, steps))]
    total = ends[-1]
    if not total:
        return (*[0] * (len(steps) - 1), tokens)
    return tuple(tokens * end // total - tokens * start // total for start, end in pairwise(ends))


def _ask(
    fingerprint: str, problem: ProblemRecord, chains: Sequence[SampledChain]
) -> list[dict[str, Any]]:
    """All that the rewards of each chain depend on."""
    prompt = [problem.problem.statement, problem.problem.starter_code]
    return [
        {"model": fingerprint, "prompt": prompt, "steps": one.steps, "finished": one.finished}
        for one in chains
    ]


def _digest(prefix: str) -> str:
    return hashlib.blake2b(prefix.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
