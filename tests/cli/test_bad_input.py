"""One clear line for whatever is wrong with what the user gave, and no traceback."""

from pathlib import Path

import pytest

from tests.cli.command import dreamcode

GOOD = "Print 1.\n\nSample Input 1\n\n```\n1\n```\n\nSample Output 1\n\n```\n1\n```\n"

CASES = {
    "missing file": (["solve", "missing.md"], 2, "missing.md"),
    "binary file": (["solve", "binary.md"], 2, "binary.md"),
    "empty file": (["solve", "empty.md"], 2, "empty.md"),
    "front matter that is no YAML": (["solve", "yaml.md"], 2, "yaml.md"),
    "folder without a problem": (["solve", "folder"], 2, "folder"),
    "missing tests": (["solve", "good.md", "--tests", "nowhere.json"], 2, "nowhere.json"),
    "unknown model": (["solve", "good.md", "--model", "gpt"], 2, "'gpt'"),
    "model folder that is none": (["solve", "good.md", "--model", "hf/folder"], 2, "folder"),
    "recording that is none": (["solve", "good.md", "--model", "recorded/no"], 2, "no"),
    "unknown search": (["solve", "good.md", "--search", "magic"], 2, "'magic'"),
    "unknown reward": (["solve", "good.md", "--reward", "gut"], 2, "'gut'"),
    "reward folder that is none": (["solve", "good.md", "--reward", "hf/folder"], 2, "folder"),
    "unknown aggregation": (["solve", "good.md", "--aggregation", "mode"], 2, "'mode'"),
    "width=0": (["solve", "good.md", "--width", "0"], 2, "--width"),
    "beam without a reward": (
        ["solve", "good.md", "--search", "beam", "--reward", "none"], 2, "best-of-n",
    ),
    "unknown sandbox": (["solve", "good.md", "--sandbox", "moon"], 2, "'moon'"),
    "n=0": (["solve", "good.md", "--n", "0"], 2, "--n"),
    "negative temperature": (["solve", "good.md", "--temperature", "-1"], 2, "temperature"),
    "no time": (["solve", "good.md", "--time-limit", "0"], 2, "--time-limit"),
    "n that is no number": (["solve", "good.md", "--n", "many"], 2, "--n"),
    "unwritable run folder": (["solve", "good.md", "--run-dir", "good.md/run"], 3, "good.md"),
    "nothing to resume": (["solve", "good.md", "--resume", "--run-dir", "new"], 2, "new"),
    "nothing to resume anywhere": (["solve", "good.md", "--resume"], 2, "no unfinished run"),
    "output in no folder": (["solve", "good.md", "-o", "none/out.py"], 2, "none"),
    "server that is none": (
        ["solve", "good.md", "--model", "openai/m", "--base-url", "nonsense"], 2, "nonsense",
    ),
    "no key": (["solve", "good.md", "--model", "openai/m"], 2, "OPENAI_API_KEY"),
    "program that is missing": (["sandbox", "run", "missing.py"], 2, "missing.py"),
    "unknown command": (["dance"], 2, "dance"),
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "good.md").write_text(GOOD)
    (tmp_path / "binary.md").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "yaml.md").write_text("---\ntitle: [unclosed\n---\nPrint 1.\n")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_clear_line(home: Path, case: str) -> None:
    arguments, code, named = CASES[case]
    done = dreamcode(*arguments, home=home)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    complaints = [line for line in done.stderr.splitlines() if line.lower().startswith("error: ")]
    assert len(complaints) == 1, done.stderr
    assert named in complaints[0]


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("no TOML", "n = = 3\n", "not valid TOML"),
        ("unknown setting", "samples = 3\n", "'samples'"),
        ("value that is not allowed", "n = -3\n", "n = -3"),
        ("value of the wrong kind", 'max_tokens = "few"\n', "max_tokens = 'few'"),
        ("day that is none", 'from = "soon"\n', "from = 'soon'"),
        ("list that is too short", "prices = [1]\n", "READ WRITTEN"),
        ("profile that is none", 'profile = "work"\n', "--profile"),
        ("profile that is no table", "profile.work = 3\n", "--profile"),
        ("unknown setting in a profile", "[profile.work]\nmodels = 3\n", "profile work"),
    ],
)
def test_a_wrong_settings_file_is_named(home: Path, name: str, text: str, named: str) -> None:
    (home / "dreamcode.toml").write_text(text)
    for command in (["solve", "good.md"], ["config"]):
        done = dreamcode(*command, home=home)
        assert done.returncode == 2
        assert "dreamcode.toml" in done.stderr
        assert named in done.stderr
        assert len(done.stderr.splitlines()) == 1
