from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dreamcode.runs.journal import Journal
from sandbox import open_sandbox
from tests.training.learning import write_base, write_labels
from tests.training.world import Notes


@pytest.fixture
async def notes() -> AsyncIterator[Notes]:
    async with open_sandbox("local", 2) as opened:
        yield Notes(opened)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.jsonl")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint to train; tests only read it."""
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of problems and labelled chains; tests only read it."""
    return write_labels(tmp_path_factory.mktemp("labels"))
