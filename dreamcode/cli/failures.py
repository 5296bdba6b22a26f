"""The lines that say which samples are missing, and which verdicts may be wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence

from dreamcode.results import Result, shorten

NAMES = 5
"""Problems that are named."""

REASON = 300
"""Characters of a reason that are shown."""


def describe_failures(results: Sequence[Result]) -> str:
    """How many samples failed for good, why, and how to get them; "" if none did."""
    reasons = Counter(reason for result in results for reason in result.failures)
    if not reasons:
        return ""
    failed = f"{reasons.total()} of {sum(map(_count_samples, results))} samples failed"
    if len(results) > 1:
        failed += f", in {sum(bool(result.failures) for result in results)} problems"
    [(reason, _), *others] = reasons.most_common()
    why = shorten(" ".join(reason.split()), REASON)
    if others:
        why += f" (and {len(others)} other reasons)" if len(others) > 1 else " (and another reason)"
    return f"{failed}; --resume asks for them again: {why}"


def describe_doubts(results: Sequence[Result]) -> list[str]:
    """What speaks against verdicts: checkers that failed, statements that allow more answers."""
    faults = {result.problem: result.fault for result in results if result.fault}
    hints = {result.problem: result.advice for result in results if result.advice}
    lines = []
    for doubts, what in ((faults, "the checker failed"), (hints, "answers may be right")):
        if len(doubts) > 1:
            lines.append(f"{what} in {describe_many(doubts)}")
        elif doubts:
            lines += doubts.values()
    return lines


def describe_many(doubts: Mapping[str, str]) -> str:
    """How many problems have a doubt each, the first few of their names, and the first doubt."""
    names = ", ".join(list(doubts)[:NAMES]) + ", ..." * (len(doubts) > NAMES)
    return f"{len(doubts)} problems ({names}): {next(iter(doubts.values()))}"


def _count_samples(result: Result) -> int:
    """Samples that were asked for; a guided search is known by those that came to an end."""
    return result.samples if result.allowed else result.samples + len(result.failures)
