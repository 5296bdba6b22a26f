"""Result files of others with an odd row in them: read with one warning, or refused."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dreamcode.bench.files import load_programs, load_results
from dreamcode.errors import InputError

ROWS: list[dict[str, Any]] = [
    {"question_id": f"q{at}", "code_list": ["print(1)", "x"], "graded_list": [at % 2 == 0, True]}
    for at in range(20)
]

# What is odd in row 3, whose samples were [wrong, right]; what its samples are then.
ODD: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "null program": ({"code_list": ["y", None]}, [False, False]),
    "a number for a program": ({"code_list": [7, "x"]}, [True, False]),
    "integer id": ({"question_id": 3}, [False, True]),
    "float id": ({"question_id": 3.0}, [False, True]),
    "too few grades": ({"graded_list": [True]}, [True, False]),
    "too many grades": ({"graded_list": [False, True, True]}, [False, True, False]),
    "grade that is no number": ({"graded_list": [float("nan"), True]}, [False, True]),
    "null grade": ({"graded_list": [None, True]}, [False, True]),
    "empty": ({"code_list": [], "graded_list": []}, [False]),
    "null list": ({"code_list": None}, [False, False]),
    "number for a title": ({"question_title": 7}, [False, True]),
    "no date": ({"contest_date": "soon"}, [False, True]),
}


def save(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_row_is_read_with_one_warning_and_strictly_refused(
    kind: str, tmp_path: Path
) -> None:
    changes, wanted = ODD[kind]
    path = save(tmp_path / "x_eval_all.json", [*ROWS[:3], ROWS[3] | changes, *ROWS[4:]])
    warnings: list[str] = []
    results = load_results(path, warn=warnings.append)
    assert len(results) == len(ROWS)
    assert sorted(results[3].graded) == sorted(wanted)
    assert len(warnings) == 1
    assert f"{path}, item 4" in warnings[0]
    with pytest.raises(InputError, match=r"item 4.*--strict"):
        load_results(path, strict=True)


@pytest.mark.parametrize("missing", ["question_id", "code_list", "graded_list"])
def test_a_row_that_lacks_a_key_costs_that_row_alone(missing: str, tmp_path: Path) -> None:
    row = {key: value for key, value in ROWS[3].items() if key != missing}
    path = save(tmp_path / "x_eval_all.json", [*ROWS[:3], row, *ROWS[4:]])
    warnings: list[str] = []
    results = load_results(path, warn=warnings.append)
    assert len(results) == len(ROWS) - (missing == "question_id")
    assert len(warnings) == 1


def test_the_same_row_twice_counts_once_and_another_of_its_name_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "same.json", [*ROWS, ROWS[5]])
    warnings: list[str] = []
    assert len(load_results(path, warn=warnings.append)) == len(ROWS)
    assert "stands twice" in warnings[0]
    other = save(tmp_path / "other.json", [*ROWS, ROWS[5] | {"code_list": ["a", "b"]}])
    with pytest.raises(InputError, match="stands twice; keep one"):
        load_results(other)


def test_submissions_are_mended_too(tmp_path: Path) -> None:
    path = save(tmp_path / "mine.json", [{"question_id": 7, "code_list": ["x", None]}])
    warnings: list[str] = []
    assert load_programs(path, warn=warnings.append) == {"7": ("x", "")}
    assert "read as '7', and 1 more like it" in warnings[0]


def test_nothing_is_said_of_marks_line_ends_and_packing(tmp_path: Path) -> None:
    lines = "\r\n".join(map(json.dumps, ROWS)).encode()
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines))
    long = [ROWS[0] | {"code_list": ["x = " + "1" * 2_000_000, "y"]}, *ROWS[1:]]
    save(tmp_path / "c.json", long)
    for path in sorted(tmp_path.iterdir()):
        warnings: list[str] = []
        assert len(load_results(path, strict=True, warn=warnings.append)) == len(ROWS)
        assert warnings == []
