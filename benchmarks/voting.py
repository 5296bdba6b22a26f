"""What votes and the stop by agreement are worth, on real programs of real models.

    python -m benchmarks.voting --real-data DIR [--out FOLDER] [--docs docs]

DIR is what `benchmarks.real` reads; FOLDER may be that of `benchmarks.choosing`, whose runs on
samples are then not made again. Programs that pass the samples of their statement run on inputs
made by mutation, as the product makes them; those that behave alike vote together. Everything is
journaled in FOLDER: a run that was stopped goes on. `--docs` writes voting.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean

from rich.console import Console
from rich.markup import escape

from benchmarks import choosing
from benchmarks.choosing import Choice
from benchmarks.real import make_parser, read_pools
from dreamcode.bench.measures import DIFFICULTIES
from dreamcode.chain.imports import run_before
from dreamcode.choosing import Choosing
from dreamcode.concurrency import map_ahead
from dreamcode.files import write_whole
from dreamcode.grading.estimates import markdown_table
from dreamcode.grading.statistics import Estimate, bootstrap_interval, paired_difference
from dreamcode.inputs.behaviour import name_behaviour, observe
from dreamcode.inputs.making import make_inputs
from dreamcode.inputs.written import Generator
from dreamcode.policies.policy import Answer, Request, Sampling
from dreamcode.results import Grade, Program
from dreamcode.runs.folder import hold_run, open_journal, problem_folder
from dreamcode.runs.remembered import RememberedSandbox
from dreamcode.search.ranking import count_votes
from dreamcode.search.stopping import find_reason
from dreamcode_sandbox.cases import Sandbox
from dreamcode_sandbox.opening import Kind, open_sandbox
from dreamcode_sandbox.verdicts import Verdict

RESAMPLES, INPUTS, ORDERS, DRAWN = 10_000, 8, 100, 200
AGREE = (2, 3, 4, 5, 6)
"""Programs that behave alike and are enough."""


@dataclass(frozen=True, slots=True)
class Case:
    """A problem's candidates.

    Attributes:
        difficulty: how hard the problem is said to be.
        programs: what passes the samples of the statement, with its official grade.
        written: how many candidates there are.
        seen: whether their behaviours were looked at.
    """

    difficulty: str
    programs: tuple[Program, ...]
    written: int
    seen: bool


def is_open(choice: Choice) -> bool:
    """Whether what programs do can matter: for whom is chosen, or for when enough are written."""
    pool, accepted = choice
    fits = [right for right, fit in zip(pool.passed, accepted, strict=True) if fit]
    return len(set(fits)) > 1 or (len(pool.passed) > 6 and len(fits) > 1)


async def run(out: Path, choices: Sequence[Choice], kind: Kind, console: Console) -> list[Case]:
    """Observes what has not been observed yet."""
    done, wanted = 0, sum(map(is_open, choices))

    async with open_sandbox(kind, on_event=console.print) as sandbox:

        async def look(choice: Choice) -> Case:
            nonlocal done
            seen = is_open(choice)
            case = await _look(out, choice, sandbox if seen else None)
            done += seen
            if seen and (done % 10 == 1 or done == wanted):
                console.print(f"{done} of {wanted} problems observed")
            return case

        return await map_ahead(look, choices, 8)


async def _look(out: Path, choice: Choice, sandbox: Sandbox | None) -> Case:
    pool, accepted = choice
    problem = pool.task.exam.problem
    texts = [text for text, fits in zip(pool.programs, accepted, strict=True) if fits]
    named: dict[str, str | None] = {}
    if sandbox is not None:
        with open_journal(problem_folder(out, pool.task.id)) as journal:
            observing = RememberedSandbox(sandbox, journal, "observe")
            generator = Generator(_ask_nobody, observing, Sampling(), 0)
            samples = problem.public_tests
            inputs = await make_inputs(problem, samples, INPUTS, "mutated", generator)
            for text in dict.fromkeys(texts) if inputs else ():
                program = run_before(problem.given, text)
                done = await observe(observing, program, inputs, problem.limits)
                named[text] = name_behaviour(done)
    rights = [right for right, fits in zip(pool.passed, accepted, strict=True) if fits]
    programs = tuple(
        Program(
            (text,),
            public=Grade(Verdict.ACCEPTED),
            grade=Grade(Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER),
            behaviour=named.get(text),
        )
        for text, right in zip(texts, rights, strict=True)
    )
    return Case(pool.task.difficulty, programs, len(pool.passed), sandbox is not None)


async def _ask_nobody(request: Request) -> Answer | None:
    return None


def choose_blindly(programs: Sequence[Program]) -> float:
    """Chance that one of the programs that pass the samples is right; without any, none is."""
    return fmean(program.right for program in programs) if programs else 0.0


def choose_by_vote(programs: Sequence[Program]) -> float:
    """Chance that one of those with the most votes is right."""
    voted = count_votes(programs, "majority")
    most = max((program.vote or 0.0 for program in voted), default=0.0)
    return choose_blindly([program for program in voted if program.vote == most])


def draw(case: Case, order: int) -> list[Program | None]:
    """The candidates in a random order; None for one that fails a sample."""
    rest = [None] * (case.written - len(case.programs))
    items: list[Program | None] = [*case.programs, *rest]
    Random(order).shuffle(items)
    return items


def stop(items: Sequence[Program | None], agree: int) -> tuple[float, int]:
    """Chance that what is chosen when enough agree is right; how many were written by then."""
    taken: list[Program] = []
    for written, item in enumerate(items, start=1):
        if item is not None:
            taken.append(item)
            rule = Choosing("majority", "agreement", agree=agree)
            if find_reason(taken, "agreement", rule, tested=True):
                return choose_by_vote(taken), written
    return choose_by_vote(taken), len(items)


def average(
    cases: Sequence[Case], n: int, choose: Callable[[Sequence[Program]], float]
) -> list[float]:
    """By problem, the chance that the choice among n is right, over random orders."""
    return [
        fmean(
            choose([item for item in draw(case, order)[:n] if item is not None])
            for order in range(ORDERS if n < case.written else 1)
        )
        for case in cases
    ]


def render(cases: Sequence[Case]) -> str:
    """The page."""
    few = [case for case in cases if case.written == 6]
    many = [case for case in cases if case.written > 6]
    looked = [case for case in cases if case.seen]
    count = sum(len({one.text for one in case.programs}) for case in looked)
    return "\n\n".join(
        [
            "# What votes and the stop by agreement are worth on real programs",
            "This page is written by `python -m benchmarks.voting --real-data DIR --docs docs`; do "
            f"not edit it. The candidates are those of [public-tests.md](public-tests.md): "
            f"{sum(case.written for case in cases):,} real programs of {len(cases)} LiveCodeBench "
            "problems, with the verdict of the official run on hidden tests. Those that pass the "
            f"samples of their statement ran on {INPUTS} inputs of our own making (`--inputs-from "
            "mutated`, seed 0), with at most 2 seconds for each. Nobody scored them: a vote is a "
            "program (`--select majority`). Where all that pass the samples of a problem have the "
            f"same verdict, no vote can change it, and of six they did not run: {count:,} distinct "
            f"programs of {len(looked)} problems did. Brackets: 95 % bootstrap intervals over "
            f"problems, {RESAMPLES:,} resamples.",
            "## Votes",
            "Chosen is, by samples, one of the programs that pass them, drawn blindly; by vote, "
            "one of those of the largest class that behaves alike. With more than six programs "
            f"per problem, {DRAWN} of 234 are drawn, {ORDERS} times.",
            _table_votes([(few, 6), (many, DRAWN)]),
            "## The inputs",
            "Of problems with two right programs that ran: where all right ones behave alike. Of "
            "wrong programs that pass the samples and ran: those that behave like a right one, so "
            "that no vote can tell them apart. Shares are means over problems.",
            _table_inputs(looked),
            f"## The stop by agreement ({len(many)} problems with 234 programs)",
            f"Programs are taken in {ORDERS} random orders per problem, one at a time, until `k` "
            "of those that pass the samples behave alike, or all that are allowed were taken; the "
            "choice is by vote then. Where no program passes the samples, all are taken: so do "
            "most of those that nobody solves. Differences are in points of the share solved.",
            _table_stops(many),
        ]
    ) + "\n"  # fmt: skip


def _groups(cases: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    named = [(name, [one for one in cases if one.difficulty == name]) for name in DIFFICULTIES]
    return [(name, own) for name, own in (*named, ("all", list(cases))) if own]


def _table_votes(sets: Sequence[tuple[Sequence[Case], int]]) -> str:
    rows = []
    for cases, n in sets:
        for name, own in _groups(cases):
            blind, voted = average(own, n, choose_blindly), average(own, n, choose_by_vote)
            most = average(own, n, lambda programs: any(one.right for one in programs))
            shares = [_mean(values) for values in (blind, voted, most)]
            rows.append([name, str(len(own)), str(n), *shares, _differ(voted, blind)])
    head = ["by samples", "by samples, then vote", "any of n", "vote - samples"]
    return markdown_table(["difficulty", "problems", "n", *head], rows)


def _table_inputs(cases: Sequence[Case]) -> str:
    rows = []
    for name, own in _groups(cases):
        rights = [[one.behaviour for one in case.programs if one.right] for case in own]
        alike = [float(len(set(names)) == 1) for names in rights if len(names) > 1]
        hidden = [
            fmean(one.behaviour in known for one in case.programs if not one.right)
            for case, known in zip(own, rights, strict=True)
            if known and any(not one.right for one in case.programs)
        ]
        cells = [_mean(alike) if alike else "-", _mean(hidden) if hidden else "-"]
        rows.append([name, str(len(alike)), cells[0], str(len(hidden)), cells[1]])
    head = ["problems", "right ones all alike", "problems", "wrong ones like a right one"]
    return markdown_table(["difficulty", *head], rows)


def _table_stops(cases: Sequence[Case]) -> str:
    chosen = {n: average(cases, n, choose_by_vote) for n in (16, 234)}
    rows = [[str(n), "-", str(n), _mean(values), "", ""] for n, values in chosen.items()]
    for n, agree in ((n, agree) for n in chosen for agree in AGREE):
        ends = [[stop(draw(case, order)[:n], agree) for order in range(ORDERS)] for case in cases]
        solved = [fmean(right for right, _ in own) for own in ends]
        written = [fmean(number for _, number in own) / n for own in ends]
        mean = bootstrap_interval(written, RESAMPLES, 0)
        numbers = [f"{n * one:.1f}" for one in (mean.value, mean.low, mean.high)]
        differences = [_differ(solved, values) for values in chosen.values()]
        text = f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"
        rows.append([str(n), str(agree), text, _mean(solved), *differences])
    head = ["programs written", "solved", "- choosing among 16", "- among all"]
    return markdown_table(["allowed", "k", *head], rows)


def _mean(values: Sequence[float]) -> str:
    return _show(bootstrap_interval(values, RESAMPLES, 0))


def _differ(one: Sequence[float], other: Sequence[float]) -> str:
    return _show(paired_difference(one, other, RESAMPLES, 0), "+")


def _show(found: Estimate, sign: str = "") -> str:
    value, low, high = (f"{100 * one:{sign}.1f}" for one in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"


def main() -> None:
    """Runs, prints the page, and writes it where it is wanted."""
    parser = make_parser("What votes and the stop by agreement are worth on real programs.")
    parser.add_argument("--out", type=Path, default=Path("runs/choosing"))
    parser.add_argument("--docs", type=Path, default=None)
    asked = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    pools = read_pools(asked.real_data)
    resume = (asked.out / "config.json").exists()
    with hold_run(asked.out, choosing.describe(pools), resume=resume):
        choices = asyncio.run(choosing.run(asked.out, pools, asked.sandbox, console))
        page = render(asyncio.run(run(asked.out, choices, asked.sandbox, console)))
    Console(highlight=False).print(escape(page), soft_wrap=True)
    if asked.docs:
        write_whole(asked.docs / "voting.md", page)


if __name__ == "__main__":
    main()
