"""The distinct programs among the drafts that were finished, as they run."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from dreamcode.chain.imports import with_imports
from dreamcode.chain.names import close_program
from dreamcode.chain.normal import normal_form
from dreamcode.chain.parse import parse
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.results import Program


def merge_duplicates(problem: Problem, drafts: Sequence[Draft]) -> list[tuple[Draft, Program]]:
    """The distinct programs, each with its first draft, in order of appearance.

    Programs that differ only in comments, docstrings and local names are the same.
    """
    merged: dict[str, tuple[Draft, Program]] = {}
    for draft in drafts:
        if not draft.source.strip():
            continue  # a policy that had nothing to say
        program = make_program(problem, draft)
        form = identify(program.text, problem.function)
        if form in merged:
            first, known = merged[form]
            merged[form] = first, add_copy(known, program)
        else:
            merged[form] = draft, program
    return list(merged.values())


def make_program(problem: Problem, draft: Draft) -> Program:
    """A finished draft as it runs."""
    steps = finish_steps(draft.steps, problem.function)
    origins = draft.origins if len(draft.steps) == len(steps) else ()
    return Program(steps, mean_logprob=draft.mean_logprob, origins=origins)


def add_copy(known: Program, program: Program) -> Program:
    """A program to which another sample came. What was put together is nobody's sample."""
    if known.origins and not program.origins:
        return replace(known, copies=program.copies, origins=())
    if program.origins and not known.origins:
        return known
    return replace(known, copies=known.copies + program.copies)


@lru_cache(maxsize=4096)
def finish_program(source: str, function: str | None) -> str:
    """The text to run, which runs anywhere: it imports what it took for granted.

    A program that reads stdin is made to call its `main`.
    """
    return with_imports(source if function else close_program(source))


def finish_steps(steps: Sequence[str], function: str | None) -> tuple[str, ...]:
    """The steps of the text to run: imports belong to the first, the call of `main` to the last."""
    source = "".join(steps)
    program = finish_program(source, function)
    if program == source:
        return tuple(steps)
    before = "".join(steps[:-1])
    if program.startswith(before):
        return (*steps[:-1], program[len(before) :])
    return tuple(step.source for step in parse(program).steps)


@lru_cache(maxsize=4096)
def identify(program: str, function: str | None) -> str:
    """The same text for programs that count as the same; what tests call keeps its name."""
    return normal_form(program, frozenset({function} if function else ()))
