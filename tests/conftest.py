"""Options and fixtures that every test folder shares."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.cases import Sandbox
from tests.real_model import FOLDER
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a sandbox share its event loop; those of a real model need its folder."""
    missing = pytest.mark.skip(reason=f"no real model in {FOLDER}: make real-model")
    for item in items:
        if item.get_closest_marker("real_model") and not FOLDER.is_dir():
            item.add_marker(missing)
        if "sandbox" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox for tests that do not attack it."""
    async with open_sandbox("local", 2) as opened:
        yield opened


@pytest.fixture
def notes(sandbox: Sandbox) -> Notes:
    return Notes(sandbox)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.jsonl")
    yield opened
    opened.close()
