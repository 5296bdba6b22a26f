"""What a search dropped, on record."""

from collections import Counter

from dreamcode.policies.draft import Draft
from dreamcode.problems import Problem
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.search import OnPrune


def journal_prunes(problem: Problem, journal: Journal) -> OnPrune:
    """Journals what a search of `problem` drops, one record a draft.

    Samples with the same text that are dropped for the same reason are numbered, so that a
    resumed run, which drops them once more, finds each record and writes none twice.
    """
    told: Counter[tuple[tuple[str, ...], str]] = Counter()

    def on_prune(draft: Draft, reason: str) -> None:
        dropped = {
            "problem": problem.id,
            "steps": list(draft.steps),
            "reason": str(reason),
            "number": told[draft.steps, str(reason)],
        }
        told[draft.steps, str(reason)] += 1
        key = make_key("prune", dropped)
        if journal.find(key) is None:
            journal.add("prune", key, **dropped)

    return on_prune
