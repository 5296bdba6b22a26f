"""What is known of test candidates without hidden tests: public verdicts and outputs."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dreamcode.concurrency import map_ahead
from dreamcode.miniature.exams import generate_task
from dreamcode.miniature.inputs import candidate_inputs, natural_input
from dreamcode.miniature.splits import fixed_number
from dreamcode.miniature.tasks import show
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.selection import finish_program, identify
from dreamcode_sandbox import Limits, Sandbox, StdinTest, Verdict
from dreamcode_training.chains import SampledChain
from dreamcode_training.progress import Meter
from dreamcode_training.records import read_lines

PROBLEMS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Examined:
    """A test candidate; one line of candidates.jsonl.

    Attributes:
        problem: id of its problem.
        sample: its number.
        public: whether it passes all public tests.
        group: number of the candidates that print what it prints on the extra inputs; -1 for a
            program that was not finished, or fails on all of them.
    """

    problem: str
    sample: int
    public: bool
    group: int


async def examine(
    exams: Sequence[Exam],
    chains: Sequence[SampledChain],
    sandbox: Sandbox,
    journal: Journal,
    inputs: int,
    meter: Meter,
) -> list[Examined]:
    """Runs every distinct finished candidate on public tests and on extra inputs.

    The extra inputs come with no expected output: programs are grouped by what they print.

    Args:
        exams: the problems.
        chains: candidates of them, and maybe of others, which are left out.
        sandbox: where they run.
        journal: what was done before.
        inputs: how many extra inputs a problem.
        meter: told what is done.

    Raises:
        SandboxError: the sandbox failed.
    """
    of_problem: dict[str, list[SampledChain]] = defaultdict(list)
    for chain in chains:
        of_problem[chain.problem].append(chain)

    async def of(exam: Exam) -> list[Examined]:
        found = await _examine(exam, of_problem[exam.problem.id], sandbox, journal, inputs)
        meter.finished(known=False)
        return found

    return [one for found in await map_ahead(of, exams, PROBLEMS_AHEAD) for one in found]


def extra_inputs(problem: str, number: int) -> list[str]:
    """Inputs of a problem of the world, half of them ordinary, the same on every machine."""
    _, split, index = problem.split("-")
    kind = generate_task(split, int(index)).takes
    random = Random(fixed_number("extra inputs", problem))
    values = [natural_input(kind, random) for _ in range((number + 1) // 2)]
    values += candidate_inputs(kind, random, number)[-(number // 2) :] if number > 1 else []
    return [f"{show(value)}\n" for value in values]


async def _examine(
    exam: Exam, chains: Sequence[SampledChain], sandbox: Sandbox, journal: Journal, number: int
) -> list[Examined]:
    inputs = extra_inputs(exam.problem.id, number)
    programs = {
        chain.sample: finish_program("".join(chain.steps), None)
        for chain in chains
        if chain.finished
    }
    forms = {sample: identify(text, None) for sample, text in programs.items()}
    distinct = {forms[sample]: text for sample, text in programs.items()}
    async with asyncio.TaskGroup() as group:
        tasks = {
            form: group.create_task(_run(exam, form, text, inputs, sandbox, journal))
            for form, text in distinct.items()
        }
    numbers: dict[tuple[str, ...], int] = {}
    found = []
    for chain in chains:
        public, place = False, -1
        if chain.finished:
            public, outputs = tasks[forms[chain.sample]].result()
            if any(outputs):
                place = numbers.setdefault(outputs, len(numbers))
        found.append(Examined(exam.problem.id, chain.sample, public, place))
    return found


async def _run(
    exam: Exam,
    form: str,
    program: str,
    inputs: Sequence[str],
    sandbox: Sandbox,
    journal: Journal,
) -> tuple[bool, tuple[str, ...]]:
    """Whether it passes the public tests, and what it prints; "" where it fails."""
    problem = exam.problem
    key = make_key("examined", {"problem": problem.id, "program": form, "inputs": list(inputs)})
    record = journal.find(key)
    if record is None:
        public = await sandbox.run(
            program, problem.public_tests, problem.limits, stop_at_first_failure=True
        )
        outputs = await _print_outputs(program, inputs, sandbox, problem.limits)
        passed = public.verdict is Verdict.ACCEPTED
        record = journal.add("examined", key, public=passed, outputs=outputs)
    return bool(record["public"]), tuple(record["outputs"])


async def _print_outputs(
    program: str, inputs: Sequence[str], sandbox: Sandbox, limits: Limits
) -> list[str]:
    """What it prints on each input, marked so that printing nothing differs from failing."""
    report = await sandbox.run(program, [StdinTest(text, "") for text in inputs], limits)
    if report.verdict is Verdict.COMPILE_ERROR:
        return [""] * len(inputs)
    ended = (Verdict.ACCEPTED, Verdict.WRONG_ANSWER)
    return [
        "> " + " ".join(result.output.split()) if result.verdict in ended else ""
        for result in report.results
    ]


def read_examined(path: Path) -> dict[tuple[str, int], Examined]:
    """The candidates of a candidates.jsonl by problem and sample.

    Raises:
        InputError: the file cannot be read or is damaged.
    """
    return {(one.problem, one.sample): one for _, one in read_lines(path, Examined)}
