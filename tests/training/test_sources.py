"""Where problems come from, and that every split has its own."""

import gzip
import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.miniature import generate_exam
from dreamcode.miniature.worlds import LONG, WORLDS
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_sandbox.cases import Sandbox, StdinTest
from dreamcode_training.chains import run_chains
from dreamcode_training.config import ChainsConfig, ProblemsConfig, RunConfig, read_run_config
from dreamcode_training.records import read_problems
from dreamcode_training.sources import load_problems
from dreamcode_training.stages import hash_inputs
from tests.datasets.rows import CAP, FRAMES, MIDDLE, WEEKDAYS, whole, write_lines
from tests.datasets.test_folder import STATEMENT, SUM, package
from tests.policies.copyist import Copyist
from tests.problems.test_livecodebench import make_row, pack


def config(data: object, *sizes: int, **others: Any) -> ProblemsConfig:
    train, meta, validation, test = sizes
    return ProblemsConfig(
        data=data if isinstance(data, list) else str(data),
        train=train,
        meta=meta,
        validation=validation,
        test=test,
        **others,
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


def test_worlds_share_the_problems_equally_and_keep_them() -> None:
    loaded = ids(load_problems(config(["miniature", "miniature-long"], 5, 2, 1, 4), 5))
    assert [name for split, name in loaded if split == "train"] == [
        "miniature-train-00000",
        "miniature-long-train-00000",
        "miniature-train-00001",
        "miniature-long-train-00001",
        "miniature-train-00002",
    ]
    more = ids(load_problems(config(["miniature", "miniature-long"], 8, 2, 1, 4), 6))
    assert [one for one in loaded if one not in more] == []
    (one,) = load_problems(config("miniature-long", 1, 0, 0, 0), 0)
    assert one[1].problem == generate_exam("train", 0, LONG).problem
    every = load_problems(config(list(WORLDS), 9, 9, 9, 9), 0)
    assert len({exam.problem.id for _, exam in every}) == 36


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


def test_by_date_the_newest_are_test_and_more_of_train_changes_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(number) for number in range(36)])

    def months(*sizes: int, seed: int = 0, before: date | None = None) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        settings = config(path, *sizes, split_by="date", before=before)
        for split, exam in load_problems(settings, seed):
            found.setdefault(split, []).append(exam.problem.id)
        return found

    def month(problem: str) -> int:
        return 1 + int(problem[1:]) % 12

    few, many = months(9, 6, 3, 6), months(21, 6, 3, 6)
    order = [month(problem) for split in few for problem in few[split]]
    assert list(few) == ["train", "meta", "validation", "test"]
    assert order == sorted(order)
    assert {month(problem) for problem in few["test"]} == {11, 12}
    assert min(order) == 5  # what is older than all that are wanted is left out
    assert all(few[split] == many[split] for split in ("meta", "validation", "test"))
    assert set(few["train"]) < set(many["train"])
    assert months(9, 6, 3, 6, seed=4)["test"] != few["test"]  # within a day
    assert {month(p) for p in months(9, 6, 3, 6, before=date(2024, 12, 1))["test"]} == {10, 11}


def test_a_date_that_is_needed_and_missing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(1), row(2) | {"contest_date": None}])
    for needs in ({"split_by": "date"}, {"before": date(2024, 12, 1)}):
        with pytest.raises(InputError, match=r"rows\.jsonl:2: contest_date is missing"):
            load_problems(config(path, 1, 0, 0, 0, **needs), 0)
    undated = write_lines(tmp_path, WEEKDAYS)
    with pytest.raises(InputError, match=r"problems\.jsonl:1: contest_date is missing"):
        load_problems(config("bigcodebench", 1, 0, 0, 0, path=str(undated), split_by="date"), 0)


def test_livecodebench_is_found_where_it_always_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "livecodebench"
    folder.mkdir()
    write(folder / "test2.jsonl", [row(number) for number in range(111)])
    expected = ids(load_problems(config(folder, 40, 0, 0, 1), 0))
    assert ids(load_problems(config("livecodebench", 40, 0, 0, 1), 0)) == expected
    (tmp_path / "lcb").symlink_to(folder)
    for others in ({"path": "lcb"}, {"path": "lcb/test2.jsonl"}, {"path": "lcb", "release": "v2"}):
        assert ids(load_problems(config("livecodebench", 40, 0, 0, 1, **others), 0)) == expected
    with pytest.raises(InputError, match=r"cannot read lcb/test\.jsonl"):
        load_problems(config("livecodebench", 1, 0, 0, 0, path="lcb", release="release_v2"), 0)


OURS = """
from dreamcode.datasets.folder import Folder
class Ours(Folder):
    name = "ours"
"""
CASES = {
    "bigcodebench": (lambda folder: write_lines(folder, WEEKDAYS, FRAMES), whole(WEEKDAYS)),
    "humaneval": (lambda folder: write_lines(folder, CAP), whole(CAP)),
    "mbpp": (lambda folder: write_lines(folder, MIDDLE), whole(MIDDLE)),
    "folder": (lambda folder: write_files(folder, {"sum.md": STATEMENT}), SUM),
    "folder of packages": (lambda folder: write_files(folder, package("sum")), SUM),
    "of one's own": (lambda folder: write_files(folder, package("sum")), SUM),
}


def write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        place = folder / "problems" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return folder / "problems"


def name_data(case: str, folder: Path) -> str:
    if case != "of one's own":
        return case.partition(" ")[0]
    (folder / "ours.py").write_text(OURS)
    return f"{folder / 'ours.py'}:Ours"


@pytest.mark.parametrize("case", CASES)
async def test_programs_for_whatever_benchmark_has_are_judged(
    tmp_path: Path, sandbox: Sandbox, journal: Journal, case: str
) -> None:
    make, right = CASES[case]
    settings = config(name_data(case, tmp_path), 1, 0, 0, 0, path=str(make(tmp_path)))
    loaded = load_problems(settings, 0)
    policy, judge = Copyist([right, "pass\n"]), Judge(sandbox, journal)
    written = ChainsConfig(policy="copyist", per_problem=24)
    chains = await run_chains(tmp_path, loaded, policy, judge, journal, written, 0)
    assert {chain.passed for chain in chains} == {True, False}
    assert all(chain.passed == ("".join(chain.steps) == right) for chain in chains)
    (record,) = read_problems(tmp_path / "problems.jsonl").values()
    assert (record.split, record.problem) == ("train", loaded[0][1].problem)


def test_a_change_in_a_problem_s_folder_changes_the_run_s_inputs(tmp_path: Path) -> None:
    folder = write_files(tmp_path, package("sum"))
    run = RunConfig(problems=config("folder", 1, 1, 0, 0, path=str(folder)))
    before = hash_inputs(tmp_path / "run", run, "chains")
    assert hash_inputs(tmp_path / "run", run, "chains") == before
    (folder / "sum" / "data" / "secret" / "1.ans").write_text("7\n")
    assert hash_inputs(tmp_path / "run", run, "chains") != before


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        ("{data: [miniature, bigcodebench]}", "a list names worlds, each once"),
        ("{data: [miniature, miniature]}", "a list names worlds, each once"),
        ("{data: []}", "a list names worlds, each once"),
        ("{data: [folder]}", "stands alone, without brackets"),
        ("{data: miniature-long, path: x}", "leave path, release, before and split_by out"),
        ("{data: [miniature], split_by: date}", "leave path, release, before and split_by out"),
        ("{data: miniature, before: 2024-08-01}", "leave path, release, before and split_by out"),
        ("{data: folder, split_by: age}", "split_by: Input should be 'hash' or 'date'"),
        ("{data: 3}", "data"),
    ],
)
def test_settings_that_mean_nothing_are_named_with_their_file(
    tmp_path: Path, problems: str, said: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"problems: {problems}\n")
    with pytest.raises(InputError, match=rf"run\.yaml: problems.*{said}"):
        read_run_config(path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"data": "bigcodebnech"}, r"'bigcodebnech' is no data set \(livecodebench, humaneval"),
        ({"data": "rows.jsonl", "path": "rows.jsonl"}, r"or, without problems\.path, a file"),
        ({"data": "bigcodebench"}, r"BigCodeBench needs its file: .* \(problems\.path in"),
        ({"data": "mbpp", "path": "none.jsonl"}, r"none\.jsonl"),
        ({"data": "mbpp", "path": "rows.jsonl", "release": "v2"}, "no releases; leave release v2"),
        ({"data": "folder"}, r"name the folder with your problems: .*problems\.path"),
        ({"data": "folder", "path": "rows.jsonl"}, "is no folder"),
        ({"data": "livecodebench", "path": "rows.jsonl", "release": "v2"}, "is a file"),
        ({"data": "livecodebench", "path": "rows.jsonl"}, "rows.jsonl has 2 problems, and 9"),
        ({"data": "own.py:Nothing"}, "own.py"),
    ],
)
def test_data_that_cannot_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "rows.jsonl", [row(1), row(2)])
    with pytest.raises(InputError, match=said):
        load_problems(ProblemsConfig(train=9, meta=0, validation=0, test=0, **settings), 0)


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
