"""What solving is worth in the miniature world: `python -m experiments.pretraining.solving`.

Test problems are solved as `dreamcode solve` solves them: search, reward, public tests. Only
then do the hidden tests say whether the program is right, beside the first and any of some
plain samples of the same policy. Everything is journaled; a stopped run goes on.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from dreamcode.names import SearchName
from dreamcode.search.budget import Budget
from rich.console import Console
from rich.table import Table

from dreamcode.codec import decode
from dreamcode.concurrency import map_ahead
from dreamcode.grading.judge import Judge
from dreamcode.grading.statistics import (
    Estimate,
    bootstrap_interval,
    mcnemar_exact,
    paired_difference,
)
from dreamcode.miniature.exams import generate_exam
from dreamcode.policies.policy import Sampling
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.folder import lock_folder
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.solver import Services, solve
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.opening import Kind
from dreamcode_training.chains import SampledChain, sample_chains
from dreamcode_training.config import ChainsConfig
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.records import Split

PROBLEMS_AHEAD = 8
RESAMPLES = 10_000
OUT = Path("runs/miniature-solving")


@dataclass(frozen=True, slots=True)
class Solved:
    """A problem that was solved, or not.

    Attributes:
        passed: whether the chosen program passes every test, public and hidden.
        accepted: whether it passes the public tests.
        tokens: completion tokens that the search took.
    """

    passed: bool
    accepted: bool
    tokens: int


async def solve_one(
    exam: Exam, services: Services, judge: Judge, journal: Journal, name: SearchName,
    options: SearchOptions,
) -> Solved:  # fmt: skip
    """Solves a problem and judges the program that was chosen.

    Raises:
        InfrastructureError: the policy or the reward model failed.
        SandboxError: the sandbox failed.
    """
    inputs = {
        "problem": exam.problem.id,
        "statement": exam.problem.statement,
        "policy": services.policy.name,
        "reward": services.reward.fingerprint,
        "search": name,
        "options": asdict(options),
    }
    key = make_key("solved", inputs)
    record = journal.find(key)
    if record is None:
        solution = await solve(exam.problem, SEARCHES[name], services, options, Budget())
        best = solution.best
        passed = best is not None and (await judge.passes(exam, [best.program]))[0]
        solved = Solved(passed, solution.accepted, solution.spent.completion_tokens)
        record = journal.add("solved", key, problem=exam.problem.id, solved=asdict(solved))
    return decode(Solved, record["solved"])


def summarise(
    solved: Sequence[Solved], chains: Sequence[Sequence[SampledChain]]
) -> dict[str, Estimate]:
    """Rates and their differences, problem by problem.

    Args:
        solved: of each problem.
        chains: plain samples of each problem, all as many.
    """
    passed = [float(one.passed) for one in solved]
    first = [float(own[0].passed) for own in chains]
    oracle = [float(any(chain.passed for chain in own)) for own in chains]
    able = [place for place, value in enumerate(oracle) if value]
    number = len(chains[0])
    return {
        "solved": bootstrap_interval(passed, RESAMPLES, 0),
        "first sample": bootstrap_interval(first, RESAMPLES, 0),
        f"any of {number} samples": bootstrap_interval(oracle, RESAMPLES, 0),
        f"solved, of those that any of {number} samples solves": bootstrap_interval(
            [passed[place] for place in able], RESAMPLES, 0
        ),
        "solved - first sample": paired_difference(passed, first, RESAMPLES, 0),
    }


def main(
    problems: Annotated[int, typer.Option(min=1, help="The first so many test problems.")] = 200,
    search: Annotated[SearchName, typer.Option(help="How to search.")] = "best-of-n",
    reward: Annotated[str, typer.Option(help="As for solve --reward.")] = "embedded",
    n: Annotated[int, typer.Option(min=1, help="As for solve --n.")] = 8,
    width: Annotated[int | None, typer.Option(min=1, help="As for solve --width.")] = None,
    samples: Annotated[int, typer.Option(min=1, help="Plain samples to compare with.")] = 16,
    temperature: Annotated[float, typer.Option(min=0.01, help="Of all samples.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Of all samples.")] = 0,
    sandbox: Annotated[Kind, typer.Option(help="docker, local or auto.")] = "auto",
    out: Annotated[Path, typer.Option(help="Folder of the journal.")] = OUT,
) -> None:
    """Solves test problems of the miniature world with the embedded policy."""
    exams = [generate_exam("test", index) for index in range(problems)]
    options = SearchOptions(n=n, width=width, seed=seed, sampling=Sampling(temperature))
    plain = ChainsConfig(temperature=temperature, candidates=samples)
    console = Console(stderr=True, highlight=False)

    async def work() -> tuple[list[Solved], list[list[SampledChain]]]:
        policy, scorer = open_policy("embedded"), open_reward(reward)
        journal = Journal(out / "journal.jsonl")
        meter = Meter("solving", problems, ProgressLines(console.print))
        try:
            async with open_sandbox(sandbox, on_event=console.print) as box:
                judge, services = Judge(box, journal), Services(policy, scorer, box)
                owned: list[tuple[Split, Exam]] = [("test", exam) for exam in exams]
                flat = await sample_chains(owned, policy, judge, journal, plain, seed)

                async def one(exam: Exam) -> Solved:
                    solved = await solve_one(exam, services, judge, journal, search, options)
                    meter.finished(known=False)
                    return solved

                solved = await map_ahead(one, exams, PROBLEMS_AHEAD)
        finally:
            journal.close()
            await scorer.close()
            await policy.close()
        return solved, [flat[at : at + samples] for at in range(0, len(flat), samples)]

    with lock_folder(out):
        solved, chains = asyncio.run(work())
    table = Table("share of problems", "mean", "95 % interval")
    found = summarise(solved, chains)
    for name, value in found.items():
        table.add_row(name, f"{value.value:.3f}", f"{value.low:.3f} to {value.high:.3f}")
    Console().print(table)
    first = [own[0].passed for own in chains]
    test = mcnemar_exact([one.passed for one in solved], first)
    tokens = sum(one.tokens for one in solved) / len(solved)
    Console().print(f"McNemar against the first sample: p = {test.p_value:.2g}")
    Console().print(f"{tokens:.0f} completion tokens a problem")
    (out / "result.json").write_text(json.dumps({k: asdict(v) for k, v in found.items()}) + "\n")


if __name__ == "__main__":
    typer.run(main)
