"""Time left is told by work, not by problems: some are dearer than others."""

import pytest

from dreamcode_training.progress import Meter, Progress, estimate_left


def test_left_counts_work_and_leaves_out_what_was_known() -> None:
    reports: list[Progress] = []
    meter = Meter("chains", 4, reports.append, work=21)
    meter.finished(known=True, work=2)
    assert reports[-1].seconds_left is None  # nothing was done in this session yet
    meter.finished(known=False, work=3)
    report = reports[-1]
    assert (report.done, report.total) == (2, 4)
    assert report.seconds_left == pytest.approx(report.seconds * 16 / 3)
    meter.finished(known=False, work=10)
    meter.finished(known=False, work=6)
    assert reports[-1].seconds_left == 0


def test_left_by_the_pace_so_far() -> None:
    assert estimate_left(10.0, 4, 6) == 15.0
    assert estimate_left(10.0, 0, 6) is None
