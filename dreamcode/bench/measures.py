"""What the results of a run are worth: pass@k, the chosen program, what choosing left behind."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from math import comb
from typing import Any

from dreamcode.errors import InputError
from dreamcode.grading.statistics import SHARE, bootstrap_interval, paired_difference, pass_at_k
from dreamcode.policies.policy import Usage
from dreamcode.results import Result

Report = dict[str, Any]

KS = (1, 5, 10, 25, 50, 100)
"""Of pass@k, as far as there are samples."""

DIFFICULTIES = ("easy", "medium", "hard")

GROUPINGS: dict[str, Callable[[Result], str]] = {
    "difficulty": lambda result: result.difficulty,
    "platform": lambda result: result.platform,
    "month": lambda result: f"{result.contest_date:%Y-%m}" if result.contest_date else "",
}


def measure(
    results: Sequence[Result],
    resamples: int = 10_000,
    seed: int = 0,
) -> Report:
    """Everything that is said of a run, as JSON values.

    Args:
        results: one per problem.
        resamples: how often every bootstrap draws problems anew.
        seed: seed of the bootstraps.

    Returns:
        `all`, and by `difficulty`, `platform` and `month` where known: see `measure_group`;
        `curve`: what best-of-n gives for smaller n, where answers are ranked; `spent`.

    Raises:
        InputError: there are no results.
    """
    if not results:
        raise InputError("there are no results to measure")
    report: Report = {"all": measure_group(results, resamples, seed)}
    for name, key in GROUPINGS.items():
        groups = group_by(results, key)
        if groups.keys() - {""}:
            report[name] = {
                group or "unknown": measure_group(own, resamples, seed)
                for group, own in groups.items()
            }
    report["curve"] = measure_curve(results, resamples, seed)
    report["spent"] = measure_spending(results)
    return report


def measure_group(results: Sequence[Result], resamples: int, seed: int) -> Report:
    """Shares of problems, each with its 95 % interval over problems.

    Returns:
        `problems`; `samples`, the fewest of a problem; `written` and `tokens`: programs and
        completion tokens of the mean problem; `pass_at`: unbiased pass@k by k, where
        samples are independent; `chosen`: the first answer is right, where answers are ranked;
        `oracle`: any answer is; `regret`: oracle minus chosen.
    """
    fewest = min(result.samples for result in results)
    ranked = all(result.ranked for result in results)
    independent = all(result.independent for result in results)
    oracle = [float(any(result.graded)) for result in results]
    report: Report = {
        "problems": len(results),
        "samples": fewest,
        "written": sum(result.samples for result in results) / len(results),
        "tokens": sum(result.spent.completion_tokens for result in results) / len(results),
        "pass_at": {
            str(k): asdict(bootstrap_interval(pass_rates(results, k), resamples, seed))
            for k in KS
            if independent and k <= fewest
        },
        "oracle": asdict(bootstrap_interval(oracle, resamples, seed)),
    }
    if ranked:
        chosen = [solved(result) for result in results]
        report["chosen"] = asdict(bootstrap_interval(chosen, resamples, seed))
        report["regret"] = asdict(paired_difference(oracle, chosen, resamples, seed, SHARE))
    return report


def measure_curve(results: Sequence[Result], resamples: int, seed: int) -> list[Report]:
    """Best-of-n for n = 1, 2, 4, ... up to what every problem has; empty if nothing was chosen.

    The share solved by the first in rank of n of a problem's samples is the mean over all sets
    of n samples (see `best_of`), the tokens are those of the mean sample times n.
    """
    if not all(result.ranked and result.independent for result in results):
        return []
    fewest = min(result.samples for result in results)
    if not fewest:
        return []
    numbers = sorted({1 << power for power in range(fewest.bit_length())} | {fewest})
    tokens = [result.spent.completion_tokens / max(1, result.samples) for result in results]
    return [
        {
            "n": n,
            "tokens": n * sum(tokens) / len(tokens),
            "chosen": asdict(
                bootstrap_interval(
                    [best_of(result.graded, n) for result in results], resamples, seed
                )
            ),
            "oracle": asdict(bootstrap_interval(pass_rates(results, n), resamples, seed)),
        }
        for n in numbers
    ]


def measure_spending(results: Sequence[Result]) -> Report:
    """Tokens, calls and seconds of all problems; dollars too where all prices are known."""
    right = sum(solved(result) for result in results)
    report: Report = {
        "calls": sum(result.spent.calls for result in results),
        "prompt_tokens": sum(result.spent.prompt_tokens for result in results),
        "completion_tokens": sum(result.spent.completion_tokens for result in results),
        "problem_seconds": sum(result.seconds for result in results),
        "tokens_a_solved_problem": None,
    }
    if right:
        report["tokens_a_solved_problem"] = report["completion_tokens"] / right
    dollars = sum((result.spent for result in results), Usage()).dollars
    if dollars:
        report["dollars"] = dollars
        report["dollars_a_solved_problem"] = dollars / right if right else None
    return report


def solved(result: Result) -> float:
    """1 if the chosen program is right, else 0; without a choice, the share of right samples."""
    if not result.ranked:
        return right_share(result)
    return float(any(result.graded[:1]))


def right_share(result: Result) -> float:
    """Share of the samples that are right."""
    return sum(result.graded) / max(1, len(result.graded))


def pass_rates(results: Iterable[Result], k: int) -> list[float]:
    """Unbiased pass@k of each problem."""
    return [pass_at_k(len(r.graded), sum(r.graded), k) for r in results]


def best_of(graded: Sequence[bool], n: int) -> float:
    """Chance that the first in rank of n samples, drawn without repeats, is right.

    Args:
        graded: whether each sample is right, best first. Ranks are those among all samples.
        n: how many of the samples to choose among, from 1 to all.
    """
    total = len(graded)
    # The sample at `place` is the best of those drawn if the others are drawn from behind it.
    chances = (comb(total - 1 - place, n - 1) for place in range(total))
    right = sum(chance for chance, good in zip(chances, graded, strict=True) if good)
    return right / comb(total, n)


def group_by(results: Iterable[Result], key: Callable[[Result], str]) -> dict[str, list[Result]]:
    """Results by a label: difficulties from easy to hard, others in alphabetical order."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)

    def place(label: str) -> tuple[int, str]:
        known = label in DIFFICULTIES
        return (DIFFICULTIES.index(label) if known else len(DIFFICULTIES)), label

    return {label: groups[label] for label in sorted(groups, key=place)}
