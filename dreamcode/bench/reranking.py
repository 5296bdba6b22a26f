"""Chooses among programs that are stored already, by what a reward model thinks of them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dreamcode.bench.records import Answer, Result
from dreamcode.bench.run import OnResult, do_once, ignore_results, open_problem_journal
from dreamcode.policies.draft import Draft, make_draft, read_draft
from dreamcode.policies.policy import Ending
from dreamcode.problems.problem import Problem
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.journaled_reward import JournaledReward


async def rerank(
    folder: Path,
    results: Sequence[Result],
    reward: RewardModel,
    concurrency: int,
    *,
    public_tests: bool = False,
    on_result: OnResult = ignore_results,
) -> list[Result]:
    """The same results with their answers best first; nothing is scored twice.

    Args:
        folder: of the run that this makes.
        results: graded programs.
        reward: who scores them, as finished programs.
        concurrency: problems under way at once.
        public_tests: whether programs that pass more public tests come first, where the
            results tell.
        on_result: told of each result when it is there, and whether it was before.

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
    answers = _distinct(result.answers)
    drafts = [_finished_draft(problem, answer.program) for answer in answers]
    journal = open_problem_journal(folder)
    try:
        rewards = await JournaledReward(reward, journal).score(problem, drafts)
        scored = [
            replace(
                answer,
                steps=draft.steps,
                rewards=own,
                reward=aggregate(reward.aggregation, own),
            )
            for answer, draft, own in zip(answers, drafts, rewards, strict=True)
        ]
        seconds = journal.seconds
    finally:
        journal.close()

    def merit(answer: Answer) -> tuple[int, float]:
        passed = answer.public_passed if public_tests else 0
        return passed, -math.inf if answer.reward is None else answer.reward

    ranked = tuple(sorted(scored, key=merit, reverse=True))
    return replace(result, answers=ranked, ranked=True, seconds=round(seconds, 3))


def _distinct(answers: Sequence[Answer]) -> list[Answer]:
    """Each text once, with its copies; those that were never written are left out."""
    found: dict[str, Answer] = {}
    for answer in answers:
        if answer.program.strip():
            first = found.get(answer.program, replace(answer, copies=0))
            found[answer.program] = replace(first, copies=first.copies + answer.copies)
    return list(found.values())


def _finished_draft(problem: Problem, program: str) -> Draft:
    """The program as a finished chain, whatever it looks like: it is what was handed in."""
    return make_draft(read_draft(problem, program).steps or (program,), Ending.PROGRAM)
