"""Runs that the tests of reports read; none changes them."""

from pathlib import Path
from shutil import copytree

import pytest

from dreamcode.bench.report.run import Run, read_run
from tests.bench.report.runs import make_benchmark, make_recombination, make_solution


@pytest.fixture(scope="session")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(make_benchmark(tmp_path_factory.mktemp("benchmark")))


@pytest.fixture(scope="session")
def solution(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(make_solution(tmp_path_factory.mktemp("solution")))


@pytest.fixture(scope="session")
def recombination(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(make_recombination(tmp_path_factory.mktemp("recombination")))


@pytest.fixture
def copied(benchmark: Run, tmp_path: Path) -> Path:
    """A copy of the benchmark's run that a test may change."""
    return copytree(benchmark.path, tmp_path / "run")
