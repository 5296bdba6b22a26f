"""What a run is worth, against brute force."""

import itertools
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.bench.measures import best_of, group_by, measure, solved
from dreamcode.errors import InputError
from dreamcode.policies.policy import Usage
from dreamcode.results import Grade, Program, Result
from dreamcode.runs.result_files import dump_results, load_results
from dreamcode_sandbox.verdicts import Verdict

SPENT = Usage(2, 100, 50, dollars=0.0006)


def program(right: bool, copies: int = 1) -> Program:
    verdict = Verdict.ACCEPTED if right else Verdict.WRONG_ANSWER
    return Program(("print(1)\n",), copies, grade=Grade(verdict, int(right), 2))


def result(
    problem: str,
    *grades: bool,
    samples: int | None = None,
    difficulty: str = "easy",
    month: int = 1,
    ranked: bool = True,
    independent: bool = True,
    spent: Usage = SPENT,
) -> Result:
    return Result(
        problem=problem,
        title=problem,
        statement="Do it.",
        starter_code="",
        function=None,
        platform="atcoder",
        difficulty=difficulty,
        contest_id="c1",
        contest_date=datetime(2024, month, 3),
        samples=len(grades) if samples is None else samples,
        programs=tuple(map(program, grades)),
        ranked=ranked,
        independent=independent,
        spent=spent,
        seconds=1.5,
    )


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_best_of_n_is_the_mean_over_all_sets_of_n(graded: list[bool], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(graded)))
    sets = list(itertools.combinations(range(len(graded)), n))
    expected = sum(graded[min(chosen)] for chosen in sets) / len(sets)
    assert best_of(graded, n) == pytest.approx(expected)


def test_programs_that_were_not_finished_are_wrong_and_last() -> None:
    one = result("p", True, False, samples=4)
    assert one.graded == (True, False, False, False)
    twice = replace(one, programs=(program(False, 2), program(True)))
    assert twice.graded == (False, False, True, False)


def test_measures_are_those_of_a_plain_count() -> None:
    results = [
        result("a", True, False, False, False),
        result("b", False, True, True, False, difficulty="hard", month=2),
        result("c", False, False, False, False, difficulty="hard"),
    ]
    report = measure(results, resamples=200)
    whole = report["all"]
    assert whole["problems"] == 3
    assert whole["pass_at"]["1"]["value"] == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert "5" not in whole["pass_at"]
    assert whole["chosen"]["value"] == pytest.approx(1 / 3)
    assert whole["oracle"]["value"] == pytest.approx(2 / 3)
    assert whole["regret"]["value"] == pytest.approx(1 / 3)
    assert list(report["difficulty"]) == ["easy", "hard"]
    assert report["difficulty"]["hard"]["problems"] == 2
    assert list(report["month"]) == ["2024-01", "2024-02"]
    curve = {point["n"]: point for point in report["curve"]}
    assert set(curve) == {1, 2, 4}
    assert curve[1]["chosen"]["value"] == pytest.approx(whole["pass_at"]["1"]["value"])
    assert curve[4]["chosen"]["value"] == pytest.approx(whole["chosen"]["value"])
    assert curve[4]["tokens"] == pytest.approx(50)
    assert curve[2]["chosen"]["value"] == pytest.approx((0.5 + 0.5 + 0) / 3)
    spent = report["spent"]
    assert spent["dollars"] == pytest.approx(3 * (100 * 2 + 50 * 8) / 1e6)
    assert spent["tokens_a_solved_problem"] == 150


def test_without_a_choice_or_independence_less_is_said() -> None:
    graded = measure([result("a", True, False, ranked=False)], resamples=100)
    assert "chosen" not in graded["all"]
    assert graded["curve"] == []
    assert graded["all"]["pass_at"]["1"]["value"] == 0.5
    beam = measure([result("a", False, True, independent=False)], resamples=100)
    assert beam["all"]["pass_at"] == {}
    assert beam["all"]["regret"]["value"] == 1
    with pytest.raises(InputError, match="no results"):
        measure([])


def test_solved_is_the_choice_or_the_share() -> None:
    assert solved(result("a", True, False)) == 1
    assert solved(result("a", True, False, ranked=False)) == 0.5
    assert solved(result("a")) == 0


def test_difficulties_rise_and_others_follow_the_alphabet() -> None:
    results = [result(d, True, difficulty=d) for d in ("hard", "unknown", "easy", "", "medium")]
    assert list(group_by(results, lambda r: r.difficulty)) == [
        "easy", "medium", "hard", "", "unknown",
    ]  # fmt: skip


def test_results_survive_their_file(tmp_path: object) -> None:
    from pathlib import Path

    results = [result("a", True), result("ä/1", False, samples=3)]
    folder = Path(str(tmp_path))
    (folder / "results.jsonl").write_text(dump_results(results))
    assert load_results(folder) == results
    assert load_results(folder / "results.jsonl") == results
    with (folder / "results.jsonl").open("a") as file:
        file.write('{"problem": 3}\n')
    with pytest.raises(InputError, match=r"results\.jsonl:3 is no result"):
        load_results(folder)
