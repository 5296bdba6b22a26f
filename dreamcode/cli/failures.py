"""The line that says which samples a policy could not give."""

from collections import Counter
from collections.abc import Sequence

from dreamcode.results import Result, shorten

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


def _count_samples(result: Result) -> int:
    """Samples that were asked for; a guided search is known by those that came to an end."""
    return result.samples if result.allowed else result.samples + len(result.failures)
