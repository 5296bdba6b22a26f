"""Where problems come from, and that every split has its own."""

import gzip
import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InputError
from dreamcode.miniature import generate_exam
from dreamcode.problems.exam import Exam
from dreamcode_sandbox.cases import StdinTest
from dreamcode_training.config import ProblemsConfig
from dreamcode_training.sources import load_problems
from tests.problems.test_livecodebench import make_row, pack


def config(data: object, *sizes: int, before: date | None = None) -> ProblemsConfig:
    train, meta, validation, test = sizes
    return ProblemsConfig(
        data=str(data), before=before, train=train, meta=meta, validation=validation, test=test
    )


def row(number: int, **fields: Any) -> dict[str, Any]:
    private = [{"input": f"{number}\n", "output": f"{number}\n", "testtype": "stdin"}]
    return make_row(
        question_id=f"q{number}",
        contest_date=f"2024-{1 + number % 12:02d}-03T00:00:00",
        private_test_cases=json.dumps(private),
        **fields,
    )


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def ids(loaded: list[tuple[Any, Exam]]) -> list[tuple[str, str]]:
    return [(split, exam.problem.id) for split, exam in loaded]


def test_the_miniature_world_has_its_own_splits() -> None:
    loaded = load_problems(config("miniature", 3, 2, 1, 2), 5)
    assert [split for split, _ in loaded] == ["train"] * 3 + ["meta"] * 2 + [
        "validation",
        "test",
        "test",
    ]
    assert loaded[4][1].problem == generate_exam("meta", 1).problem
    assert len(set(ids(loaded))) == 8


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_are_dealt_out_by_problem(tmp_path: Path, name: str) -> None:
    rows = [row(number, question_title=f"Zähler {number}") for number in range(24)]
    path = write(tmp_path / name, rows)
    loaded = load_problems(config(path, 10, 5, 4, 3), 0)
    assert [split for split, _ in loaded] == (
        ["train"] * 10 + ["meta"] * 5 + ["validation"] * 4 + ["test"] * 3
    )
    assert len({exam.problem.id for _, exam in loaded}) == 22
    for _, exam in loaded:
        number = exam.problem.id[1:]
        assert exam.problem.title == f"Zähler {number}"
        assert exam.hidden.open() == (StdinTest(f"{number}\n", f"{number}\n"),)
    assert ids(load_problems(config(path, 10, 5, 4, 3), 0)) == ids(loaded)
    assert ids(load_problems(config(path, 10, 5, 4, 3), 1)) != ids(loaded)
    # The order of the rows does not matter.
    write(path, rows[::-1])
    assert ids(load_problems(config(path, 10, 5, 4, 3), 0)) == ids(loaded)


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", [row(number) for number in range(5)])
    write(tmp_path / "test2.jsonl.gz", [row(number) for number in range(5, 8)])
    (tmp_path / "README.md").write_text("no rows")
    loaded = load_problems(config(tmp_path, 8, 0, 0, 0), 0)
    assert {exam.problem.id for _, exam in loaded} == {f"q{number}" for number in range(8)}


def test_only_contests_before_a_day(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(number) for number in range(12)])
    loaded = load_problems(config(path, 4, 0, 0, 0, before=date(2024, 5, 3)), 0)
    assert {exam.problem.id for _, exam in loaded} == {"q0", "q1", "q2", "q3"}
    with pytest.raises(InputError, match=r"has 4 problems before 2024-05-03, and 5 are wanted"):
        load_problems(config(path, 3, 1, 1, 0, before=date(2024, 5, 3)), 0)


def test_packed_tests_of_a_file_are_read_when_opened(tmp_path: Path) -> None:

    tests = json.dumps([{"input": "1\n", "output": "2\n", "testtype": "stdin"}])
    packed = row(0) | {"private_test_cases": pack(pickle.dumps(tests))}
    path = write(tmp_path / "rows.jsonl", [row(1), packed])
    loaded = load_problems(config(path, 2, 0, 0, 0), 0)
    [exam] = [exam for _, exam in loaded if exam.problem.id == "q0"]
    assert exam.hidden.open() == (StdinTest("1\n", "2\n"),)
    path.unlink()
    with pytest.raises(InputError, match="put it back"):
        exam.hidden.open()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], r"rows\.jsonl:1 is not JSON"),
        (["[]"], r"rows\.jsonl:1 is no JSON object"),
        ([json.dumps(row(1)), json.dumps(row(1))], r"rows\.jsonl:2: problem 'q1' stands twice"),
        ([json.dumps(row(1) | {"contest_date": "soon"})], r"contest_date is 'soon', no ISO date"),
        ([json.dumps(make_row(question_id=3))], "question_id"),
        ([], "0 problems before 2030-01-01, and 1 are wanted"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, lines: list[str], said: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    dated = [line for line in lines if "question_id" in line and "contest_date" not in line]
    before = None if dated else date(2030, 1, 1)
    with pytest.raises(InputError, match=said):
        load_problems(config(path, 1, 0, 0, 0, before=before), 0)


@pytest.mark.parametrize("name", ["none.jsonl", "empty", "bad.jsonl.gz"])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=name):
        load_problems(config(tmp_path / name, 1, 0, 0, 0), 0)
