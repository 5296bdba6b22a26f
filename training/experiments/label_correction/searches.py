"""Beam and diverse beam against best-of-n at equal tokens, led by one reward model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from dreamcode.codec import encode
from dreamcode.concurrency import map_ahead
from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.rewards.reward_names import open_reward
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import Services, solve
from dreamcode_training.chains import SampledChain, make_sampling, sample_chains
from dreamcode_training.progress import Meter
from dreamcode_training.records import read_lines, write_lines
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.lab import Lab, Say, open_lab
from experiments.label_correction.training import score_chains, score_programs

PROBLEMS_AHEAD = 16
GUIDED = ("beam", "diverse-beam")


@dataclass(frozen=True, slots=True)
class Compared:
    """One search of one problem and best-of-m at its tokens; a line of searches.jsonl.

    Attributes:
        problem: id of the problem.
        reward: fingerprint of the model that led it.
        search: its name.
        n: what it was told.
        tokens: completion tokens that it generated.
        passed: whether the program with the best reward passes all tests.
        m: candidates of the pool that take at least as many tokens, or all of them.
        pool_tokens: what these took.
        pool_passed: whether the one of them with the best reward passes all tests.
    """

    problem: str
    reward: str
    search: str
    n: int
    tokens: int
    passed: bool
    m: int
    pool_tokens: int
    pool_passed: bool


async def compare_searches(out: Path, config: ExperimentConfig, say: Say) -> None:
    """Runs the searches on the first test problems and writes `out`/searches.jsonl.

    Hidden tests decide nothing here but whether the chosen program passes. What a search came
    to is journaled, so a stopped comparison goes on.
    """
    exams = [generate_exam("test", index) for index in range(config.searches.problems)]
    async with (
        open_reward(config.searches.reward, on_event=say) as reward,
        open_lab(out, config, say) as lab,
        open_policy(config.chains.policy) as policy,
    ):
        services = Services(policy, reward, lab.sandbox)
        meter = Meter("searches", len(exams), lab.progress)

        async def compare(exam: Exam) -> list[Compared]:
            found = await _compare(exam, services, lab)
            meter.finished(known=False)
            return found

        compared = await map_ahead(compare, exams, PROBLEMS_AHEAD)
    write_lines(out / "searches.jsonl", [one for own in compared for one in own])


def read_compared(out: Path) -> list[Compared]:
    """What the searches came to; empty if they were not run."""
    file = out / "searches.jsonl"
    return [one for _, one in read_lines(file, Compared)] if file.exists() else []


async def _compare(exam: Exam, services: Services, lab: Lab) -> list[Compared]:
    """Every search of one problem; the reward alone chooses, public tests are left out."""
    config, (policy, reward) = lab.config, (services.policy, services.reward)
    more = config.chains.model_copy(update={"candidates": config.searches.pool})
    pool = await sample_chains([("test", exam)], policy, lab.judge, lab.journal, more, config.seed)
    steps = await score_chains(reward, exam.problem, pool)
    rewards = score_programs(pool, steps, reward.aggregation)
    problem = replace(exam.problem, public_tests=())
    compared = []
    for search, n in product(GUIDED, config.searches.n):
        options = SearchOptions(
            n,
            make_sampling(config.chains),
            grain="step",  # a search that looks at prefixes needs them
            seed=config.seed,
            max_steps=config.chains.max_steps,
        )

        async def run(search: str = search, options: SearchOptions = options) -> Compared:
            known = SEARCHES[search]
            result = await solve(problem, policy, reward, lab.sandbox, known, options)
            best, tokens = result.best, result.spent.completion_tokens
            passed = best is not None and (await lab.judge.passes(exam, [best.text]))[0]
            matched = match_tokens(pool, rewards, tokens)
            name, number = reward.fingerprint, options.n
            return Compared(problem.id, name, search, number, tokens, passed, *matched)

        asked = {"problem": problem.id, "search": search, "n": n}
        inputs = {"problem": encode(problem), "policy": policy.name, "pool": config.searches.pool}
        inputs |= {"reward": reward.fingerprint, "search": search, "options": encode(options)}
        compared.append(await lab.journal.remember("compared", inputs, run, Compared, asked))
    return compared


def match_tokens(
    chains: Sequence[SampledChain], rewards: Sequence[float | None], tokens: int
) -> tuple[int, int, bool]:
    """Best-of-m where m candidates are the fewest that take at least `tokens` tokens.

    Rounding up favours best-of-n, by half a program on average. Returns m, the tokens they
    took, and whether the one of the best reward passes (None: unfinished, never chosen).
    """
    used, m = 0, 0
    for chain in chains:
        used, m = used + chain.tokens, m + 1
        if used >= tokens:
            break
    finished = [place for place in range(m) if rewards[place] is not None]
    if not finished:
        return m, used, False
    best = max(finished, key=lambda place: (rewards[place] or 0.0, -place))
    return m, used, chains[best].passed
