"""The lines that say which samples are missing, and which verdicts may be wrong."""

from collections import Counter
from collections.abc import Sequence

from dreamcode.bench.report.problem import find_fault
from dreamcode.results import Result, shorten
from dreamcode_sandbox.verdicts import Verdict

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
    faults = {result.problem: fault for result in results if (fault := find_fault(result))}
    hints = {
        result.problem: result.hint
        for result in results
        if result.hint and Verdict.WRONG_ANSWER in result.verdicts
    }
    lines = []
    for doubts, what in ((faults, "the checker failed"), (hints, "answers may be right")):
        if len(doubts) > 1:
            names = ", ".join(list(doubts)[:NAMES]) + ", ..." * (len(doubts) > NAMES)
            first = next(iter(doubts.values()))
            lines.append(f"{what} in {len(doubts)} problems ({names}): {first}")
        elif doubts:
            lines += doubts.values()
    return lines


def _count_samples(result: Result) -> int:
    """Samples that were asked for; a guided search is known by those that came to an end."""
    return result.samples if result.allowed else result.samples + len(result.failures)
