"""Which of the finished programs to trust most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dreamcode.chain.names import close_program
from dreamcode.chain.normal import normal_form
from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.rewards.reward import StepRewards
from dreamcode_sandbox.cases import Report


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished, distinct program and what is known of it.

    Attributes:
        program: the text to run.
        draft: how it was written.
        copies: how many samples came to this program.
        rewards: one a step; None where nothing is known of a prefix.
        reward: their aggregate; None if unknown.
        report: what the public tests said; None if there are none.
    """

    program: str
    draft: Draft
    copies: int = 1
    rewards: StepRewards = ()
    reward: float | None = None
    report: Report | None = None

    @property
    def passed(self) -> int:
        """Public tests passed."""
        return self.report.passed if self.report else 0


def merge_duplicates(problem: Problem, drafts: Sequence[Draft]) -> list[tuple[Draft, str, int]]:
    """The distinct programs as (first draft, text to run, copies), in order of appearance.

    Programs that differ only in comments, docstrings and local names are the same.
    """
    merged: dict[str, tuple[Draft, str, int]] = {}
    for draft in drafts:
        if not draft.source.strip():
            continue  # a policy that had nothing to say
        program = finish_program(draft.source, problem.function)
        form = identify(program, problem.function)
        first, text, copies = merged.get(form, (draft, program, 0))
        merged[form] = (first, text, copies + 1)
    return list(merged.values())


def finish_program(source: str, function: str | None) -> str:
    """The text to run: a program that reads stdin is made to call its `main`."""
    return source if function else close_program(source)


@lru_cache(maxsize=4096)
def identify(program: str, function: str | None) -> str:
    """The same text for programs that count as the same; what tests call keeps its name."""
    return normal_form(program, frozenset({function} if function else ()))


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Best first: by public tests passed, then reward, copies, mean log-likelihood."""
    return sorted(candidates, key=_merit, reverse=True)


def _merit(candidate: Candidate) -> tuple[int, float, int, float]:
    reward = candidate.reward
    logprob = candidate.draft.mean_logprob
    return (
        candidate.passed,
        -1.0 if reward is None else reward,
        candidate.copies,
        -math.inf if logprob is None else logprob,
    )
