"""Every measure of reward models that know all, nothing, or the contrary."""

import math
import shutil
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from experiments.kept import write_results
from experiments.label_correction.arms import list_trainings
from experiments.label_correction.measure import measure
from experiments.label_correction.results import Results, read_results
from tests.experiments.label_correction.planted import (
    CANDIDATES,
    PROBLEMS,
    first_fault,
    flat,
    passes,
    perfect,
    small,
    wrong,
)

JUDGES = {"correct": perfect, "mc": flat, "joint": wrong}


def values(results: Results, series: str) -> dict[str, float]:
    return {name: one.value for name, one in results.series[series].measures.items()}


def test_who_knows_everything(results: Results) -> None:
    found = values(results, "correct-k4")
    assert (found["pairs"], found["found"]) == (1.0, 1.0)
    # Of eight failed programs at depths 1, 2, 3 none, three, five hold their fault; others tie.
    assert found["outcome pairs"] == pytest.approx((8 / 2 + (3 + 5 / 2) + (5 + 3 / 2)) / 24)
    # Half of the problems can be solved.
    assert found["pruned"] == found["best of 8"] == found["best of 8, mean log-odds"] == 0.5
    # A sound prefix of a program that fails later is promised too much.
    losses = [
        -math.log(0.99 if passes(p, s) or depth > first_fault(s) else 0.01)
        for p in range(PROBLEMS)
        for s in range(CANDIDATES)
        for depth in (1, 2, 3)
    ]
    assert found["nll"] == pytest.approx(sum(losses) / len(losses))
    assert found["program nll"] == pytest.approx(-math.log(0.99))


def test_who_says_the_contrary(results: Results) -> None:
    found = values(results, "joint-k16")
    assert (found["pairs"], found["found"], found["pruned"], found["best of 8"]) == (0, 0, 0, 0.5)
    assert found["program nll"] == pytest.approx(-math.log(0.01))


def test_who_says_always_the_same(results: Results) -> None:
    found, constant = values(results, "mc-k4"), values(results, "constant")
    entropy = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert found["nll"] == pytest.approx(entropy) == constant["nll"]
    assert found["pairs"] == constant["pairs"] == 0.5
    assert results.series["mc-k4"].ece == pytest.approx(0.0)
    # Where something has to be chosen the constant draws; ties would go to the first.
    assert found["pruned"] == 0.5
    assert constant["pruned"] == constant["found"] == 0.25
    assert constant["best of 8"] == 0.5


def test_who_says_anything(results: Results) -> None:
    found = values(results, "placebo-k4")
    assert found["pairs"] == pytest.approx(0.5, abs=0.05)
    assert found["found"] == pytest.approx(1 / 3, abs=0.05)  # of three falls
    assert found["pruned"] == pytest.approx(0.25, abs=0.15)


def test_one_calibration_for_all_is_that_of_programs(results: Results) -> None:
    raw = math.log(0.25 / 0.75) + 1.0
    read = 1 / (1 + math.exp(-(raw / 2 + 0.5)))
    found = results.series["mc-uncalibrated-k4"]
    loss = -0.25 * math.log(read) - 0.75 * math.log(1 - read)
    assert found.measures["nll"].value == pytest.approx(loss)
    assert found.ece == pytest.approx(read - 0.25)
    # Faults may be found elsewhere: the last fall is one from a prefix to a program.
    same = ("pairs", "pruned", "program nll", "best of 8")
    calibrated = values(results, "mc-k4")
    assert {name: found.measures[name].value for name in same} == {
        name: calibrated[name] for name in same
    }


def test_where_labels_went(results: Results) -> None:
    found = results.series["correct-k4"].labels
    assert found is not None
    assert found.visits == 1.5
    assert found.moved == pytest.approx((0.1 + 0.25) / 2)
    assert found.error_counted == pytest.approx((0.35**2 + 0.25**2) / 2)
    assert found.error_corrected == pytest.approx(0.25**2 / 2)
    assert found.error_constant == pytest.approx(0.25**2)
    assert (found.order_counted, found.order_corrected) == pytest.approx((-1, 1))
    assert results.series["joint-k4"].labels is None


def test_what_is_compared(results: Results) -> None:
    found = {(one.claimant, one.rival, one.k, one.measure): one for one in results.comparisons}
    # Two claimants with six rivals, two with two, by two K; two with four, by one; four measures.
    counted = (2 * 6 + 2 * 2) * 2 + 2 * 4
    assert len(found) == len(results.comparisons) == counted * 4
    best = found["correct", "placebo", 4, "pairs"]
    gap = values(results, "correct-k4")["pairs"] - values(results, "placebo-k4")["pairs"]
    assert best.difference.value == pytest.approx(gap)
    assert best.p < best.adjusted < 0.05
    assert found["correct", "outcome", 16, "pairs"].adjusted < 0.05
    assert found["outcome", "joint", 4, "pairs"].adjusted < 0.05
    assert found["folds", "folds-placebo", 4, "pairs"].adjusted > 0.05


def test_the_file_holds_everything(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "miniature" / "results.json"
    write_results(file, results)
    again = read_results(file)
    assert again.series.keys() == results.series.keys()
    assert again.comparisons[0].p == pytest.approx(results.comparisons[0].p)
    with pytest.raises(InputError, match="use `measure` first"):
        read_results(tmp_path / "results.json")


def test_what_is_missing_is_left_out(folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(folder, tmp_path / "out")
    for training in list_trainings(small()):
        one = training.series == "mc-k4" and training.seed == 0
        other = training.series == "correct-k4" and training.seed == 1
        if one or other or training.series == "joint-outcome":
            shutil.rmtree(out / training.name)
    results = measure(out, small())
    assert results.planned - results.trainings == 4
    assert results.series["mc-k4"].runs == 1
    rivals = {one.rival for one in results.comparisons if (one.claimant, one.k) == ("correct", 4)}
    # Of `mc` and `correct` no run has the same seed.
    assert rivals == {"placebo", "joint", "outcome", "mixed"}
    with pytest.raises(InputError, match="use `run` first"):
        measure(tmp_path, small())


def test_other_data_make_results_stale(folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(folder, tmp_path / "out")
    chains = out / "data" / "chains.jsonl"
    chains.write_text(chains.read_text().replace('"tokens": 40', '"tokens": 41'))
    assert measure(out, small()).trainings == 0
