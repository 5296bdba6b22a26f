"""The one record of what became of a problem, and of each of its programs.

`solve`, benchmarks, `show` and the report's page write and read it; docs/results.md has its keys.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dreamcode.chain.parse import parse
from dreamcode.codec import decode, encode
from dreamcode.policies.policy import Usage
from dreamcode.problems import Problem
from dreamcode.problems.freedom import explain_freedom
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import StepRewards
from dreamcode_sandbox.cases import Report, StdinTest, Test, TestResult
from dreamcode_sandbox.verdicts import Verdict

SHORT = 400
"""Characters of a test's text that are kept: a page may hold those of a thousand problems."""


Stopped = Literal["reward", "votes", "agreement", "lead"]
"""Why enough programs were written: docs/search.md says what each means."""

REASONS: dict[str, str] = {
    "reward": "one passes the public tests with a reward that is high enough",
    "votes": "the rewards of those that behave alike are high enough",
    "agreement": "enough that pass the public tests behave alike",
    "lead": "so many behave alike that others will hardly overtake them",
}
"""The same in words."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What tests said of a program.

    Attributes:
        verdict: accepted if all tests are, else that of the first that was not.
        passed: how many it passed; where it ran up to its first failure, those before.
        tests: how many there are.
        fault: what the problem's checker failed with; "" where it did not.
    """

    verdict: Verdict
    passed: int = 0
    tests: int = 0
    fault: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the program passed them all."""
        return self.verdict is Verdict.ACCEPTED


@dataclass(frozen=True, slots=True)
class PublicTest:
    """A public test in words; long texts are shortened.

    Attributes:
        input: what the program reads, or the call that is made.
        expected: what it must print or return.
    """

    input: str
    expected: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program did on a public test.

    Attributes:
        verdict: how it ended.
        got: what it printed or returned, else the last line of its error; shortened.
        seconds: seconds of CPU time.
    """

    verdict: Verdict
    got: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Program:
    """A distinct finished program, and all that is known of it.

    Attributes:
        steps: the text of each step; joined they are what ran.
        copies: how many samples came to it.
        mean_logprob: the policy's own opinion, in nats per token; None if unknown.
        rewards: one per step; None where nothing is known of a prefix.
        reward: aggregate of `rewards`; None if unknown.
        public: what the public tests said; None if there are none.
        outcomes: what it did on each public test, in their order.
        grade: what all tests said, hidden ones included; None where none were opened.
        behaviour: the same for programs that did the same on inputs of our own making; None
            where it was not looked at, or the program failed on all of them.
        vote: summed rewards of all samples that passed as many public tests and behave alike;
            None where votes did not count.
        origins: of a program that was put together from several, per step the number of the
            sampled program that it was taken from, counted from 1 in order of writing, 0 where
            that is not known; empty where all steps are from one.
    """

    steps: tuple[str, ...]
    copies: int = 1
    mean_logprob: float | None = None
    rewards: StepRewards = ()
    reward: float | None = None
    public: Grade | None = None
    outcomes: tuple[Outcome, ...] = ()
    grade: Grade | None = None
    behaviour: str | None = None
    vote: float | None = None
    origins: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """What ran."""
        return "".join(self.steps)

    @property
    def passed(self) -> int:
        """Public tests passed."""
        return self.public.passed if self.public else 0

    @property
    def compiles(self) -> bool:
        """Whether nothing is known that speaks against it."""
        return self.public is None or self.public.verdict is not Verdict.COMPILE_ERROR

    @property
    def right(self) -> bool:
        """Whether it passed all tests, hidden ones included."""
        return self.grade is not None and self.grade.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a problem.

    Attributes:
        problem: the problem's id.
        title: one line for people.
        statement: text of the problem.
        starter_code: what the answer had to begin from.
        function: what tests call; None for programs that read stdin.
        platform: site that the problem is from, such as "atcoder"; "" if unknown.
        difficulty: how hard the problem is said to be; "" if unknown.
        contest_id: the contest's id; "" if unknown.
        contest_date: when the contest took place; None if unknown.
        tests: the public tests that programs were run on.
        samples: programs that were asked for; those that no program stands for were not finished.
        allowed: programs that might have been asked for; 0 where the search sets no number.
        stopped: why no more were asked for, though more were allowed: "reward" (a program passes
            the public tests and its reward is high enough), "votes" (without tests: the summed
            rewards of those that behave alike are), "agreement" (enough programs that pass the
            tests behave alike), "lead" (without tests: so many behave alike that others will
            hardly overtake them); None where all were, or a limit ended the search.
        programs: the distinct programs, best first; empty if none was finished.
        ranked: whether the first program is a choice; else their order says nothing.
        independent: whether samples were drawn independently, so that pass@k means something.
        reward_model: who scored the programs; "" if nobody did.
        aggregation: how the rewards of a program's steps became one number.
        spent: what the policy used.
        seconds: time from the first request to the last verdict, earlier sessions included.
        exhausted: the limit that was reached, if any: "tokens", "calls", "seconds", "dollars";
            "window" where the problem or all its programs are too long for a model.
        hint: what to do, because the statement allows answers that the comparison does not;
            "" if there is nothing to do.
        failures: why the policy could not give samples that were asked for, one message per
            sample; a resumed run asks for them again.
    """

    problem: str
    title: str
    statement: str
    starter_code: str
    function: str | None
    platform: str = ""
    difficulty: str = ""
    contest_id: str = ""
    contest_date: datetime | None = None
    tests: tuple[PublicTest, ...] = ()
    samples: int
    allowed: int = 0
    stopped: Stopped | None = None
    programs: tuple[Program, ...] = ()
    ranked: bool = True
    independent: bool = True
    reward_model: str = ""
    aggregation: Aggregation = "last"
    spent: Usage = Usage()
    seconds: float = 0.0
    exhausted: str | None = None
    hint: str = ""
    failures: tuple[str, ...] = ()

    @property
    def best(self) -> Program | None:
        """The program to trust most; None where there is none, or nothing was chosen."""
        return self.programs[0] if self.programs and self.ranked else None

    @property
    def accepted(self) -> bool:
        """Whether there is a program and no public test speaks against it."""
        best = self.best
        return best is not None and (best.public is None or best.public.accepted)

    @property
    def verdicts(self) -> set[Verdict]:
        """All that tests said of the programs."""
        grades = (grade for one in self.programs for grade in (one.public, one.grade) if grade)
        outcomes = (outcome for one in self.programs for outcome in one.outcomes)
        return {one.verdict for one in grades} | {one.verdict for one in outcomes}

    @property
    def advice(self) -> str:
        """The hint, where an answer was wrong that it may be about; else ""."""
        return self.hint if Verdict.WRONG_ANSWER in self.verdicts else ""

    @property
    def fault(self) -> str:
        """What the problem's checker failed with; "" where it did not."""
        grades = (grade for one in self.programs for grade in (one.grade, one.public) if grade)
        return next((grade.fault for grade in grades if grade.fault), "")

    @property
    def texts(self) -> list[str]:
        """The text of each sample, in the order of `graded`; unfinished ones are ""."""
        found = [program.text for program in self.programs for _ in range(program.copies)]
        return found + [""] * (self.samples - len(found))

    @property
    def graded(self) -> tuple[bool, ...]:
        """Whether each sample is right, best first; unfinished ones are last and wrong."""
        found = [program.right for program in self.programs for _ in range(program.copies)]
        return (*found, *(False for _ in range(self.samples - len(found))))


def begin_result(problem: Problem, samples: int) -> Result:
    """The result of a problem of which nothing has been solved yet."""
    return Result(
        problem=problem.id,
        title=problem.title,
        statement=problem.statement,
        starter_code=problem.starter_code,
        function=problem.function,
        tests=tuple(map(show_test, problem.public_tests)),
        hint=explain_freedom(problem.statement, problem.comparison),
        samples=samples,
    )


def cut_steps(text: str) -> tuple[str, ...]:
    """Somebody's program as steps; joined they are the text, byte for byte."""
    return tuple(step.source for step in parse(text).steps)


def summarise_report(report: Report) -> tuple[Grade, tuple[Outcome, ...]]:
    """What the public tests said of a program, all in all and one by one."""
    return grade_report(report), tuple(map(show_outcome, report.results))


def grade_report(report: Report) -> Grade:
    """What a report comes to."""
    faults = (
        last_line(one.error) for one in report.results if one.verdict is Verdict.CHECKER_ERROR
    )
    return Grade(report.verdict, report.passed, report.tests, next(faults, ""))


def describe_result(result: Result) -> dict[str, Any]:
    """The result as JSON values: its fields, and what most readers want first.

    Returns:
        `accepted` and `program` (the text of the best one, or null), then the fields of `Result`.
    """
    best = result.best
    described: dict[str, Any] = _finite(encode(result))
    return {"accepted": result.accepted, "program": best.text if best else None} | described


def read_result(data: object) -> Result:
    """The result that `describe_result` made JSON values of.

    Raises:
        ValueError: `data` is no result; says in one line what is wrong.
    """
    return decode(Result, data)


def shorten(text: str, most: int = SHORT) -> str:
    """`text` without its last line ends, cut to so many characters."""
    text = text.rstrip()
    return text if len(text) <= most else text[: most - 1] + "…"


def _finite(value: Any) -> Any:
    """The JSON value, null in the place of numbers for which JSON has no word."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def last_line(text: str) -> str:
    """The last line of a text, such as what a traceback ends with."""
    return text.strip().rpartition("\n")[2]


def show_test(test: Test) -> PublicTest:
    """A public test in words."""
    if isinstance(test, StdinTest):
        return PublicTest(shorten(test.input), shorten(test.output))
    arguments = ", ".join(map(repr, test.arguments))
    return PublicTest(shorten(f"{test.function}({arguments})"), shorten(repr(test.output)))


def show_outcome(result: TestResult) -> Outcome:
    """What a program did on a test, in words."""
    blind = result.verdict is Verdict.CHECKER_ERROR
    got = last_line(result.error) if blind or not result.output else result.output
    return Outcome(result.verdict, shorten(got), round(result.cpu_seconds, 3))
