"""Beam and diverse beam against best-of-n at equal tokens, led by one reward model."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from dreamcode.bench.measures import solved
from dreamcode.bench.run import run_tasks
from dreamcode.choosing import Choosing
from dreamcode.codec import encode
from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.task import Task
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import make_key
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import Attempt, Services
from dreamcode_training.chains import SampledChain, make_sampling, sample_chains
from dreamcode_training.records import read_lines, write_lines
from experiments.label_correction.candidates import by_problem
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.lab import Say, open_lab
from experiments.label_correction.training import score_candidates, score_programs

PROBLEMS_AHEAD = 16
GUIDED = ("beam", "diverse-beam")


@dataclass(frozen=True, slots=True)
class Compared:
    """A search and best-of-m at its tokens, problem by problem; a line of searches.jsonl.

    Attributes:
        search: its name.
        n: what it was told.
        reward: fingerprint of the model that led it.
        tokens: completion tokens that it generated.
        passed: whether the program with the best reward passes all tests.
        pool: of best-of-m, what `match_tokens` says.
    """

    search: str
    n: int
    reward: str
    tokens: list[int]
    passed: list[bool]
    pool: list[tuple[int, int, bool]]


async def compare_searches(out: Path, config: ExperimentConfig, say: Say) -> None:
    """Runs the searches on the first test problems and writes `out`/searches.jsonl.

    Each is a run of the benchmark, led by the reward alone: public tests are left out. What is
    on record is not done again, so a stopped comparison goes on.
    """
    exams = [generate_exam("test", index) for index in range(config.searches.problems)]
    more = config.chains.model_copy(update={"candidates": config.searches.pool})
    sampling, compared = make_sampling(config.chains), []
    async with (
        open_reward(config.searches.reward, on_event=say) as reward,
        open_lab(out, config, say) as lab,
        open_policy(config.chains.policy) as policy,
    ):
        chains = await sample_chains(
            [("test", exam) for exam in exams],
            policy, lab.judge, lab.journal, more, config.seed, lab.progress,
        )  # fmt: skip
        pools, problems = by_problem(chains), {exam.problem.id: exam.problem for exam in exams}
        steps = await score_candidates(reward, problems, pools)
        services, tasks = Services(policy, reward, lab.sandbox), [Task(exam) for exam in exams]
        for search, n in product(GUIDED, config.searches.n):
            say(f"{search}, n = {n}")
            options = SearchOptions(
                n,
                sampling,
                grain="step",  # a search that looks at prefixes needs them
                seed=config.seed,
                max_steps=config.chains.max_steps,
            )
            attempt = Attempt(
                SEARCHES[search], options, public_tests=False, choosing=Choosing("reward", "never")
            )
            led = {"reward": reward.fingerprint, "policy": policy.name, "options": encode(options)}
            folder = out / "searches" / f"{search}-{n}-{make_key(search, led)[:8]}"
            results = await run_tasks(folder, tasks, services, attempt, PROBLEMS_AHEAD)
            tokens = [result.spent.completion_tokens for result in results]
            passed = [bool(solved(result)) for result in results]
            matched = [
                match_tokens(
                    pools[name], score_programs(pools[name], own, reward.aggregation), used
                )
                for (name, own), used in zip(steps.items(), tokens, strict=True)
            ]
            compared.append(Compared(search, n, reward.fingerprint, tokens, passed, matched))
    write_lines(out / "searches.jsonl", compared)


def read_compared(out: Path) -> list[Compared]:
    """What the searches came to; empty if they were not run."""
    file = out / "searches.jsonl"
    return [one for _, one in read_lines(file, Compared)] if file.exists() else []


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
