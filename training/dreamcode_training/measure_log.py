"""The measures of a training, step by step: metrics.jsonl and TensorBoard's files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dreamcode.files import write_whole

Measures = dict[str, Any]


class MeasureLog:
    """Appends the measures of every step.

    Args:
        folder: where the files are.
        step: steps taken so far; what was noted of later ones is forgotten, for these steps
            will be taken again.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._file = folder / "metrics.jsonl"
        if self._file.exists():
            lines = self._file.read_text("utf-8").split("\n")[:-1]  # a torn one is no line
            kept = [line + "\n" for line in lines if json.loads(line)["step"] <= step]
            write_whole(self._file, "".join(kept))
        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def note(self, step: int, measures: Measures) -> None:
        """Appends a step's measures."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **measures}) + "\n")
        for name, value in _flatten(measures):
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Writes out what TensorBoard's files still lack."""
        self._writer.close()


def _flatten(measures: Measures, before: str = "") -> Iterable[tuple[str, float]]:
    for name, value in measures.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{before}{name}/")
        elif value is not None:
            yield before + name, value
