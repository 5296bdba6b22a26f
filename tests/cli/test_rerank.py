"""`dreamcode bench rerank`: odd files, odd texts, and what it cannot do."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import dreamcode

HALF = 'print("\ud83d")'


def save(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "z_eval_all.json"
    path.write_text(json.dumps(rows))
    return path


def row(name: Any, **changes: Any) -> dict[str, Any]:
    graded = {"question_id": name, "code_list": [HALF, "print(1)"], "graded_list": [True, False]}
    return graded | changes


def test_halves_of_surrogate_pairs_are_scored_written_and_shown(tmp_path: Path) -> None:
    file = save(tmp_path, row("z1", question_content="Print \udc00."), row("z2\udfff"))
    done = dreamcode(
        "bench", "rerank", file, "--prm", "embedded", "--run-dir", "run", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for command in (["show", "run"], ["show", "run", "--problem", "z1"], ["bench", "stats", "run"]):
        shown = dreamcode(*command, home=tmp_path)
        assert shown.returncode == 0, shown.stderr
    for name in ("report.md", "report.html", "results.jsonl"):
        (tmp_path / "run" / name).read_text("utf-8")


def test_odd_rows_cost_one_warning(tmp_path: Path) -> None:
    file = save(tmp_path, row("z1"), row(2, code_list=[None, "x"]))
    done = dreamcode("bench", "stats", file, home=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("item 2") == 1
    for command in (
        ["stats", file],
        ["compare", file, file],
        ["rerank", file, "--prm", "embedded"],
    ):
        refused = dreamcode("bench", *command, "--strict", home=tmp_path)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "item 2" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prm", "majority"], "a vote is no reward model; use embedded"),
        (["--prm", "likelihood"], "does not go by the text of programs"),
        (["--prm", "none"], "does not go by the text of programs"),
        (["--prm", "nonsense"], "there is no such reward model; use embedded"),
        (["--prm", "embedded", "--public-tests"], "does not say which public tests"),
    ],
)
def test_what_it_cannot_do_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = dreamcode("bench", "rerank", save(tmp_path, row("z1")), *arguments, home=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "use likelihood" not in done.stderr
