"""LiveCodeBench's own files: what its readers take out of ours, field by field."""

import gzip
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.real import STATEMENTS, read_jsonl_gz
from dreamcode.bench.measures import measure
from dreamcode.bench.official import official_files, read_graded, read_submissions
from dreamcode.errors import InputError
from dreamcode.results import Grade, Program
from dreamcode_sandbox.verdicts import Verdict
from tests.bench.test_measures import result

ROW_FIELDS = {
    "question_title", "question_content", "platform", "question_id", "contest_id", "contest_date",
    "starter_code", "difficulty", "output_list", "code_list",
}  # fmt: skip
GRADED_FIELDS = ROW_FIELDS | {"graded_list", "pass@1", "metadata"}


def estimate_pass_at_k(totals: list[int], corrects: list[int], k: int) -> np.ndarray[Any, Any]:
    """The official estimator's definition, as a product."""

    def estimate(n: int, c: int) -> float:
        if n - c < k:
            return 1.0
        return 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))

    return np.array([estimate(n, c) for n, c in zip(totals, corrects, strict=True)])


def compute_scores(text: str) -> dict[str, float]:
    """What the official `compute_scores` prints of an `_eval_all.json`, in percent."""
    rows = json.loads(text)
    for row in rows:
        assert set(row) == GRADED_FIELDS
        row["contest_date"] = datetime.fromisoformat(row["contest_date"])
    found = {}
    for difficulty in ("easy", "medium", "hard", None):
        some = [row for row in rows if difficulty in (None, row["difficulty"])]
        if some:
            totals = [len(row["graded_list"]) for row in some]
            corrects = [sum(row["graded_list"]) for row in some]
            rate = estimate_pass_at_k(totals, corrects, 1).mean()
            found[difficulty or "all"] = round(100 * float(rate), 2)
    return found


def some_results() -> list[Any]:
    mixed = result("a", True, False, False, samples=5, difficulty="easy")
    failures = (
        Program(("slow\n",), 2, grade=Grade(Verdict.TIME_LIMIT, 3, 9)),
        Program(("broken(\n",), grade=Grade(Verdict.COMPILE_ERROR, 0, 9)),
        Program(("big\n",), 2, grade=Grade(Verdict.MEMORY_LIMIT, 1, 9)),
    )
    hard = result("b", difficulty="hard", samples=5)
    return [mixed, replace(hard, programs=failures)]


def test_the_official_reader_finds_our_numbers_in_our_files() -> None:
    results = some_results()
    files = official_files(results, 0.2)
    names = [
        "Scenario.codegeneration_{}_0.2" + end for end in (".json", "_eval.json", "_eval_all.json")
    ]
    assert set(files) == {
        *(name.format(5) for name in names), "custom_evaluator.json",
        *("chosen_" + name.format(1) for name in names), "chosen_custom_evaluator.json",
    }  # fmt: skip
    scores = compute_scores(files["Scenario.codegeneration_5_0.2_eval_all.json"])
    report = measure(results, resamples=100)
    assert scores["all"] == pytest.approx(100 * report["all"]["pass_at"]["1"]["value"], abs=0.005)
    assert scores["easy"] == 20.0
    assert scores["hard"] == 0.0
    chosen = compute_scores(files["chosen_Scenario.codegeneration_1_0.2_eval_all.json"])
    assert chosen == {"easy": 100.0, "hard": 0.0, "all": 50.0}


def test_what_is_not_independent_or_not_chosen_has_no_such_files() -> None:
    beam = [result("a", False, True, independent=False), result("b", independent=False)]
    files = official_files(beam)
    assert {name.partition("_")[0] for name in files} == {"chosen"}
    rows = json.loads(files["chosen_Scenario.codegeneration_1.json"])
    assert [len(row["code_list"]) for row in rows] == [1, 1]
    graded = [result("a", False, True, ranked=False)]
    assert not any(name.startswith("chosen") for name in official_files(graded))


def test_rows_stand_in_the_order_of_their_ids_as_official_ones_do() -> None:
    names = ["b", "abc300_a", "1873_A", "a"]
    files = official_files([result(name, True) for name in names])
    rows = json.loads(files["Scenario.codegeneration_1_eval_all.json"])
    assert [row["question_id"] for row in rows] == sorted(names)
    assert list(files) == list(official_files([result(name, True) for name in reversed(names)]))


def test_every_file_has_the_fields_and_shapes_that_are_read() -> None:
    results = some_results()
    files = {
        name.rpartition("_")[2]: json.loads(text)
        for name, text in official_files(results, 0.2).items()
        if not name.startswith("chosen")
    }
    rows = files["0.2.json"]
    assert all(set(row) == ROW_FIELDS for row in rows)
    assert [len(row["code_list"]) for row in rows] == [5, 5]
    assert rows[0]["code_list"][3:] == ["", ""]
    assert rows[0]["contest_date"] == "2024-01-03T00:00:00"
    metrics, tests, metadata = files["eval.json"]
    assert metrics["pass@1"] == pytest.approx(0.1)
    assert metrics["detail"]["pass@1"] == pytest.approx({"0": 0.2, "1": 0.0})
    assert metrics["pass@5"] == pytest.approx(0.5)
    # A sample is right if nothing in its list is below 1.
    right = [[all(one > 0 for one in sample) for sample in tests[place]] for place in ("0", "1")]
    assert right == [row["graded_list"] for row in files["all.json"]]
    assert tests["1"][0] == [True, True, True, -3]
    assert tests["1"][4] == [True, -4]
    for own, row in zip(metadata, files["all.json"], strict=True):
        assert own == row["metadata"]
        assert len(own) == 5
        for text, good in zip(own, row["graded_list"], strict=True):
            assert ("error_code" in json.loads(text)) != good
    assert files["evaluator.json"] == [
        {"question_id": row["question_id"], "code_list": row["code_list"]} for row in rows
    ]


def test_graded_files_are_read_as_lists_or_lines_packed_or_not(tmp_path: Path) -> None:
    text = official_files(some_results(), 0.2)["Scenario.codegeneration_5_0.2_eval_all.json"]
    lines = "".join(json.dumps(row) + "\n" for row in json.loads(text))
    paths = [tmp_path / name for name in ("a.json", "b.jsonl", "c.jsonl.gz")]
    paths[0].write_text(text)
    paths[1].write_text(lines)
    paths[2].write_bytes(gzip.compress(lines.encode()))
    first, second, third = (read_graded(path) for path in paths)
    assert first == second == third
    assert [one.graded for one in first] == [(True, False, False, False, False), (False,) * 5]
    assert first[0].contest_date == datetime(2024, 1, 3)
    assert not first[0].ranked
    assert [one.question_id for one in read_submissions(paths[0])] == ["a", "b"]
    undated = json.loads(text)[0] | {"contest_date": ""}
    paths[0].write_text(json.dumps([undated]))
    assert read_graded(paths[0])[0].contest_date is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "is not JSON"),
        ("[]", "holds no problem"),
        ('[{"question_id": "a"}]', "no entry has a code_list"),
        ('[{"question_id": "a", "code_list": []}]', "no entry has a graded_list"),
        ('[{"question_id": [3], "code_list": [], "graded_list": []}]', "names no question"),
        (
            '{"question_id": "a", "code_list": ["x"], "graded_list": [true]}\n'
            '{"question_id": "a", "code_list": ["x"], "graded_list": [false]}\n',
            "stands twice",
        ),
        ('{"question_id": "a", "code_list"', r"graded\.json:1 is not JSON"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "graded.json"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        read_graded(path)
    with pytest.raises(InputError, match="no such file"):
        read_graded(tmp_path / "nowhere.json")


@pytest.mark.real
def test_published_scores_of_o1_mini_come_out(real_data: Path) -> None:
    source = real_data / STATEMENTS
    results = read_graded(source)
    report = measure(results, resamples=100)
    tables = {
        name: round(100 * own["pass_at"]["1"]["value"], 2)
        for name, own in (report["difficulty"] | {"all": report["all"]}).items()
    }
    assert tables == {"easy": 94.98, "medium": 73.41, "hard": 34.81, "all": 68.41}
    assert {name: own["problems"] for name, own in report["difficulty"].items()} == {
        "easy": 279, "medium": 331, "hard": 270,
    }  # fmt: skip
    written = official_files(results)["Scenario.codegeneration_1_eval_all.json"]
    assert compute_scores(written) == tables
    originals = sorted(read_jsonl_gz(source), key=lambda row: str(row["question_id"]))
    for original, row in zip(originals, json.loads(written), strict=True):
        for field in ROW_FIELDS - {"output_list"} | {"graded_list"}:
            assert row[field] == original[field], field
