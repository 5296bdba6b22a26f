"""What commands say of samples that could not be had, and that --resume asks for them again."""

import json
from pathlib import Path

import pytest

from dreamcode.policies.policy import derive_seed
from dreamcode.runs.result_files import load_results
from tests.cli.command import dreamcode
from tests.cli.failing import ASKED, MODEL, PROGRAM
from tests.cli.test_bench import make_rows, write_lines
from tests.cli.test_solve import STATEMENT

N = 6
LOST = "13579"
"""Seeds that end so."""


def lost_of(problem: str) -> list[int]:
    seeds = [derive_seed(0, problem, "", number) for number in range(N)]
    return [seed for seed in seeds if str(seed % 10) in LOST]


def asked(home: Path) -> list[str]:
    """What the policy was asked since this was called last."""
    file = home / ASKED
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "double.md").write_text(STATEMENT)
    write_lines(tmp_path / "rows.jsonl", make_rows(4))
    (tmp_path / "failing").write_text(LOST)
    return tmp_path


def test_solve_says_how_many_samples_failed_and_gets_them_when_resumed(home: Path) -> None:
    arguments = ["solve", "double.md", "--model", MODEL, "--n", str(N), "--sandbox", "local",
                 "--run-dir", "run", "--stop", "never"]  # fmt: skip
    lost = lost_of("double")
    assert 0 < len(lost) < N
    done = dreamcode(*arguments, home=home)
    assert (done.returncode, done.stdout) == (0, PROGRAM), done.stderr
    [line] = [line for line in done.stderr.splitlines() if "failed" in line]
    assert line.startswith(f"{len(lost)} of {N} samples failed")
    assert "503, overloaded" in line
    assert "--resume asks for them again" in line
    kept = json.loads((home / "run" / "result.json").read_text())
    assert kept["failures"] == ["http://model: 503, overloaded"] * len(lost)
    assert len(asked(home)) == N

    (home / "failing").unlink()
    again = dreamcode(*arguments, "--resume", home=home)
    assert again.returncode == 0, again.stderr
    assert "failed" not in again.stderr
    assert sorted(asked(home)) == sorted(f"double {seed}" for seed in lost)
    whole = json.loads((home / "run" / "result.json").read_text())
    assert whole["failures"] == []
    assert [program["copies"] for program in whole["programs"]] == [N]


def test_solve_fails_when_nothing_came(home: Path) -> None:
    (home / "failing").write_text("0123456789")
    done = dreamcode("solve", "double.md", "--model", MODEL, "--sandbox", "local", home=home)
    assert (done.returncode, done.stdout) == (3, "")
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert "503, overloaded" in line


def test_a_benchmark_asks_again_for_what_failed_and_for_nothing_else(home: Path) -> None:
    arguments = ["bench", "livecodebench", "--data", "rows.jsonl", "--model", MODEL, "--n", str(N),
                 "--sandbox", "local", "--run-dir", "run", "--stop", "never"]  # fmt: skip
    names = [f"double_{number}" for number in range(4)]
    lost = {name: lost_of(name) for name in names}
    lacking = [name for name in names if lost[name]]
    assert all(len(own) < N for own in lost.values())
    done = dreamcode(*arguments, home=home)
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stderr.splitlines() if "failed" in line]
    failed = sum(map(len, lost.values()))
    assert f"{failed} of {4 * N} samples failed, in {len(lacking)} problems" in line
    assert "503, overloaded" in line
    assert "--resume asks for them again" in line
    results = {result.problem: result for result in load_results(home / "run")}
    assert {name: len(result.failures) for name, result in results.items()} == {
        name: len(own) for name, own in lost.items()
    }
    asked(home)

    # Still in trouble: only what failed is asked for, and what there was stays.
    (home / "failing").write_text("0123456789")
    still = dreamcode(*arguments, "--resume", home=home)
    assert still.returncode == 0, still.stderr
    wanted = sorted(f"{name} {seed}" for name, own in lost.items() for seed in own)
    assert sorted(asked(home)) == wanted
    assert f"{failed} of {4 * N} samples failed" in still.stderr

    (home / "failing").unlink()
    again = dreamcode(*arguments, "--resume", home=home)
    assert again.returncode == 0, again.stderr
    assert "failed" not in again.stderr
    assert sorted(asked(home)) == wanted
    for result in load_results(home / "run"):
        assert result.failures == ()
        assert [program.copies for program in result.programs] == [N]
    assert dreamcode(*arguments, "--resume", home=home).returncode == 0
    assert asked(home) == []  # it is finished now


def test_a_first_sample_that_fails_ends_no_search_that_would_stop_early(home: Path) -> None:
    first = derive_seed(0, "double", "", 0) % 10
    (home / "failing").write_text(str(first))
    done = dreamcode("solve", "double.md", "--model", MODEL, "--sandbox", "local",
                     "--run-dir", "run", home=home)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, PROGRAM), done.stderr
    kept = json.loads((home / "run" / "result.json").read_text())
    assert len(kept["failures"]) >= 1
    assert kept["stopped"] == "agreement"
