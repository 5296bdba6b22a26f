"""A problem and its programs as reports show them: graded by a benchmark, or solved alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dreamcode.bench.records import Result
from dreamcode.codec import decode
from dreamcode.grading.judge import Grade
from dreamcode.policies.policy import Usage
from dreamcode.problems import Problem
from dreamcode.rewards.reward import StepRewards
from dreamcode_sandbox.cases import Test
from dreamcode_sandbox.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class ProgramView:
    """A distinct finished program and all that is known of it.

    Attributes:
        program: the text that ran.
        steps: text of each step.
        copies: how many samples came to it.
        rewards: one a step; None where nothing is known of a prefix.
        reward: their aggregate; None if unknown.
        mean_logprob: the policy's own opinion, nats a token; None if unknown.
        public: what the public tests said; None if they were not run.
        public_passed: how many of them it passed.
        public_tests: how many there are.
        grade: what all tests said, hidden ones included; None outside benchmarks.
    """

    program: str
    steps: tuple[str, ...] = ()
    copies: int = 1
    rewards: StepRewards = ()
    reward: float | None = None
    mean_logprob: float | None = None
    public: Verdict | None = None
    public_passed: int = 0
    public_tests: int = 0
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A problem and what became of it.

    Attributes:
        id: its id.
        title: one line for people.
        statement: its text.
        starter_code: what the answer had to begin from.
        function: what its tests call; None for programs that read stdin.
        programs: best first.
        tests: the public ones; empty where the run does not keep them.
        platform: "" if unknown.
        difficulty: "" if unknown.
        contest_id: "" if unknown.
        contest_date: None if unknown.
        samples: programs that were asked for; None if unknown.
        ranked: whether the first program is a choice.
        spent: what the policy used; None where the run did not end.
        seconds: until the last grade; None if unknown.
        exhausted: the part of the budget that ran out, if any.
    """

    id: str
    title: str
    statement: str
    starter_code: str
    function: str | None
    programs: tuple[ProgramView, ...] = ()
    tests: tuple[Test, ...] = ()
    platform: str = ""
    difficulty: str = ""
    contest_id: str = ""
    contest_date: datetime | None = None
    samples: int | None = None
    ranked: bool = True
    spent: Usage | None = None
    seconds: float | None = None
    exhausted: str | None = None

    @property
    def chosen(self) -> ProgramView | None:
        """The program to trust most; None where there is none, or nothing was chosen."""
        return self.programs[0] if self.programs and self.ranked else None

    @property
    def right(self) -> int:
        """Samples that passed all tests."""
        return sum(one.copies for one in self.programs if one.grade and one.grade.accepted)


def view_result(result: Result) -> ProblemView:
    """A problem of a benchmark."""
    programs = tuple(
        ProgramView(
            answer.program,
            answer.steps,
            answer.copies,
            answer.rewards,
            answer.reward,
            answer.mean_logprob,
            answer.public,
            answer.public_passed,
            result.public_tests,
            answer.grade,
        )
        for answer in result.answers
    )
    return ProblemView(
        result.problem,
        result.title,
        result.statement,
        result.starter_code,
        result.function,
        programs,
        (),
        result.platform,
        result.difficulty,
        result.contest_id,
        result.contest_date,
        result.samples,
        result.ranked,
        result.spent,
        result.seconds,
        result.exhausted,
    )


def view_solution(problem: Problem, result: Mapping[str, Any] | None) -> ProblemView:
    """The problem of `dreamcode solve`.

    Args:
        problem: what was to be solved.
        result: what is in the run's result.json; None where the run did not end.

    Raises:
        ValueError: `result` is something else.
    """
    result = result or {"candidates": []}
    candidates = result.get("candidates")
    if not isinstance(candidates, list) or not all(isinstance(one, dict) for one in candidates):
        raise ValueError("it has no list of candidates")
    return ProblemView(
        problem.id,
        problem.title,
        problem.statement,
        problem.starter_code,
        problem.function,
        tuple(_view_candidate(candidate) for candidate in candidates),
        problem.public_tests,
        spent=decode(Usage, result["spent"]) if "spent" in result else None,
        exhausted=result.get("exhausted"),
    )


def _view_candidate(candidate: Mapping[str, Any]) -> ProgramView:
    names = ("program", "steps", "copies", "rewards", "reward", "mean_logprob", "public_tests")
    known = {name: candidate[name] for name in names if name in candidate}
    return decode(
        ProgramView,
        known
        | {
            "public": candidate.get("verdict"),
            "public_passed": candidate.get("public_tests_passed") or 0,
        },
    )
