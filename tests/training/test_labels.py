import math

import pytest
import torch

from dreamcode.errors import InputError
from dreamcode_training.correction.label_table import LabelTable, Prefix
from dreamcode_training.records import Count, LabelledChain


def chain(
    steps: str, passed: bool, *counts: tuple[float, float], problem: str = "p", sample: int = 0
) -> LabelledChain:
    """A chain whose steps are single letters."""
    return LabelledChain(
        problem, sample, tuple(steps), passed, tuple(Count(k, n) for k, n in counts)
    )


def test_equal_prefixes_share_a_row_and_are_counted_once() -> None:
    table, rows = LabelTable.from_chains(
        [
            chain("abc", True, (3, 4), (1, 4)),
            chain("abd", False, (3, 4), (1, 4), sample=1),
            chain("ax", False, (3, 4), sample=2),
            chain("ax", False, (2, 4), problem="q"),
        ]
    )
    assert rows == [(0, 1, 2), (0, 1, 3), (0, 4), (5, 6)]
    assert len(table) == 7
    assert table.prefixes[1] == Prefix("p", "ab", finished=False)
    assert table.prefixes[6] == Prefix("q", "ax", finished=True)
    assert table.k.tolist() == [3, 1, 1, 0, 0, 2, 0]
    assert table.n.tolist() == [4, 4, 1, 1, 1, 4, 1]
    assert table.clean.tolist() == [False, False, True, True, True, False, True]


def test_prefixes_cut_differently_are_the_same_text() -> None:
    one = LabelledChain("p", 0, ("ab", "c"), True, (Count(1, 2),))
    other = LabelledChain("p", 1, ("a", "b", "d"), False, (Count(2, 2), Count(1, 2)))
    _, rows = LabelTable.from_chains([one, other])
    assert rows == [(0, 1), (2, 0, 3)]


def test_a_program_that_another_chain_goes_on_after_keeps_both_labels() -> None:
    table, rows = LabelTable.from_chains(
        [chain("ab", False, (1, 4)), chain("abc", True, (1, 4), (3, 4), sample=1)]
    )
    finished, unfinished = rows[0][1], rows[1][1]
    assert finished != unfinished
    assert table.labels(torch.tensor([finished, unfinished])).tolist() == [
        0.0,
        0.75,
    ]


def test_labels_start_as_counted_and_clean_ones_are_exact() -> None:
    table, rows = LabelTable.from_chains([chain("abcd", True, (0, 4), (4, 4), (0.75, 1.5))])
    assert table.labels(torch.tensor(rows[0])).tolist() == [
        pytest.approx(0, abs=1e-15),
        pytest.approx(1, abs=1e-15),
        pytest.approx(0.5, abs=1e-15),
        1.0,
    ]
    assert table.anchor[1].item() == pytest.approx(math.log(9))
    assert table.precision.tolist()[:3] == pytest.approx([5 * 0.09, 5 * 0.09, 2.5 * 0.25])
    assert table.labels(torch.tensor(rows[0])).dtype == torch.float64


def test_unmeasured_prefixes_weigh_nothing() -> None:
    table, rows = LabelTable.from_chains([chain("abc", False, (0, 0), (0, 2))])
    assert table.weight[list(rows[0])].tolist() == [0, 1, 1]
    assert table.correctable(torch.tensor(rows[0])).tolist() == [False, True, False]


def test_bias_and_temperature_move_all_labels_but_clean_ones() -> None:
    table, _ = LabelTable.from_chains([chain("abc", True, (1, 4), (3, 4))])
    table.common.copy_(torch.tensor([0.5, math.log(2)]))
    z = math.log(1.5 / 3.5)
    assert table.logits(torch.arange(2)).tolist() == pytest.approx([2 * z + 0.5, -2 * z + 0.5])
    assert table.labels(torch.tensor([2])).item() == 1.0


def test_different_counts_of_one_prefix_are_refused() -> None:
    with pytest.raises(InputError, match=r"'p', chain 7: the prefix of 1 steps has the label 2 of"):
        LabelTable.from_chains([chain("ab", True, (1, 4)), chain("ac", True, (2, 4), sample=7)])


def test_a_program_that_passed_and_failed_is_refused() -> None:
    with pytest.raises(InputError, match="passed once and failed once"):
        LabelTable.from_chains([chain("ab", True, (1, 4)), chain("ab", False, (1, 4), sample=1)])


def test_the_state_of_other_labels_is_refused() -> None:
    table, _ = LabelTable.from_chains([chain("ab", True, (1, 4))])
    for counts in ((2, 4), (1, 5)):
        other, _ = LabelTable.from_chains([chain("ab", True, counts)])
        with pytest.raises(InputError, match="other labels"):
            other.load_state_dict(table.state_dict())
    longer, _ = LabelTable.from_chains([chain("abc", True, (1, 4), (1, 4))])
    with pytest.raises(InputError, match="2 rows"):
        longer.load_state_dict(table.state_dict())


def test_a_label_moves_by_what_its_anchor_moves_and_stops_at_0_and_1() -> None:
    table, rows = LabelTable.from_chains([chain("abcd", True, (0, 2), (1, 2), (2, 2))])
    movable = torch.tensor(rows[0][:3])
    for push, moved in ((1.0, (1, 1, 0)), (-1.0, (0, -1, -1))):
        table.deviation[movable] = push
        p = torch.tensor([1 / 6, 1 / 2, 5 / 6], dtype=torch.float64)
        shift = (torch.logit(p) + push).sigmoid() - p
        expected = torch.tensor([0.0, 0.5, 1.0]) + torch.tensor(moved).abs() * shift
        torch.testing.assert_close(table.labels(movable), expected, rtol=0, atol=1e-12)
    assert table.slopes(torch.tensor(rows[0][3:])).item() == 0
