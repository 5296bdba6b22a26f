from pathlib import Path

import pytest
import torch

from experiments.label_correction.measure import measure
from experiments.label_correction.results import Results
from tests.experiments.label_correction.planted import plant, small
from tests.experiments.label_correction.tiny import Tiny, make_tiny


@pytest.fixture(scope="package")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A whole experiment, made by its own commands as far as `run`."""
    torch.set_num_threads(1)
    folder: Path = tmp_path_factory.mktemp("experiment")
    return make_tiny(folder)


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment whose arms are scored by the `JUDGES` of the tests' file."""
    return plant(tmp_path_factory.mktemp("planted") / "out", small(), request.module.JUDGES)


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    """Its measures."""
    return measure(folder, small())
