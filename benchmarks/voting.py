"""What votes and the stop by agreement are worth, on real programs of real models.

    python -m benchmarks.voting --real-data DIR [--out FOLDER] [--docs docs]

FOLDER may be that of `benchmarks.choosing`, whose runs on samples are then not made again.
Programs that pass them run on inputs that the product makes by mutation; those that behave alike
vote together. Everything is journaled: a run that was stopped goes on. `--docs` writes voting.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from random import Random
from statistics import fmean

from rich.console import Console

from benchmarks import choosing
from benchmarks.choosing import RESAMPLES, Choice, differ, mean
from benchmarks.real import Pool
from dreamcode.bench.measures import DIFFICULTIES
from dreamcode.chain.imports import run_before
from dreamcode.choosing import Choosing
from dreamcode.concurrency import map_ahead, together
from dreamcode.grading.estimates import markdown_table
from dreamcode.grading.statistics import bootstrap_interval
from dreamcode.inputs.behaviour import name_behaviour, observe
from dreamcode.inputs.making import mutate_samples
from dreamcode.results import Grade, Program
from dreamcode.runs.folder import open_journal, problem_folder
from dreamcode.runs.remembered import RememberedSandbox
from dreamcode.search.ranking import count_votes
from dreamcode.search.selection import identify
from dreamcode.search.stopping import find_reason
from dreamcode_sandbox.cases import Sandbox
from dreamcode_sandbox.opening import Kind, open_sandbox
from dreamcode_sandbox.verdicts import Verdict

INPUTS, ORDERS, DRAWN = 8, 100, 200
AGREE = (2, 3, 4, 5, 6)  # programs that behave alike and are enough
INTRODUCTION = (
    "This page is written by `python -m benchmarks.voting --real-data DIR --docs docs`; do not "
    "edit it. The candidates are those of [public-tests.md](public-tests.md), with the verdict of "
    "the official run on hidden tests. Those that pass the samples of their statement ran on "
    f"{INPUTS} inputs of our own making (`--inputs-from mutated`, seed 0), with at most 2 seconds "
    "for each. Nobody scored them: a vote is a program (`--select majority`). Where all that pass "
    "the samples of a problem have the same verdict, no vote can change it, and of six they did "
    f"not run. Brackets: 95 % bootstrap intervals over problems, {RESAMPLES:,} resamples."
)
Choose = Callable[[Sequence[Program]], float]  # chance that what it chooses of these is right


@dataclass(frozen=True, slots=True)
class Case:
    """A problem's candidates: those that pass its samples, of how many, and if they were seen."""

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
    done = 0
    async with open_sandbox(kind, on_event=console.print) as sandbox:

        async def look(choice: Choice) -> Case:
            nonlocal done
            case = await _look(out, choice, sandbox)
            done += 1
            if done % 20 == 0 or done == len(choices):
                console.print(f"{done} of {len(choices)} problems observed")
            return case

        return await map_ahead(look, choices, 8)


async def _look(out: Path, choice: Choice, sandbox: Sandbox) -> Case:
    pool, problem, seen = choice[0], choice[0].task.exam.problem, is_open(choice)
    rights = zip(pool.programs, pool.passed, choice[1], strict=True)
    fits = [(text, right) for text, right, accepted in rights if accepted]
    # What does nothing on all inputs agrees with its copies alone.
    named = {text: identify(text, problem.function) for text, _ in fits}
    if seen:
        with open_journal(problem_folder(out, pool.task.id)) as journal:
            observing = RememberedSandbox(sandbox, journal, "observe")
            inputs = mutate_samples(problem, problem.public_tests, INPUTS, 0)
            texts = list(named) if inputs else []
            runs = ((run_before(problem.given, text), inputs, problem.limits) for text in texts)
            done = await together(observe(observing, *one) for one in runs)
        for text, did in zip(texts, done, strict=True):
            named[text] = name_behaviour(did) or named[text]
    fine, bad = Grade(Verdict.ACCEPTED), Grade(Verdict.WRONG_ANSWER)
    candidates = tuple(
        Program((text,), public=fine, grade=fine if right else bad, behaviour=named[text])
        for text, right in fits
    )
    return Case(pool.task.difficulty, candidates, len(pool.passed), seen)


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
    items = [*case.programs, *[None] * (case.written - len(case.programs))]
    return Random(order).sample(items, len(items))


def stop(items: Sequence[Program | None], agree: int) -> tuple[float, int]:
    """Chance that what is chosen when enough agree is right; how many were written by then."""
    taken: list[Program] = []
    for written, item in enumerate(items, start=1):
        if item is not None:
            taken.append(item)
            if find_reason(taken, "agreement", Choosing(agree=agree), tested=True):
                return choose_by_vote(taken), written
    return choose_by_vote(taken), len(items)


def average(cases: Sequence[Case], n: int, choose: Choose) -> list[float]:
    """By problem, the chance that the choice among n is right, over random orders."""
    orders = [range(ORDERS if n < case.written else 1) for case in cases]
    return [
        fmean(choose([one for one in draw(case, order)[:n] if one is not None]) for order in own)
        for case, own in zip(cases, orders, strict=True)
    ]


def render(cases: Sequence[Case]) -> str:
    """The page."""
    few, many = ([one for one in cases if (one.written > 6) == more] for more in (False, True))
    looked = [case for case in cases if case.seen]
    count = sum(len({one.text for one in case.programs}) for case in looked)
    return f"""# What votes and the stop by agreement are worth on real programs

{INTRODUCTION}

{count:,} distinct programs of {len(looked)} problems ran.

## Votes

Chosen is, by samples, one of the programs that pass them, drawn blindly; by vote, one of those of the largest class that behaves alike. Where there are more than six programs for a problem, {DRAWN} of 234 are drawn, {ORDERS} times.

{_table_votes([(few, 6), (many, DRAWN)])}

## The inputs

Of problems with two right programs that ran: where all of these behave alike. Of wrong programs that pass the samples and ran, mean over problems: those that behave like a right one, so that no vote tells them apart.

{_table_inputs(looked)}

## The stop by agreement ({len(many)} problems with 234 programs)

Programs are taken in {ORDERS} random orders per problem, one at a time, until `k` of those that pass the samples behave alike, or all that are allowed were taken; the choice is by vote then. Where too few pass the samples, all are taken, which counts most in the number of programs written; beside it stands that of problems of which some candidate is right. Differences are in points of the share solved.

{_table_stops(many)}
"""  # noqa: E501


def _groups(cases: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    named = [(name, [one for one in cases if one.difficulty == name]) for name in DIFFICULTIES]
    return [(name, own) for name, own in (*named, ("all", list(cases))) if own]


def _table_votes(sets: Sequence[tuple[Sequence[Case], int]]) -> str:
    rows = []
    for cases, n in sets:
        for name, own in _groups(cases):
            blind, voted = average(own, n, choose_blindly), average(own, n, choose_by_vote)
            most = average(own, n, lambda programs: any(one.right for one in programs))
            shares = map(mean, (blind, voted, most))
            rows.append([name, str(len(own)), str(n), *shares, differ(voted, blind)])
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
        cells = [mean(alike) if alike else "-", mean(hidden) if hidden else "-"]
        rows.append([name, str(len(alike)), cells[0], str(len(hidden)), cells[1]])
    head = ["problems", "right ones all alike", "problems", "wrong ones like a right one"]
    return markdown_table(["difficulty", *head], rows)


def _table_stops(cases: Sequence[Case]) -> str:
    chosen = {n: average(cases, n, choose_by_vote) for n in (16, 234)}
    rows = [[str(n), "-", str(n), str(n), mean(own), "", ""] for n, own in chosen.items()]
    hopeful = [any(one.right for one in case.programs) for case in cases]
    for n, agree in ((n, agree) for n in chosen for agree in AGREE):
        ends = [[stop(draw(case, order)[:n], agree) for order in range(ORDERS)] for case in cases]
        solved = [fmean(right for right, _ in own) for own in ends]
        written = [fmean(number for _, number in own) / n for own in ends]
        all_of = bootstrap_interval(written, RESAMPLES, 0)
        text = f"{n * all_of.value:.1f} [{n * all_of.low:.1f}, {n * all_of.high:.1f}]"
        some = f"{n * fmean(compress(written, hopeful)):.1f}"
        differences = [differ(solved, values) for values in chosen.values()]
        rows.append([str(n), str(agree), text, some, mean(solved), *differences])
    head = ["allowed", "k", "programs written", "where any is right", "solved"]
    return markdown_table([*head, "- choosing among 16", "- among all"], rows)


async def make_page(out: Path, pools: Sequence[Pool], kind: Kind, console: Console) -> str:
    """Runs what is missing in `out`, and makes the page of it."""
    choices = await choosing.run(out, pools, kind, console)
    return render(await run(out, choices, kind, console))


if __name__ == "__main__":
    what = "What votes and the stop by agreement are worth on real programs."
    choosing.write_page(what, "voting.md", make_page)
