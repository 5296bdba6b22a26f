"""Whether a benchmark's rewards of finished programs mean what they say."""

from typing import TYPE_CHECKING

from dreamcode.bench.report.libraries import explained_imports
from dreamcode.bench.report.load import RunView

if TYPE_CHECKING:
    from dreamcode.rewards.calibration import Reliability


def find_calibration(view: RunView) -> "Reliability | None":
    """Rewards of all distinct finished programs against their grades.

    None where no program has a reward, or rewards are no chances.

    Raises:
        InputError: the libraries for it are missing.
    """
    graded = [
        (answer.reward, answer.grade.accepted)
        for result in view.results
        for answer in result.answers
        if answer.reward is not None
    ]
    if not graded or not all(0 <= reward <= 1 for reward, _ in graded):
        return None
    with explained_imports():
        from dreamcode.rewards.calibration import measure_reliability

    rewards, outcomes = zip(*graded, strict=True)
    return measure_reliability(rewards, outcomes)
