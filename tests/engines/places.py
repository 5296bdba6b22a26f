"""Models that the tests with real engines use."""

from importlib import resources
from pathlib import Path

from tests.real_model import FOLDER

EMBEDDED = Path(str(resources.files("dreamcode.policies") / "embedded"))
SMOL = FOLDER
