"""Which programs are used, and who owns them."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from dreamcode.errors import InputError
from dreamcode_training.chains import read_sampled_chains
from dreamcode_training.records import read_chains, read_problems
from experiments.real_candidates.config import SHIPPED, ProgramsConfig, read_settings
from experiments.real_candidates.data import choose, prepare, read_writers
from tests.experiments.real_candidates.world import candidate, settings_text, write_real_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "settings.yaml").write_text(settings_text())
    real = write_real_data(tmp_path / "real")
    prepare(real, tmp_path / "data", read_settings(tmp_path / "settings.yaml"))
    return tmp_path / "data"


def test_problems_belong_to_splits_by_their_day(data: Path) -> None:
    problems = read_problems(data / "problems.jsonl")
    assert all(name.startswith(record.split) for name, record in problems.items())
    assert all("\r" not in record.problem.statement for record in problems.values())


def test_train_has_problems_with_right_and_wrong_programs_alone(data: Path) -> None:
    problems = read_problems(data / "problems.jsonl")
    assert "train-5" not in problems
    assert {"validation-5", "test-5"} <= set(problems)


def test_labels_are_verdicts_of_learnable_splits_without_any_rollout(data: Path) -> None:
    problems = read_problems(data / "problems.jsonl")
    labels = read_chains(data / "labels.jsonl", problems)
    assert {problems[one.problem].split for one in labels} == {"train", "validation"}
    assert all(one.passed == ("*" in "".join(one.steps)) for one in labels)
    assert all(count.n == 0 for one in labels for count in one.counts)


def test_every_chain_has_a_writer_and_equal_ones_stand_once(data: Path) -> None:
    problems, writers = read_problems(data / "problems.jsonl"), read_writers(data)
    chains = read_sampled_chains(data / "chains.jsonl", problems)
    assert {(one.problem, one.sample) for one in chains} == writers.keys()
    texts = [(one.problem, one.steps) for one in chains]
    assert len(texts) == len(set(texts))
    assert all("".join(one.steps).strip() for one in chains)


def test_no_problem_dominates() -> None:
    rows = [candidate(f"print({k})", "m", k % 2 == 0) for k in range(100)]
    alike = [row | {"passed": True} for row in rows]
    programs = ProgramsConfig(train=6, held=24, alike=5)

    def count(some: list[dict[str, Any]], split: Any) -> int:
        return len(choose(some, split, programs, Random(0)))

    assert (count(rows, "train"), count(alike, "train")) == (6, 0)
    assert (count(rows, "test"), count(alike, "test")) == (24, 5)
    assert choose(rows, "test", programs, Random(0)) == choose(rows, "test", programs, Random(0))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lcb-.*\.jsonl\.gz is not there"):
        prepare(tmp_path, tmp_path / "data", read_settings(SHIPPED))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{validation: 2024-08-01, test: 2024-07-01}", "must lie before"),
        ("{validation: 2024-08-01}", "test"),
        ("{validation: 2024-08-01, test: 2024-10-01, windows: 3}", "windows"),
        ("[", "not valid YAML"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "settings.yaml").write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_settings(tmp_path / "settings.yaml")


@pytest.mark.real
def test_the_real_programs_are_read(real_data: Path, tmp_path: Path) -> None:
    prepare(real_data, tmp_path, read_settings(SHIPPED))
    problems = read_problems(tmp_path / "problems.jsonl")
    chains = read_sampled_chains(tmp_path / "chains.jsonl", problems)
    assert len(problems) == 681
    assert len(chains) == 3661
