import shutil
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from dreamcode.grading.statistics import Estimate
from experiments.label_correction.arms import list_trainings
from experiments.label_correction.config import read_primary
from experiments.label_correction.measure import measure
from experiments.label_correction.page import render, write_page
from experiments.label_correction.results import Comparison, Results
from experiments.label_correction.verdicts import claim, judge, tell
from tests.experiments.label_correction.planted import flat, perfect, small, wrong

JUDGES = {"correct": perfect, "outcome": perfect, "mc": flat, "cut-folds": perfect} | dict.fromkeys(
    ("joint", "joint-outcome", "mixed", "placebo", "cut-correct"), wrong
)


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return render(results, read_primary(), ["measures.png", "labels.png"])


def compared(
    rival: str,
    k: int,
    measure: str,
    value: float,
    adjusted: float = 0.01,
    claimant: str = "correct",
) -> Comparison:
    estimate = Estimate(value, value - 0.1, value + 0.1)
    return Comparison(claimant, rival, k, measure, estimate, adjusted / 9, adjusted)


def section(page: str, title: str) -> list[str]:
    return page.split(f"## {title}\n")[1].split("\n## ")[0].splitlines()


def test_words_follow_from_numbers() -> None:
    assert judge(compared("mc", 4, "pairs", 0.2)) == "better"
    assert judge(compared("mc", 4, "pairs", -0.2)) == "worse"
    assert judge(compared("mc", 4, "nll", 0.2)) == "worse"
    assert judge(compared("mc", 4, "nll", -0.2)) == "better"
    for adjusted in (0.05, 1.0, float("nan")):
        assert judge(compared("mc", 4, "nll", 0.2, adjusted)) == "no difference shown"


def test_k_is_named_where_not_all_agree() -> None:
    some = [
        compared("mc", 4, "pairs", 0.2),
        compared("mc", 16, "pairs", 0.2),
        compared("mc", 4, "nll", 0.2),
        compared("mc", 16, "nll", -0.2),
        compared("mc", 4, "found", 0.2, 0.9),
        compared("mc", 16, "found", 0.2, 0.9),
    ]
    assert tell(some) == (
        "better in `pairs` and `nll` (K = 16); worse in `nll` (K = 4); "
        "no difference shown in `found`"
    )


def test_a_claim_holds_where_every_rival_is_beaten() -> None:
    rivals = ["placebo", "mc"]
    all_of_them = [
        compared(rival, k, measure, 0.2)
        for rival in rivals
        for k in (4, 16)
        for measure in ("pairs", "pruned")
    ]
    said = claim("correct", rivals, all_of_them)
    assert "beats its placebo and every other method in `pairs` and `pruned`." in said
    one_lost = [
        replace(one, adjusted=0.06)
        if (one.rival, one.k, one.measure) == ("mc", 4, "pairs")
        else one
        for one in all_of_them
    ]
    assert "method in `pruned` and `pairs` (K = 16)." in claim("correct", rivals, one_lost)
    assert "7 better, 0 worse, 1 no difference shown." in claim("correct", rivals, one_lost)
    placebo_lost = [one if one.rival == "mc" else replace(one, adjusted=1.0) for one in all_of_them]
    said = claim("correct", rivals, placebo_lost)
    assert "method in no measure at any K. Beside its placebo: no difference shown" in said
    said = claim("correct", [*rivals, "joint", "mixed"], all_of_them)
    assert said.endswith(
        "nothing can be said yet: there is no comparison with `joint` and `mixed`."
    )


def test_the_answer_is_what_was_planted(page: str) -> None:
    correct, folds, outcome, joint_outcome, calibration = (
        line for line in section(page, "What came out") if line.startswith("- ")
    )
    # Knowing as much as `outcome` is not beating it.
    assert "`correct` beats its placebo and every other method in no measure at any K." in correct
    assert "Beside its placebo: better in `pairs`" in correct
    assert "`folds` beats its placebo and every other method in no measure at any K." in folds
    assert "needs no rollout. Beside `mc`: better in `pairs`" in outcome
    assert "Beside `joint`: better in `pairs`" in outcome
    assert "Beside `mc`: worse in `pairs`" in joint_outcome
    assert "; a constant has 0.562." in calibration
    assert "Unfinished" not in page
    claims = [one for one in section(page, "Prefixes without a verdict") if one.startswith("- ")]
    assert [one.split(" beats")[0] for one in claims] == ["- `cut-correct`", "- `cut-folds`"]
    assert "`cut-folds` beats its placebo and every other method in `pairs`" in claims[1]


def test_the_tables_hold_every_arm(page: str, results: Results) -> None:
    tables = [
        list(rows)
        for is_row, rows in groupby(page.splitlines(), lambda line: line.startswith("|"))
        if is_row
    ]
    for rows in tables:
        assert len({row.count("|") for row in rows}) == 1
        assert len(rows) > 2
    _, _, arms, differences, every, labels, cut = tables
    counted = ["mc-uncalibrated", "mc", "joint"]
    more = ["mixed", "correct", "placebo", "folds", "folds-placebo", "writer"]
    expected = ["constant", *(f"{arm}-k{k}" for arm in counted[:1] for k in (4, 16))]
    expected += [f"{arm}-k{k}" for arm in counted[1:] for k in (4, 16)]
    expected += ["outcome", "joint-outcome"]
    expected += [f"{arm}-k{k}" for arm in more for k in ((4,) if arm == "writer" else (4, 16))]
    assert [row.split("`")[1] for row in arms[2:]] == expected
    assert "| `correct-k4` | 1.000 [1.000, 1.000] | 0.500 [" in "\n".join(arms)
    assert len(every) - 2 == len(results.comparisons)
    assert (len(differences) - 2) * 4 == len(results.comparisons)
    assert sum(row.count("**") // 2 for row in differences) == sum(
        row.endswith(("| better |", "| worse |")) for row in every
    )
    assert {row.split("`")[1].rsplit("-k", 1)[0] for row in labels[2:]} == {
        f"{cut}{arm}"
        for cut in ("", "cut-")
        for arm in ("correct", "placebo", "folds", "folds-placebo")
    }  # fmt: skip
    assert {row.split("`")[1].split("-")[0] for row in cut[2:]} == {"constant", "cut"}


def test_pictures_stand_beside_the_page(results: Results, tmp_path: Path) -> None:
    write_page(tmp_path, results)
    page = (tmp_path / "miniature.md").read_text()
    for name in ("measures", "labels"):
        assert (tmp_path / "miniature" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"](miniature/{name}.png)" in page


def test_an_unfinished_experiment_says_so(folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(folder, tmp_path / "out")
    for training in list_trainings(small()):
        if training.series.startswith(("cut-", "mixed", "correct", "placebo", "folds", "mc")):
            shutil.rmtree(out / training.name)
    results = measure(out, small())
    write_page(tmp_path, results)
    page = (tmp_path / "miniature.md").read_text()
    assert f"**Unfinished: {results.trainings} of {results.planned} trainings are done.**" in page
    assert "- Of `correct` nothing can be said yet" in page
    for absent in ("Prefixes without", "Did labels move", "Calibrating prefixes", "labels.png"):
        assert absent not in page
