"""Options and fixtures that every test folder shares."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from tests.training.world import Notes

# A busy machine makes a test slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-data",
        type=Path,
        default=None,
        help="folder with real problems and programs (lcb-*.jsonl.gz), for tests marked `real`",
    )


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    folder: Path | None = request.config.getoption("--real-data")
    if folder is None:
        pytest.skip("needs real data: pytest -m real --real-data DIR")
    if not folder.is_dir():
        pytest.fail(f"--real-data {folder} is not a folder")
    return folder


@pytest.fixture
async def notes() -> AsyncIterator[Notes]:
    async with open_sandbox("local", 2) as opened:
        yield Notes(opened)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.jsonl")
    yield opened
    opened.close()
