"""What programs are sampled and judged with: sandbox, judge and journal of one folder."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dreamcode.grading.judge import Judge
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import Sandbox, open_sandbox
from dreamcode_training.progress import ProgressLines
from experiments.label_correction.config import ExperimentConfig
from experiments.pretraining.pretrain import Settings, train

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


def make_network(folder: Path, settings: Settings, say: Say) -> None:
    """Trains a network that reads the embedded policy's tokens into the folder.

    Does nothing where it is there already.

    Raises:
        InputError: the folder holds one that was trained otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    embedded = resources.files("dreamcode.policies") / "embedded"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if not (folder / name).exists():
            (folder / name).write_bytes((embedded / name).read_bytes())
    train(settings, folder, lambda line: say(f"{folder.name}: {line}"))
