"""`dreamcode score`, as its users call it."""

import json
from pathlib import Path

import pytest
import torch

from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.falls import find_fall
from tests.cli.command import dreamcode
from tests.rewards.checkpoints import PROGRAM, save, tiny_model

torch.set_num_threads(1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "problem.md").write_text("Print the sum.\n\nInput:\n1 2\n\nOutput:\n3\n")
    (tmp_path / "solution.py").write_text(PROGRAM)
    (tmp_path / "half.py").write_text(PROGRAM.partition("def total")[0])
    (tmp_path / "empty.py").write_text("")
    save(tmp_path / "prm", tiny_model(), PrmConfig(aggregation="min"))
    save(tmp_path / "orm", tiny_model(), PrmConfig(kind="orm"))
    return tmp_path


def test_a_finished_program(home: Path) -> None:
    arguments = ["score", "problem.md", "solution.py", "--reward", "hf/prm"]
    done = dreamcode(*arguments, "--json", home=home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rewards = [step["reward"] for step in found["steps"]]
    assert all(0 <= reward <= 1 for reward in rewards)
    assert found["reward"] == min(rewards)
    assert (found["finished"], found["aggregation"]) == (True, "min")
    assert [step["name"] for step in found["steps"]] == ["main", "read", "total"]
    lines = PROGRAM.split("\n")
    places = [(step["first_line"], step["last_line"]) for step in found["steps"]]
    assert [lines[first - 1] for first, _ in places] == [
        "import sys", "def read():", "def total(numbers):",
    ]  # fmt: skip
    assert [lines[last - 1].strip() for _, last in places] == [
        "print(total(numbers))",
        "return [int(word) for word in sys.stdin.read().split()]",
        "main()",
    ]
    fall = found["fall"]
    assert fall == find_fall(tuple(rewards))

    table = dreamcode(*arguments, home=home).stdout
    assert f"{found['reward']:.3f} (min)" in table
    assert ("no single function: the reward falls with none" in table) == (fall is None)


BACKWARDS = """def main():
    print(do_reverse_text(do_to_upper(read_text())))


def read_text():
    return input()


def do_to_upper(text):
    return text.upper()


def do_reverse_text(text):
    return text[::-1]


if __name__ == "__main__":
    main()
"""
LOWER = "text.lower()"


def test_the_function_with_which_the_reward_falls_is_named(home: Path) -> None:
    arguments = ["score", Path("examples/mini-4.md").resolve(), "reverse.py"]
    (home / "reverse.py").write_text(BACKWARDS)
    told = dreamcode(*arguments, home=home).stdout
    assert told.endswith("no single function: the reward falls with none of them\n")
    (home / "reverse.py").write_text(BACKWARDS.replace("text.upper()", LOWER))
    told = dreamcode(*arguments, home=home).stdout
    _, said, lines = told.partition("\nthe reward falls here: do_to_upper\n")
    assert said
    assert LOWER in lines
    assert "[::-1]" not in lines
    found = json.loads(dreamcode(*arguments, "--json", home=home).stdout)
    assert found["fall"] == 2


def test_a_half_finished_program_from_stdin(home: Path) -> None:
    half = (home / "half.py").read_text()
    arguments = ["score", "problem.md", "-", "--reward", "hf/prm", "--aggregation", "mean"]
    done = dreamcode(*arguments, "--json", home=home, stdin=half)
    found = json.loads(done.stdout)
    assert not found["finished"]
    assert found["reward"] == pytest.approx(sum(s["reward"] for s in found["steps"]) / 2)
    whole = dreamcode(
        "score", "problem.md", "solution.py", "--reward", "hf/prm", "--json", home=home
    )
    shared = json.loads(whole.stdout)["steps"][:2]
    assert [s["reward"] for s in found["steps"]] == pytest.approx([s["reward"] for s in shared])


def test_an_orm_says_that_it_waits_for_the_end(home: Path) -> None:
    done = dreamcode("score", "problem.md", "half.py", "--reward", "hf/orm", home=home)
    assert done.returncode == 0
    assert "unfinished program: hf/orm judges finished programs only" in done.stdout
    assert "falls" not in done.stdout


BAD = {
    "missing program": (["problem.md", "none.py", "--reward", "hf/prm"], "none.py"),
    "empty program": (["problem.md", "empty.py", "--reward", "hf/prm"], "empty.py"),
    "both from stdin": (["-", "-", "--reward", "hf/prm"], "standard input"),
    "likelihood": (["problem.md", "half.py", "--reward", "likelihood"], "policy"),
    "none": (["problem.md", "half.py", "--reward", "none"], "none"),
    "unknown reward": (["problem.md", "half.py", "--reward", "gut"], "'gut'"),
    "unknown aggregation": (["problem.md", "half.py", "--aggregation", "mode"], "'mode'"),
    "no reward model": (["problem.md", "half.py", "--reward", "hf/nowhere/else"], "nowhere"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(home: Path, case: str) -> None:
    arguments, named = BAD[case]
    done = dreamcode("score", *arguments, home=home, HF_HUB_OFFLINE="1")
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert named in line
