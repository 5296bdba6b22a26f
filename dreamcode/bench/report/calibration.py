"""Whether a benchmark's rewards of finished programs mean what they say."""

from typing import TYPE_CHECKING

from dreamcode.bench.report.run import Run
from dreamcode.extras import require

if TYPE_CHECKING:
    from dreamcode.rewards.calibration import Reliability


def find_calibration(run: Run) -> "Reliability | None":
    """Rewards of all distinct finished programs against their grades.

    None where no program has a reward, or rewards are no chances.

    Raises:
        InputError: the libraries for it are missing.
    """
    graded = [
        (program.reward, program.right)
        for result in run.results
        for program in result.programs
        if program.reward is not None
    ]
    if not graded or not all(0 <= reward <= 1 for reward, _ in graded):
        return None
    require("bench", "numpy", "scipy", what="a benchmark's report")
    from dreamcode.rewards.calibration import measure_reliability

    rewards, outcomes = zip(*graded, strict=True)
    return measure_reliability(rewards, outcomes)
