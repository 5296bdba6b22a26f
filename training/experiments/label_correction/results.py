"""Every number of the report: docs/miniature/results.json, from which the page is written.

Estimates have the fields of `dreamcode.grading.statistics.Estimate`; differences also "mcnemar",
a `Disagreement` on what more than half of the trainings solve.
"""

import json
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError
from dreamcode.files import write_whole

Report = dict[str, Any]
"""JSON values, as `measure.py` makes them."""


def write_results(path: Path, results: Report) -> None:
    """Writes them, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(results, indent=1) + "\n")


def read_results(path: Path) -> Report:
    """The file's results; an InputError if it cannot be read."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; use `measure` first") from error
