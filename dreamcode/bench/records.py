"""What a benchmark run leaves: one result a problem, the lines of results.jsonl."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.grading.judge import Grade
from dreamcode.policies.policy import Usage
from dreamcode.problems.task import Task
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.folder import PROBLEMS
from dreamcode_sandbox.verdicts import Verdict

RESULTS = "results.jsonl"
RESULT = "result.json"
NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Answer:
    """A distinct finished program, what led to its choice, and what hidden tests made of it.

    Attributes:
        program: the text that ran.
        grade: by all tests, public and hidden.
        copies: how many samples came to it.
        steps: text of each step.
        rewards: one a step; None where nothing is known of a prefix.
        reward: their aggregate; None if unknown.
        mean_logprob: the policy's own opinion, nats a token; None if unknown.
        public: what the public tests said; None if there are none.
        public_passed: how many of them it passed.
    """

    program: str
    grade: Grade
    copies: int = 1
    steps: tuple[str, ...] = ()
    rewards: StepRewards = ()
    reward: float | None = None
    mean_logprob: float | None = None
    public: Verdict | None = None
    public_passed: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a problem.

    Attributes:
        problem: its id.
        title: one line for people.
        statement: its text.
        starter_code: what the answer had to begin from.
        function: what tests call; None for programs that read stdin.
        platform: "" if unknown.
        difficulty: "" if unknown.
        contest_id: "" if unknown.
        contest_date: None if unknown.
        public_tests: how many there are.
        samples: programs that were asked for; those that no answer stands for were not finished.
        answers: best first.
        ranked: whether the first answer is a choice; else their order says nothing.
        independent: whether samples were drawn independently, so that pass@k means something.
        spent: what the policy used.
        seconds: from the first request to the last grade, earlier sessions included.
        exhausted: the part of the budget that ran out, if any; "window" where the problem or
            all its programs are too long for a model.
    """

    problem: str
    title: str
    statement: str
    starter_code: str
    function: str | None
    platform: str
    difficulty: str
    contest_id: str
    contest_date: datetime | None
    public_tests: int
    samples: int
    answers: tuple[Answer, ...]
    ranked: bool = True
    independent: bool = True
    spent: Usage = NOTHING
    seconds: float = 0.0
    exhausted: str | None = None

    @property
    def programs(self) -> list[str]:
        """The text of each sample, in the order of `graded`; unfinished ones are ""."""
        found = [answer.program for answer in self.answers for _ in range(answer.copies)]
        return found + [""] * (self.samples - len(found))

    @property
    def graded(self) -> tuple[bool, ...]:
        """Whether each sample is right, best first; unfinished ones are last and wrong."""
        found = [answer.grade.accepted for answer in self.answers for _ in range(answer.copies)]
        return (*found, *(False for _ in range(self.samples - len(found))))


def make_result(
    task: Task,
    samples: int,
    answers: Iterable[Answer],
    *,
    ranked: bool = True,
    independent: bool = True,
    spent: Usage = NOTHING,
    seconds: float = 0.0,
    exhausted: str | None = None,
) -> Result:
    """The result of a task; see `Result` for the arguments."""
    problem = task.exam.problem
    return Result(
        problem.id,
        problem.title,
        problem.statement,
        problem.starter_code,
        problem.function,
        task.platform,
        task.difficulty,
        task.contest_id,
        task.contest_date,
        len(problem.public_tests),
        samples,
        tuple(answers),
        ranked,
        independent,
        spent,
        round(seconds, 3),
        exhausted,
    )


def dump_results(results: Iterable[Result]) -> str:
    """The text of a results.jsonl."""
    return "".join(json.dumps(encode(result)) + "\n" for result in results)


def read_results(path: Path) -> list[Result]:
    """The results of a results.jsonl, or of a run's folder, finished or not.

    Those of a run that goes on or was killed are gathered from its problems' folders; they
    come in the order of these.

    Raises:
        InputError: it cannot be read, or a line is no result; names file and line.
    """
    results: list[Result] = []
    if path.is_dir() and not (path / RESULT).is_file():
        found = [read_result(file.parent) for file in sorted(path.glob(f"{PROBLEMS}/*/{RESULT}"))]
        results = [result for result in found if result is not None]
    file = path / RESULTS if path.is_dir() else path
    if not results and (file.exists() or not path.is_dir()):
        results = list(_read(file))
    if not results:
        raise InputError(f"{path} holds no result of a problem yet; resume the run first")
    return results


def read_result(folder: Path) -> Result | None:
    """The result in a problem's folder; None if it is not finished.

    Raises:
        InputError: the file is damaged.
    """
    file = folder / RESULT
    if not file.exists():
        return None
    try:
        return decode(Result, json.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} is no result of a benchmark run ({error}); remove it, and --resume grades "
            "the problem again from its journal"
        ) from None


def _read(file: Path) -> Iterator[Result]:
    try:
        text = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read {file}: {error}; name a benchmark run's folder or its {RESULTS}"
        ) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        try:
            yield decode(Result, json.loads(line))
        except ValueError as error:
            raise InputError(
                f"{file}:{number} is no result of a benchmark run ({error}); mend or remove the "
                "line, or resume the run"
            ) from None
