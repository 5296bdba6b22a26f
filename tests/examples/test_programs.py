"""The front door: what examples/ shows of dreamcode in Python works as it stands there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dreamcode
from dreamcode.errors import InputError
from dreamcode.plugins import load_part
from dreamcode.search import best_of_n
from tests.cli.command import dreamcode as run_command
from tests.cli.command import environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROBLEM = EXAMPLES / "mini-2.md"

DATASET = """
from dreamcode.datasets.miniature import Miniature

class Ours(Miniature):
    name = "ours"
    summary = "problems of ours"
"""


def test_a_problem_is_solved_in_twenty_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "solve.py", PROBLEM],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "accepted\n")
    assert "def main" in done.stdout


def test_the_front_door_has_what_it_says() -> None:
    assert all(getattr(dreamcode, name) is not None for name in dreamcode.__all__)
    assert dreamcode.searches.best_of_n is best_of_n
    with pytest.raises(AttributeError, match="no_such"):
        dreamcode.no_such  # noqa: B018


def test_a_search_and_a_reward_of_ones_own(tmp_path: Path) -> None:
    done = run_command(
        "solve", PROBLEM, "--search", f"{EXAMPLES / 'my_search.py'}:best_of_two",
        "--reward", f"{EXAMPLES / 'my_reward.py'}:Brevity", "--sandbox", "local", "--json",
        home=tmp_path,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    result = json.loads(done.stdout)
    [program] = result["programs"]
    assert (result["reward_model"], program["copies"]) == ("brevity", 1)
    assert program["rewards"] == sorted(program["rewards"], reverse=True)  # ever longer
    kinds = [
        json.loads(line)["asked"].get("reason")
        for line in (Path(result["run"]) / "journal.jsonl").read_text().splitlines()
    ]
    assert kinds.count("outranked") > 0


def test_a_data_set_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(DATASET)
    done = run_command(
        "bench", "ours.py:Ours", "--limit", "1", "--n", "2", "--sandbox", "local", "--json",
        home=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["benchmark"] == "ours.py:Ours"


def test_parts_of_installed_packages_are_found_by_name(tmp_path: Path) -> None:
    info = tmp_path / "ours-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[dreamcode.searches]\npair = my_search:best_of_two\n"
        "[dreamcode.rewards]\nbrevity = my_reward:Brevity\n"
        "[dreamcode.datasets]\nours = ours:Ours\n"
    )
    (tmp_path / "ours.py").write_text(DATASET)
    path = os.pathsep.join([str(tmp_path), str(EXAMPLES)])
    done = run_command(
        "solve", PROBLEM, "--search", "pair", "--reward", "brevity", "--sandbox", "local",
        home=tmp_path, PYTHONPATH=path,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    listed = run_command("bench", "list", "--json", home=tmp_path, PYTHONPATH=path)
    assert json.loads(listed.stdout)["ours"] == "problems of ours"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("nothing", "best-of-n"),
        ("none.py:search", "there is no file none.py"),
        ("no.such.module:search", "no.such.module cannot be imported"),
        (f"{EXAMPLES / 'my_search.py'}:worst_of_two", "defines no 'worst_of_two'"),
        ("broken.py:search", "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_found_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match=said):
        load_part(spec, "searches", ["best-of-n"])
