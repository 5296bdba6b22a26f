from dataclasses import asdict
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.grading.statistics import Estimate
from experiments.label_correction.config import Completer, ExperimentConfig
from experiments.label_correction.grid import list_trainings
from experiments.label_correction.measure import measure, measure_outcomes
from experiments.label_correction.report import render, say, write_report
from experiments.label_correction.results import Report, read_results, write_results
from experiments.label_correction.searches import Compared
from experiments.label_correction.tune import Trial
from tests.experiments.label_correction.planted import outcomes, small


@pytest.fixture(scope="module")
def results() -> Report:
    config = small()
    tokens, passed = list(range(100, 106)), [i % 2 == 0 for i in range(6)]
    pool = [(2, 110, i % 3 == 0) for i in range(6)]
    compared = [Compared("beam", 8, "ab" * 16, tokens, passed, pool)]
    settings = {"tuning": config.tuning.model_copy(update={"settings": {"often": {"every": 1}}})}
    config = config.model_copy(update=settings)
    tuning: dict[Completer, list[Trial]] = {"same": [Trial("often", 0.5, 0.25, 0.6)]}
    return measure_outcomes(outcomes(config), config, compared, tuning)


def test_the_results_hold_every_comparison(results: Report) -> None:
    config = ExperimentConfig.model_validate(results["config"])
    trainings = list(list_trainings(config))
    assert set(results["series"]) == {training.series for training in trainings}
    assert results["planned"] == len(trainings) == sum(results["devices"].values())
    for choice in results["series"].values():
        assert choice["regret"] is not None
        oracle = results["baselines"]["oracle"]["best_of"]["8"]["value"]
        chosen = choice["best_of"]["8"]["value"]
        assert choice["regret"]["value"] == pytest.approx(oracle - chosen)
    asked = {
        (pair["completer"], pair["k"], pair["first"], pair["second"]) for pair in results["pairs"]
    }
    for completer in ("same", "weak"):
        for k in (2, 4, None):
            for pair in (("correct", "joint"), ("correct", "mc"), ("joint", "mc")):
                assert (completer, k, *pair) in asked
    against = results["series"]["weak-k4-correct"]["against"]
    assert list(against) == ["first", "likelihood", "majority", "base", "orm"]
    assert not any(name.startswith("prefixes") for name in results["series"]["orm"]["scores"])
    moved = results["labels"]["same-k2-correct"]
    assert moved["counted"]["value"] == pytest.approx((0.35**2 + 0.25**2) / 2)
    assert moved["corrected"]["value"] == pytest.approx(0.25**2 / 2)
    assert moved["curve_counted"] == [[0.4, 0.75], [0.5, 0.25]]
    (search,) = results["searches"]
    solved = search["solved"]["value"], search["pool_solved"]["value"]
    assert solved == (0.5, pytest.approx(1 / 3))
    assert search["tokens"] == 102.5
    assert search["short"] == 0


def test_the_page_is_written_from_the_file_alone(results: Report, tmp_path: Path) -> None:
    file = tmp_path / "miniature" / "results.json"
    write_results(file, results)
    assert read_results(file) == results
    write_report(tmp_path, read_results(file))
    page = (tmp_path / "miniature.md").read_text()
    assert "Unfinished" not in page
    for name in ("best-of-n", "rollouts", "labels"):
        assert (tmp_path / "miniature" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"](miniature/{name}.png)" in page
    tables: dict[int, list[str]] = {}
    for number, line in enumerate(page.splitlines()):
        if line.startswith("|"):
            tables.setdefault(number - sum(map(len, tables.values())), []).append(line)
    assert len(tables) == 8
    for rows in tables.values():
        assert len({row.count("|") for row in rows}) == 1
        assert len(rows) > 2
    assert "- At equal tokens, n = 8: beam is not distinguishable from" in page


def test_the_page_says_what_is_missing(results: Report) -> None:
    less: Report = {"devices": {"CPU": 3}, "labels": {}, "searches": [], "tuning": {}}
    page = render(results | less, [])
    assert f"Unfinished: 3 of {results['planned']}" in page
    assert "miniature/best-of-n.png" not in page
    for title in ("Did labels move", "At equal tokens", "Beam search", "chosen on validation"):
        assert title not in page


def test_words_follow_the_interval() -> None:
    above, below = asdict(Estimate(0.15, 0.1, 0.2)), asdict(Estimate(-0.15, -0.2, -0.1))
    assert say(above) == "better than (+0.150 [+0.100, +0.200])"
    assert say(below).startswith("worse than (")
    assert say(above, lower=True).startswith("worse than (")
    assert say(below, lower=True).startswith("better than (")
    assert say(asdict(Estimate(0, -0.1, 0.2))).startswith("not distinguishable from (")


def test_without_candidates_or_results_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use `run` first"):
        measure(tmp_path, small())
    with pytest.raises(InputError, match="use `measure` first"):
        read_results(tmp_path / "results.json")
