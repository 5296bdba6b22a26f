"""Stage `eval`: what a reward model is worth on problems it has never seen.

Every interval is a 95 % bootstrap over problems.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamcode.concurrency import map_ahead
from dreamcode.errors import InputError, TooLongError
from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_difference, format_estimate, markdown_table
from dreamcode.grading.statistics import (
    SHARE,
    bootstrap_interval,
    bootstrap_statistic,
    mcnemar_exact,
    paired_difference,
    pass_at_k,
)
from dreamcode.policies.draft import make_draft
from dreamcode.policies.policy import Ending
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.hf import load_hf
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode_training.chains import SampledChain, read_sampled_chains
from dreamcode_training.config import EvalConfig
from dreamcode_training.metrics import Scored, list_statistics, make_scored
from dreamcode_training.plots import draw_reports
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import ProblemRecord, read_chains, read_lines, read_problems

PROBLEMS_AHEAD = 8
METRIC_RESAMPLES = 1000
"""Most resamples of AUROC and the like, each of which sorts all scores again."""

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A test problem's program and what is known of it.

    Attributes:
        passed: all tests, public and hidden.
        reward: aggregated; None for a program that is unfinished or does not fit.
        mean_logprob: the policy's own opinion, nats per token; None if unknown.
    """

    passed: bool
    reward: float | None
    mean_logprob: float | None


def run_eval(
    folder: Path,
    config: EvalConfig,
    seed: int,
    on_progress: OnProgress = ignore,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Measures `folder`/prm/model on the test problems of `folder`/data.

    Writes report.json, report.md and pictures into `folder`/eval.

    Args:
        folder: the run's folder.
        config: what to measure.
        seed: seed of the bootstrap.
        on_progress: told after every problem.
        say: told of statements that are shortened, and programs that do not fit.

    Raises:
        InputError: there is no test problem, or files are missing or damaged.
    """
    data = folder / "data"
    problems = read_problems(data / "problems.jsonl")
    chains = read_sampled_chains(data / "chains.jsonl", problems)
    tested = _by_problem([c for c in chains if problems[c.problem].split == "test"])
    if not tested:
        raise InputError("stage eval needs test problems; raise problems.test above 0")
    reward = load_hf(str(folder / "prm" / "model"), on_event=say)
    scored = asyncio.run(
        _score_all(reward, problems, tested, data / "labels.jsonl", on_progress, say)
    )
    candidates, finished, prefixes = scored
    report: Report = {
        "aggregation": reward.aggregation,
        "fingerprint": reward.fingerprint,
        "problems": len(candidates),
        "finished": measure_scores(finished, config.resamples, seed),
        "prefixes": measure_scores(prefixes, config.resamples, seed),
        "best_of": {
            str(n): measure_choices(candidates, n, config.resamples, seed) for n in config.n
        },
    }
    out = folder / "eval"
    out.mkdir(parents=True, exist_ok=True)
    corrections = read_corrections(folder / "prm" / "corrected.jsonl")
    draw_reports(out, report, [*finished], [*prefixes], corrections)
    write_whole(out / "report.md", render(report))
    write_whole(out / "report.json", json.dumps(report, indent=2) + "\n")
    return report


def choose(candidates: Sequence[Candidate], by: str) -> int:
    """Place of the candidate that is chosen, ties to the earlier.

    Args:
        candidates: candidates of one problem, at least one.
        by: "first", "reward" or "likelihood"; the latter two take finished programs first.
    """
    if by == "first":
        return 0

    def worth(place: int) -> tuple[bool, float, int]:
        candidate = candidates[place]
        value = candidate.reward if by == "reward" else candidate.mean_logprob
        finished = candidate.reward is not None
        return finished, float("-inf") if value is None else value, -place

    return max(range(len(candidates)), key=worth)


def measure_choices(
    candidates: Sequence[Sequence[Candidate]], n: int, resamples: int, seed: int
) -> Report:
    """Best-of-n: shares of problems solved by every way to choose among the first n candidates.

    Args:
        candidates: the candidates of each problem.
        n: how many candidates of each problem are looked at.
        resamples: how often the bootstrap draws problems.
        seed: seed of the bootstrap.

    Returns:
        Rates of reward, first, likelihood (if known), oracle; unbiased pass@1 and pass@n of all
        candidates; regret, which is oracle minus reward; the share of the gap from pass@1 to
        pass@n that the reward closes (if there is one); and differences from the reward.
    """
    few = min(len(own) for own in candidates)
    if n > few:
        raise InputError(f"best of {n} needs {n} candidates per problem, but one has only {few}")
    pools = [own[:n] for own in candidates]
    ways = ["first"]
    if any(one.mean_logprob is not None for pool in pools for one in pool):
        ways.append("likelihood")
    solved = {
        way: [float(pool[choose(pool, way)].passed) for pool in pools] for way in ["reward", *ways]
    }
    solved["oracle"] = [float(any(one.passed for one in pool)) for pool in pools]
    counts = [(len(own), sum(one.passed for one in own)) for own in candidates]
    once, often = (
        np.array([pass_at_k(total, right, k) for total, right in counts]) for k in (1, n)
    )
    chosen = np.array(solved["reward"])

    def gap_closed(places: NDArray[np.int64]) -> float | None:
        low, high = once[places].mean(), often[places].mean()
        return float((chosen[places].mean() - low) / (high - low)) if high > low else None

    closed = bootstrap_statistic(len(counts), gap_closed, resamples, seed)
    return {
        "rates": {
            way: asdict(bootstrap_interval(values, resamples, seed))
            for way, values in solved.items()
        },
        "pass_at_1": float(once.mean()),
        "pass_at_n": float(often.mean()),
        "gap_closed": closed and asdict(closed),
        "regret": asdict(
            paired_difference(solved["oracle"], solved["reward"], resamples, seed, SHARE)
        ),
        "differences": {
            way: asdict(paired_difference(solved["reward"], solved[way], resamples, seed))
            | {"mcnemar": asdict(mcnemar_exact(solved["reward"], solved[way]))}
            for way in ways
        },
    }


def measure_scores(scored: Sequence[Scored], resamples: int, seed: int) -> Report:
    """The statistics of `list_statistics` with intervals; empty if nothing was scored."""
    groups = [own for own in scored if own.scores]
    if not groups:
        return {}
    few = min(resamples, METRIC_RESAMPLES)
    report: Report = {}
    for name, statistic in list_statistics(groups).items():
        bounds = SHARE if name in ("auroc", "pairs") else None
        found = bootstrap_statistic(len(groups), statistic, few, seed, bounds)
        report[name] = found and asdict(found)
    return report | {"count": sum(len(own.scores) for own in groups), "problems": len(groups)}


def read_corrections(path: Path) -> list[dict[str, Any]]:
    """The lines of a corrected.jsonl.

    Raises:
        InputError: the file cannot be read.
    """
    return [line for _, line in read_lines(path, dict)]


def render(report: Report) -> str:
    """The report for people, as Markdown."""
    choices, scores = [], []
    for n, one in report["best_of"].items():
        rates, differences = one["rates"], one["differences"]
        cells = [format_estimate(rates.get(w)) for w in ("reward", "first", "likelihood", "oracle")]
        cells += [format_estimate(one["regret"]), format_estimate(one["gap_closed"])]
        cells += [format_difference(differences.get(way)) for way in ("first", "likelihood")]
        choices.append([n, *cells])
    for kind, name in (("finished", "test programs"), ("prefixes", "validation prefixes")):
        one = report[kind]
        cells = [format_estimate(one.get(what)) for what in ("auroc", "pairs", "nll", "ece")]
        scores.append([name, *cells, str(one.get("count", 0))])
    chosen = ["n", "reward", "first", "likelihood", "oracle", "regret", "gap closed"]
    chosen += ["reward - first", "reward - likelihood"]
    measured = ["of", "AUROC", "right within a problem", "NLL", "calibration error", "how many"]
    return f"""# Reward model on {report["problems"]} test problems

Step rewards become one number by `{report["aggregation"]}`. Brackets: 95 % bootstrap intervals \
over problems.

## Share of problems solved by the chosen program

{markdown_table(chosen, choices)}

## Scores against outcomes

{markdown_table(measured, scores)}
"""


async def _score_all(
    reward: RewardModel,
    problems: dict[str, ProblemRecord],
    tested: dict[str, list[SampledChain]],
    labels: Path,
    on_progress: OnProgress,
    say: Callable[[str], None],
) -> tuple[list[list[Candidate]], list[Scored], list[Scored]]:
    """Candidates and scores of finished programs of test, then of prefixes of validation."""
    measured = _by_problem(
        [c for c in read_chains(labels, problems) if problems[c.problem].split == "validation"]
    )
    meter = Meter("eval", len(tested) + len(measured), on_progress)

    async def score(problem: str, chains: Sequence[tuple[tuple[str, ...], bool]]) -> list[Any]:
        drafts = [
            make_draft(steps, Ending.PROGRAM if finished else Ending.LENGTH)
            for steps, finished in chains
        ]
        try:
            rewards = await reward.score(problems[problem].problem, drafts)
        except TooLongError as error:
            say(f"{error}; none of this problem's programs fits, so all count as unscored")
            rewards = [(None,) * len(steps) for steps, _ in chains]
        meter.sampled(len(drafts))
        meter.finished(known=False)
        return rewards

    async def test(problem: str) -> list[StepRewards]:
        return await score(problem, [(c.steps, c.finished) for c in tested[problem]])

    async def validate(problem: str) -> list[StepRewards]:
        return await score(problem, [(c.steps, True) for c in measured[problem]])

    try:
        outcomes = await map_ahead(test, tested, PROBLEMS_AHEAD)
        foretold = await map_ahead(validate, measured, PROBLEMS_AHEAD)
    finally:
        await reward.close()
    candidates, finished = [], []
    for chains, rewards in zip(tested.values(), outcomes, strict=True):
        candidates.append(_candidates(chains, rewards, reward.aggregation))
        whole = [
            (own[-1], float(chain.passed), 1.0)
            for chain, own in zip(chains, rewards, strict=True)
            if chain.finished and own[-1] is not None
        ]
        finished.append(make_scored(whole))
    prefixes = []
    for labelled, rewards in zip(measured.values(), foretold, strict=True):
        seen: dict[str, tuple[float, float, float]] = {}
        for one, own in zip(labelled, rewards, strict=True):
            for place, count in enumerate(one.counts):
                score_here = own[place]
                if count.n and score_here is not None:
                    text = "".join(one.steps[: place + 1])
                    seen[text] = (score_here, count.k / count.n, count.n)
        prefixes.append(make_scored(seen.values()))
    return candidates, finished, prefixes


def _candidates(
    chains: Sequence[SampledChain], rewards: Sequence[StepRewards], aggregation: Aggregation
) -> list[Candidate]:
    return [
        Candidate(
            chain.passed,
            aggregate(aggregation, own) if chain.finished else None,
            chain.mean_logprob,
        )
        for chain, own in zip(chains, rewards, strict=True)
    ]


def _by_problem(chains: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for chain in chains:
        found[chain.problem].append(chain)
    return dict(found)
