"""Chooses among programs that are stored already, by what a reward model thinks of them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dreamcode.bench.run import OnResult, do_once, ignore_results
from dreamcode.policies.draft import Draft, make_draft, read_draft
from dreamcode.policies.policy import Ending
from dreamcode.problems.problem import Problem
from dreamcode.results import Program, Result
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.folder import open_journal
from dreamcode.runs.remembered import RememberedReward


async def rerank(
    folder: Path,
    results: Sequence[Result],
    reward: RewardModel,
    concurrency: int,
    *,
    public_tests: bool = False,
    on_result: OnResult = ignore_results,
) -> list[Result]:
    """The same results with their programs best first; nothing is scored twice.

    Args:
        folder: folder of the run that this makes.
        results: graded programs.
        reward: who scores the programs, as finished programs.
        concurrency: problems under way at once.
        public_tests: whether programs that pass more public tests come first, where the
            results tell.
        on_result: told of each result when it is there, and whether it was on record.

    Raises:
        InputError: a program is longer than the reward model reads.
        InfrastructureError: reward model or disk failed.
    """

    async def run(result: Result, own: Path) -> Result:
        return await _rerank(own, result, reward, public_tests=public_tests)

    items = {result.problem: result for result in results}
    return await do_once(folder, items, run, concurrency, on_result)


async def _rerank(
    folder: Path, result: Result, reward: RewardModel, *, public_tests: bool
) -> Result:
    problem = Problem(
        result.problem,
        result.title,
        result.statement,
        result.starter_code,
        result.function,
    )
    programs = _distinct(result.programs)
    drafts = [_finished_draft(problem, program.text) for program in programs]
    with open_journal(folder) as journal:
        rewards = await RememberedReward(reward, journal).score(problem, drafts)
        seconds = round(journal.seconds, 3)
    scored = [
        replace(program, rewards=own, reward=aggregate(reward.aggregation, own))
        for program, own in zip(programs, rewards, strict=True)
    ]

    def merit(program: Program) -> tuple[int, float]:
        passed = program.passed if public_tests else 0
        return passed, -math.inf if program.reward is None else program.reward

    return replace(
        result,
        programs=tuple(sorted(scored, key=merit, reverse=True)),
        ranked=True,
        reward_model=reward.name,
        aggregation=reward.aggregation,
        seconds=seconds,
        failures=(),  # of the run that asked for samples: here nobody can ask again
    )


def _distinct(programs: Sequence[Program]) -> list[Program]:
    """Each text once, with its copies; those that were never written are left out."""
    found: dict[str, Program] = {}
    for program in programs:
        if program.text.strip():
            first = found.get(program.text, replace(program, copies=0))
            found[program.text] = replace(first, copies=first.copies + program.copies)
    return list(found.values())


def _finished_draft(problem: Problem, text: str) -> Draft:
    """The program as a finished chain, whatever it looks like: it is what was handed in."""
    return make_draft(read_draft(problem, text).steps or (text,), Ending.PROGRAM)
