"""What programs are sampled and judged with: sandbox, judge and journal of one folder."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dreamcode.grading.judge import Judge
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import Sandbox, open_sandbox
from dreamcode_training.progress import ProgressLines
from experiments.label_correction.config import ExperimentConfig

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lab:
    """Open services; the journal holds what was done before, so that a stopped run goes on."""

    out: Path
    config: ExperimentConfig
    sandbox: Sandbox
    judge: Judge
    journal: Journal
    say: Say

    @property
    def progress(self) -> ProgressLines:
        """Says how far a stage is."""
        return ProgressLines(self.say)


@asynccontextmanager
async def open_lab(out: Path, config: ExperimentConfig, say: Say) -> AsyncIterator[Lab]:
    """Opens the sandbox and the journal of the folder."""
    (out / "data").mkdir(parents=True, exist_ok=True)
    journal = Journal(out / "data" / "journal.jsonl")
    try:
        async with open_sandbox(config.sandbox, config.workers, say) as sandbox:
            yield Lab(out, config, sandbox, Judge(sandbox, journal), journal, say)
    finally:
        journal.close()
