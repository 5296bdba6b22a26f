"""The page, with numbers that are made up."""

import re
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.grading.statistics import Estimate
from dreamcode_training.evaluation.foretelling import Constant, Foretold
from experiments.kept import write_results
from experiments.real_candidates.config import SHIPPED, read_settings
from experiments.real_candidates.page import WAYS, write_page
from experiments.real_candidates.results import (
    MEASURES,
    Amount,
    Results,
    read_results,
)


def around(value: float) -> Estimate:
    return Estimate(value, value - 0.05, value + 0.05)


def make_results(difference: Estimate) -> Results:
    flat = around(0.2)
    return Results(
        read_settings(SHIPPED).model_dump(mode="json"),
        {name: Amount(20, 10, 1234, 0.4) for name in ("train", "validation", "test")},
        7,
        4321,
        98,
        {way: dict.fromkeys(MEASURES, around(0.61)) for way in WAYS},
        {
            way: {**dict.fromkeys(MEASURES, around(0.0)), "pairs": difference, "auroc": None}
            for way in WAYS
            if way != "reward"
        },
        Foretold(1234, 20, flat, flat, flat, flat, flat, Constant(0.31, 0.6, 0.2, 0.03)),
    )


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (around(0.1), "it ranks better than"),
        (around(-0.1), "it ranks worse than"),
        (around(0.01), "is not shown"),
    ],
)
def test_the_page_says_what_its_numbers_say(
    tmp_path: Path, difference: Estimate, said: str
) -> None:
    write_results(tmp_path / "real-candidates.json", make_results(difference))
    write_page(tmp_path, read_results(tmp_path / "real-candidates.json"))
    page = (tmp_path / "real-candidates.md").read_text()
    assert page.count(said) == 4
    for number in ("4,321 pairs", "98 pairs", "7 programs do not fit", "0.610 [0.560, 0.660]"):
        assert number in page
    assert f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]" in page
    assert "| the constant 0.310 |" in page
    tables = re.findall(r"(?m)^\|.*\|\n(?:\|.*\|\n?)+", page)
    for table in tables:
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1


def test_numbers_that_are_not_there_have_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="measure"):
        read_results(tmp_path / "real-candidates.json")
    (tmp_path / "real-candidates.json").write_text('{"config": 1}')
    with pytest.raises(InputError, match="measure"):
        read_results(tmp_path / "real-candidates.json")
