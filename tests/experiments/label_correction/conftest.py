from pathlib import Path

import pytest
import torch

from tests.experiments.label_correction.tiny import Tiny, make_tiny


@pytest.fixture(scope="package")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A whole experiment, made by its own commands as far as `run`."""
    torch.set_num_threads(1)
    folder: Path = tmp_path_factory.mktemp("experiment")
    return make_tiny(folder)
