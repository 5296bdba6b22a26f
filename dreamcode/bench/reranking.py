"""Chooses anew among programs that are stored already; nothing runs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dreamcode.bench.run import OnResult, do_once, ignore_results
from dreamcode.choosing import Select
from dreamcode.errors import InputError
from dreamcode.policies.draft import Draft, make_draft, read_draft
from dreamcode.policies.policy import Ending
from dreamcode.problems.problem import Problem
from dreamcode.results import Program, Result
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.folder import open_journal
from dreamcode.runs.journal import Journal
from dreamcode.runs.remembered import RememberedReward
from dreamcode.search.ranking import count_votes, is_vote, stand


def check_choice(
    file: Path, results: Sequence[Result], select: Select, *, rescored: bool, public_tests: bool
) -> None:
    """Says early whether the results tell what the choice is to go by.

    Args:
        file: where they are from, for messages.
        results: graded programs.
        select: what decides.
        rescored: whether a reward model scores them anew.
        public_tests: whether public tests come first.

    Raises:
        InputError: they do not.
    """
    programs = [program for result in results for program in result.programs]
    if public_tests and all(program.public is None for program in programs):
        raise InputError(
            f"{file} does not say which public tests its programs pass, and rerank runs nothing: "
            "leave --public-tests out, choose by something else than --select tests, or rerank "
            "the folder of a run that looked at them"
        )
    unrated = not rescored and all(program.reward is None for program in programs)
    if select in ("vote", "reward") and unrated:
        raise InputError(
            f"--select {select} needs rewards, and {file} has none; name a reward model with "
            "--prm, as in --prm hf/<folder>, or choose by --select majority"
        )
    if select == "likelihood" and all(one.mean_logprob is None for one in programs):
        raise InputError(
            f"--select likelihood needs the log-likelihoods of programs, and {file} has none; "
            "take a run whose model told them, or choose by --select majority"
        )


async def rerank(
    folder: Path,
    results: Sequence[Result],
    reward: RewardModel | None,
    concurrency: int,
    *,
    select: Select = "reward",
    public_tests: bool = False,
    on_result: OnResult = ignore_results,
) -> list[Result]:
    """The same results with their programs best first; nothing is scored twice.

    Args:
        folder: folder of the run that this makes.
        results: graded programs.
        reward: who scores the programs, as finished ones; None leaves the rewards on record.
        concurrency: problems under way at once.
        select: what decides; see `dreamcode.choosing`. Those vote for each other that have the
            same behaviour on record, and copies.
        public_tests: whether programs that pass more public tests come first.
        on_result: told of each result when it is there, and whether it was on record.

    Raises:
        InputError: a program is longer than the reward model reads.
        InfrastructureError: reward model or disk failed.
    """

    async def run(result: Result, own: Path) -> Result:
        with open_journal(own) as journal:
            if reward is not None:
                result = await _score(result, reward, journal)
        return _choose(result, select, public_tests=public_tests)

    items = {result.problem: result for result in results}
    return await do_once(folder, items, run, concurrency, on_result)


def _choose(result: Result, select: Select, *, public_tests: bool) -> Result:
    """The result with its distinct programs in another order; ties stay in theirs."""
    programs = _distinct(result.programs)

    def passed(program: Program) -> int:
        return program.passed if public_tests else 0

    if is_vote(select):
        most = max(map(passed, programs), default=0)
        leaders = [program for program in programs if passed(program) == most]
        votes = {one.text: one.vote for one in count_votes(leaders, select)}
        programs = [replace(program, vote=votes.get(program.text)) for program in programs]
    ranked = sorted(programs, key=lambda one: (passed(one), *stand(one, select)), reverse=True)
    # Failures are of the run that asked for samples: here nobody can ask again.
    return replace(result, programs=tuple(ranked), ranked=True, failures=())


async def _score(result: Result, reward: RewardModel, journal: Journal) -> Result:
    """The result with its distinct programs scored anew."""
    problem = Problem(
        result.problem,
        result.title,
        result.statement,
        result.starter_code,
        result.function,
    )
    programs = _distinct(result.programs)
    drafts = [_finished_draft(problem, program.text) for program in programs]
    rewards = await RememberedReward(reward, journal).score(problem, drafts)
    scored = [
        replace(program, rewards=own, reward=aggregate(reward.aggregation, own))
        for program, own in zip(programs, rewards, strict=True)
    ]
    return replace(
        result,
        programs=tuple(scored),
        reward_model=reward.name,
        aggregation=reward.aggregation,
        seconds=round(journal.seconds, 3),
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
