from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dreamcode.runs.journal import Journal
from sandbox import open_sandbox
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
