import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dreamcode.rewards.calibration import measure_reliability
from dreamcode_training.metrics import count_pairs, nll, soft_auroc
from experiments.label_correction.scoring import (
    STATISTICS,
    Pool,
    choose,
    choose_baseline,
    judge,
    rank_auroc,
)
from tests.experiments.label_correction.planted import outcomes, pool, small


def test_the_worthiest_finished_candidate_is_chosen_and_ties_go_to_the_earlier() -> None:
    worth = np.array([[0.2, 0.9, 0.9, 0.1], [0.5, 0.5, 0.5, 0.9], [0.1, 0.2, 0.3, 0.4]])
    finished = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    public = np.array([[0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool)

    def solved(*right: int, n: int, public_first: bool = False) -> list[float]:
        """Whether these candidates, one of each problem, are the chosen ones."""
        passed = np.zeros(worth.shape, bool)
        passed[np.arange(len(right)), right] = True
        of = Pool(("a", "b", "c"), passed & finished, finished, worth, public, np.zeros((3, 4)))
        return choose(of, worth, n, public=public_first).tolist()

    assert solved(1, 3, 3, n=4) == [1, 1, 0]
    assert solved(1, 1, 2, n=3) == [1, 1, 0]
    assert solved(2, 3, 3, n=4, public_first=True) == [1, 1, 0]


def test_choices_agree_with_a_plain_loop() -> None:
    of = pool()
    worth = np.random.default_rng(1).integers(0, 4, of.passed.shape).astype(float)
    for n in (1, 3, 8):
        for public in (False, True):
            solved = choose(of, worth, n, public=public)
            for row in range(len(of.problems)):
                best = max(
                    range(n),
                    key=lambda c: (
                        of.public[row, c] & of.finished[row, c] if public else 0,
                        of.finished[row, c],
                        worth[row, c],
                        -c,
                    ),
                )
                assert solved[row] == of.passed[row, best]


def test_baselines_are_what_they_are_called() -> None:
    of = pool()
    assert choose_baseline(of, "first", 8).tolist() == of.passed[:, 0].tolist()
    assert choose_baseline(of, "random", 4).mean() == pytest.approx(of.passed[:, :4].mean())
    assert choose_baseline(of, "oracle", 4).tolist() == of.passed[:, :4].any(axis=1).tolist()
    majority = choose_baseline(of, "majority", 8)
    for row, groups in enumerate(of.group.tolist()):
        known = [group for group in groups if group >= 0]
        largest = max(known, key=lambda group: (known.count(group), -groups.index(group)))
        assert majority[row] == of.passed[row, groups.index(largest)]
    for way in ("first", "likelihood", "random", "majority"):
        able = (of.public & of.passed).any(axis=1)
        helped = choose_baseline(of, way, 8, public=True)
        assert helped.mean() >= choose_baseline(of, way, 8).mean()
        assert (helped <= able).all()


def test_auroc_under_weights_is_that_of_repeated_groups() -> None:
    random = np.random.default_rng(3)
    scores = random.random(60).round(1)
    outcome = random.random(60) < scores
    group = np.repeat(np.arange(12), 5)
    draws = [np.bincount(random.integers(0, 12, 12), minlength=12) for _ in range(5)]
    found = rank_auroc(scores, outcome.astype(float), np.array(draws)[:, group])
    expected = [roc_auc_score(outcome, scores, sample_weight=counts[group]) for counts in draws]
    assert found == pytest.approx(expected)
    assert np.isnan(rank_auroc(scores, np.ones(60), np.ones((1, 60)))).all()


def test_scores_agree_with_the_plain_metrics() -> None:
    found = outcomes(small())
    series, of = found.series["same-k2-mc"], found.pool
    judged = judge(series, found)
    assert set(judge(found.series["orm"], found)) == {"programs"}
    shares = np.array([prefix.k / prefix.n for prefix in found.reference])
    passed = of.passed[of.finished].astype(float)
    for kind, scores, truth in (
        ("programs", series.scores[:, of.finished], passed),
        ("prefixes", series.prefixes, shares),
    ):
        every = np.ones((1, len(judged[kind].shares)))
        for what, plain in (
            ("nll", nll),
            ("auroc", soft_auroc),
            ("calibration", lambda own, truth: measure_reliability(own, truth).error),
        ):
            expected = np.mean([plain(own, truth) for own in scores])
            assert STATISTICS[what](judged[kind], every) == pytest.approx(expected)
    accuracies = []
    for own in series.scores:
        counts = [
            count_pairs(own[place][finished], of.passed[place][finished])
            for place, finished in enumerate(of.finished)
        ]
        right, total = np.sum(counts, axis=0)
        accuracies.append(right / total)
    pairs = STATISTICS["pairs"](judged["programs"], np.ones((1, 40)))
    assert pairs == pytest.approx(np.mean(accuracies))
    assert np.isnan(STATISTICS["pairs"](judged["prefixes"], np.ones((1, 20)))).all()
