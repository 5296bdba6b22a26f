from pathlib import Path

import pytest

from tests.training.learning import write_base, write_labels


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint to train; tests only read it."""
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of problems and labelled chains; tests only read it."""
    return write_labels(tmp_path_factory.mktemp("labels"))
