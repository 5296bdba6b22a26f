"""From step rewards to one number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.rewards.aggregation import AGGREGATIONS, Aggregation, aggregate, upper_bound

REWARDS = st.lists(st.none() | st.floats(0, 1), max_size=6)


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [
        ("last", 0.5),
        ("min", 0.2),
        ("mean", 0.5),
        ("product", 0.08),
        ("log-odds", 0.5),
        ("mean-log-odds", 0.5),
    ],
)
def test_each_aggregation(aggregation: Aggregation, value: float) -> None:
    assert aggregate(aggregation, (0.8, None, 0.2, 0.5)) == pytest.approx(value)
    assert aggregate(aggregation, ()) is None
    assert aggregate(aggregation, (0.8, None)) is None
    assert aggregate(aggregation, (None, 0.3)) == pytest.approx(0.3)


def test_the_mean_of_log_odds_is_their_sum_over_their_number() -> None:
    wanted = (math.log(0.9 / 0.1) + math.log(0.3 / 0.7)) / 2
    found = aggregate("mean-log-odds", (0.9, None, 0.3))
    assert found is not None
    assert math.log(found / (1 - found)) == pytest.approx(wanted)


def test_log_odds_are_summed() -> None:
    wanted = math.log(0.9 / 0.1) + math.log(0.7 / 0.3)
    found = aggregate("log-odds", (0.9, 0.7))
    assert found is not None
    assert math.log(found / (1 - found)) == pytest.approx(wanted)


@given(aggregation=st.sampled_from(AGGREGATIONS), begun=REWARDS, more=REWARDS)
def test_no_continuation_beats_the_upper_bound(
    aggregation: Aggregation, begun: list[float | None], more: list[float | None]
) -> None:
    found = aggregate(aggregation, [*begun, *more])
    if more and found is not None:
        assert 0 <= found <= upper_bound(aggregation, begun) + 1e-12
