from pathlib import Path

import pytest
import torch

from experiments.label_correction.config import read_experiment
from experiments.label_correction.training import train
from tests.experiments.label_correction.world import find, write_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a tiny experiment, its folder beside it; base, ORM and `correct` are trained."""
    torch.set_num_threads(1)
    config = write_world(tmp_path_factory.mktemp("experiment"))
    settings = read_experiment(config)
    for series in ("base", "orm", "same-k2-correct"):
        train(config.parent, find(settings, series))
    return config
