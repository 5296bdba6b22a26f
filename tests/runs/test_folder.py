import json
from pathlib import Path

import pytest

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.runs.folder import find_unfinished, hold_run, new_run_path, open_journal

CONFIG = {"model": "embedded", "n": 4, "problem": {"id": "p"}}


def test_a_new_run_writes_its_config_and_is_resumed_only_with_the_same(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with hold_run(path, CONFIG, resume=False), open_journal(path) as journal:
        journal.note("answer", {"value": 1})
    assert json.loads((path / "config.json").read_text()) == CONFIG
    with hold_run(path, CONFIG, resume=True), open_journal(path) as journal:
        assert len(journal) == 1
    with (
        pytest.raises(InputError, match=r"n \(4 then, 8 now\)"),
        hold_run(path, CONFIG | {"n": 8}, resume=True),
    ):
        pass


def test_a_run_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    with hold_run(tmp_path, CONFIG, resume=False):
        pass
    with pytest.raises(InputError, match="--resume"), hold_run(tmp_path, CONFIG, resume=False):
        pass


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="no run to resume"),
        hold_run(tmp_path / "empty", CONFIG, resume=True),
    ):
        pass


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        hold_run(tmp_path, CONFIG, resume=False),
        pytest.raises(InfrastructureError, match="in use"),
        hold_run(tmp_path, CONFIG, resume=True),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InfrastructureError, match=r"file/run.*--run-dir"),
        hold_run(tmp_path / "file" / "run", CONFIG, resume=False),
    ):
        pass


def test_a_broken_config_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with (
        pytest.raises(InputError, match=r"config\.json cannot be read"),
        hold_run(tmp_path, CONFIG, resume=True),
    ):
        pass


def test_the_newest_unfinished_run_with_the_same_settings_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAMCODE_RUNS", str(tmp_path))
    with pytest.raises(InputError, match="no unfinished run"):
        find_unfinished(CONFIG)
    for name, config in (("1-old", CONFIG), ("2-new", CONFIG), ("3-other", CONFIG | {"n": 5})):
        with hold_run(tmp_path / name, config, resume=False):
            pass
    assert find_unfinished(CONFIG) == tmp_path / "2-new"
    (tmp_path / "2-new" / "result.json").write_text("{}")
    assert find_unfinished(CONFIG) == tmp_path / "1-old"


def test_run_names_are_fit_for_file_systems(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DREAMCODE_RUNS", str(tmp_path))
    path = new_run_path("Two Sum: a/b\\c?" + "x" * 300)
    assert path.parent == tmp_path
    assert len(path.name) < 100
    path.mkdir()


def test_a_run_that_ended_before_it_began_leaves_its_folder_free(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="no such model"),
        hold_run(tmp_path, CONFIG, resume=False),
    ):
        raise InputError("no such model")
    another = CONFIG | {"model": "another"}
    with hold_run(tmp_path, another, resume=False), open_journal(tmp_path) as journal:
        journal.note("kind", {"key": 1})
    with (
        pytest.raises(InputError, match="no such model"),
        hold_run(tmp_path, CONFIG | {"model": "another"}, resume=True),
    ):
        raise InputError("no such model")
    assert (tmp_path / "config.json").exists()


def test_what_differs_is_named_however_deep_it_stands(tmp_path: Path) -> None:
    deep = CONFIG | {"digest": "1", "settings": {"n": 4}}
    with hold_run(tmp_path, deep, resume=False):
        pass
    other = CONFIG | {"digest": "2", "settings": {"n": 8}}
    with (
        pytest.raises(InputError, match=r"another n \(4 then, 8 now\)"),
        hold_run(tmp_path, other, resume=True),
    ):
        pass
