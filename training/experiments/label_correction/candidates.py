"""What is known of candidates beside hidden tests: public verdicts, outputs, reference rollouts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dreamcode.concurrency import map_ahead
from dreamcode.miniature.exams import generate_task
from dreamcode.miniature.inputs import candidate_inputs, natural_input
from dreamcode.miniature.splits import fixed_number
from dreamcode.miniature.tasks import show
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.runs.remembered import RememberedSandbox
from dreamcode.search.selection import finish_program
from dreamcode_sandbox import Report, StdinTest, Verdict
from dreamcode_training.chains import SampledChain
from dreamcode_training.progress import Meter
from dreamcode_training.records import Split, read_lines, write_lines
from dreamcode_training.rollouts import Completer
from experiments.label_correction.lab import Lab

PROBLEMS_AHEAD = 16


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


@dataclass(frozen=True, slots=True)
class ReferencePrefix:
    """A prefix of a candidate and what became of its rollouts by the strong policy.

    Attributes:
        problem: id of its problem; no other reference prefix has it.
        sample: number of the candidate.
        step: how many of its steps the prefix holds.
        k: rollouts that passed.
        n: rollouts.
    """

    problem: str
    sample: int
    step: int
    k: int
    n: int

    @property
    def share(self) -> float:
        """Of the rollouts that passed."""
        return self.k / self.n


async def examine(
    lab: Lab, exams: Sequence[Exam], chains: Sequence[SampledChain]
) -> list[Examined]:
    """Runs every distinct finished candidate on public tests and on extra inputs.

    The extra inputs come with no expected output: programs are grouped by what they print.
    Chains of other problems are left out.
    """
    sandbox, own = RememberedSandbox(lab.sandbox, lab.journal), by_problem(chains)
    meter = Meter("candidates", len(exams), lab.progress)

    async def examine_problem(exam: Exam) -> list[Examined]:
        problem = exam.problem
        extra = [StdinTest(text, "") for text in extra_inputs(problem.id, lab.config.pools.inputs)]
        groups: dict[tuple[str, ...], int] = {}
        found = []
        for chain in own[problem.id]:
            public, outputs = False, tuple[str, ...]()
            if chain.finished:
                program = finish_program("".join(chain.steps), None)
                tests = [*problem.public_tests, *extra]
                report = await sandbox.run(program, tests, problem.limits)
                public, outputs = read_report(report, len(problem.public_tests))
            group = groups.setdefault(outputs, len(groups)) if any(outputs) else -1
            found.append(Examined(problem.id, chain.sample, public, group))
        meter.finished(known=False)
        return found

    return [one for own in await map_ahead(examine_problem, exams, PROBLEMS_AHEAD) for one in own]


def read_report(report: Report, public: int) -> tuple[bool, tuple[str, ...]]:
    """Whether the first `public` tests were passed, and what was printed in the others.

    What is printed is marked, so that printing nothing differs from failing, which is "".
    """
    if report.verdict is Verdict.COMPILE_ERROR:
        return False, ()
    outputs = tuple(
        f"> {' '.join(one.output.split())}"
        if one.verdict in (Verdict.ACCEPTED, Verdict.WRONG_ANSWER)
        else ""
        for one in report.results[public:]
    )
    return all(one.verdict is Verdict.ACCEPTED for one in report.results[:public]), outputs


def extra_inputs(problem: str, number: int) -> list[str]:
    """Inputs of a problem of the world, half of them ordinary, the same on every machine."""
    _, split, index = problem.split("-")
    kind = generate_task(split, int(index)).takes
    random = Random(fixed_number("extra inputs", problem))
    values = [natural_input(kind, random) for _ in range((number + 1) // 2)]
    values += candidate_inputs(kind, random, number)[-(number // 2) :]
    return [f"{show(value)}\n" for value in values]


async def make_reference(
    lab: Lab, split: Split, exams: Sequence[Exam], chains: Sequence[SampledChain]
) -> None:
    """Rolls out reference prefixes of a split's problems and writes them.

    Chains of other problems are left out.
    """
    config = lab.config
    exam_of = {exam.problem.id: exam for exam in exams}
    chosen = choose_prefixes(
        [chain for chain in chains if chain.problem in exam_of],
        config.pools.reference_prefixes,
        config.seed,
    )
    strong = {"policy": config.chains.policy, "rollouts": config.pools.reference_rollouts}
    settings = config.labels.model_copy(update=strong)
    meter = Meter("reference", len(chosen), lab.progress)
    async with open_policy(config.chains.policy) as policy:
        completer = Completer(policy, lab.judge, lab.journal, settings, config.seed)

        async def measure(place: tuple[SampledChain, int]) -> ReferencePrefix:
            chain, step = place
            prefix = "".join(chain.steps[:step])
            found = await completer.measure(exam_of[chain.problem], prefix, meter.sampled)
            meter.finished(known=False)
            number = len(found.outcomes)
            return ReferencePrefix(chain.problem, chain.sample, step, found.passed, number)

        measured = await map_ahead(measure, chosen, PROBLEMS_AHEAD)
    reference_file(lab.out, split).parent.mkdir(exist_ok=True)
    write_lines(reference_file(lab.out, split), measured)


def choose_prefixes(
    chains: Sequence[SampledChain], number: int, seed: int
) -> list[tuple[SampledChain, int]]:
    """A prefix of a finished candidate of each of `number` problems, drawn by the seed.

    The last step is left out: what becomes of a finished program needs no rollouts. Fewer come
    back where fewer problems have such a candidate.
    """
    of_problem = by_problem(one for one in chains if one.finished and len(one.steps) > 1)
    random = Random(f"{seed} reference")
    problems = sorted(of_problem)
    random.shuffle(problems)
    chosen = []
    for problem in problems[:number]:
        chain = random.choice(of_problem[problem])
        chosen.append((chain, random.randrange(1, len(chain.steps))))
    return chosen


def by_problem(chains: Iterable[SampledChain]) -> dict[str, list[SampledChain]]:
    """The chains of every problem, in order."""
    found: dict[str, list[SampledChain]] = defaultdict(list)
    for chain in chains:
        found[chain.problem].append(chain)
    return found


def reference_file(out: Path, split: Split) -> Path:
    """Where the reference prefixes of a split are."""
    return out / "reference" / f"{split}.jsonl"


def read_reference(out: Path, split: Split) -> list[ReferencePrefix]:
    """The reference prefixes of a split."""
    return [one for _, one in read_lines(reference_file(out, split), ReferencePrefix)]
