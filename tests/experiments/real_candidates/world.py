"""A small folder of graded programs in the form of the real ones, which are not ours to keep."""

import gzip
import json
from pathlib import Path
from typing import Any

from benchmarks.real import CANDIDATES, SAMPLES, STATEMENTS

DAYS = {"train": "2024-07-31", "validation": "2024-08-01", "test": "2024-10-01"}
RIGHT = "n = int(input())\nprint(n * {k})\n"
WRONG = "n = int(input())\nprint(n + {k})\n"


def candidate(code: str, model: str, passed: bool) -> dict[str, Any]:
    return {"model": model, "variant": "original", "code": code, "passed": passed}


def write_real_data(folder: Path, problems: int = 6, programs: int = 4) -> Path:
    """`problems` problems of each split; half of the programs pass, one stands twice.

    The last problem of each split has right programs only.
    """
    statements, entries = [], []
    for split, day in DAYS.items():
        for number in range(problems):
            name = f"{split}-{number}"
            statements.append(
                {
                    "question_id": name,
                    "question_title": name,
                    "question_content": f"Multiply the number by {number}.\r\n" * 3,
                    "contest_date": f"{day}T00:00:00",
                    "starter_code": "",
                    "metadata": ["{}"],
                }
            )
            own = [
                candidate((RIGHT if k % 2 else WRONG).format(k=k), f"model-{k % 3}", k % 2 == 1)
                for k in range(programs)
            ]
            if number == problems - 1:
                own = [one for one in own if one["passed"]]
            entries.append(
                {
                    "question_id": name,
                    "candidates": [*own, own[0], candidate(" \n", "model-0", False)],
                }
            )
    folder.mkdir(parents=True, exist_ok=True)
    # As in the real files, some problems stand in one of the two files alone.
    for name, rows in (
        (SAMPLES, statements[::2]),
        (STATEMENTS, statements[1:]),
        (CANDIDATES, entries),
    ):
        with gzip.open(folder / name, "wt", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def settings_text(**prm: Any) -> str:
    """Settings that train for a second."""
    small = {
        "method": "outcome",
        "epochs": 1,
        "batch": 2,
        "learning_rate": 0.01,
        "lora": {"rank": 2, "merge": False},
    }
    values = {
        "validation": "2024-08-01",
        "test": "2024-10-01",
        "programs": {"train": 3, "held": 4, "alike": 1},
        "resamples": 100,
        "n": 3,
        "prm": {**small, **prm},
    }
    return json.dumps(values)  # JSON is YAML
