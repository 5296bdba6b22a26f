"""The stages of a training run: what each reads and writes, and whether it has to run."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.rewards.checkpoint import fingerprint_model
from dreamcode_training.config import CHANGE_NOTHING, RunConfig
from dreamcode_training.sources import find_source

Stage = Literal["chains", "labels", "prm", "eval"]
STAGES: tuple[Stage, ...] = get_args(Stage)

OUTPUTS: dict[Stage, tuple[str, ...]] = {
    "chains": ("data/problems.jsonl", "data/chains.jsonl"),
    "labels": ("data/rollouts.jsonl", "data/labels.jsonl"),
    "prm": ("prm/model", "prm/corrected.jsonl", "prm/validation.json"),
    "eval": ("eval/scores.jsonl", "eval/report.json", "eval/report.md"),
}
"""What a stage leaves behind, below the run folder. Only what is listed counts."""

SOURCES: dict[Stage, tuple[tuple[str, Stage], ...]] = {
    "chains": (),
    "labels": (("data/problems.jsonl", "chains"), ("data/chains.jsonl", "chains")),
    "prm": (("data/problems.jsonl", "chains"), ("data/labels.jsonl", "labels")),
    "eval": (
        ("data/problems.jsonl", "chains"),
        ("data/chains.jsonl", "chains"),
        ("data/labels.jsonl", "labels"),
        ("prm/model", "prm"),
        ("prm/corrected.jsonl", "prm"),
    ),
}
"""The files that a stage reads, and who writes each."""


@dataclass(frozen=True, slots=True)
class StageRecord:
    """`stages/NAME.json`: with which inputs a stage began, and whether it finished.

    Attributes:
        inputs: hash of the stage's inputs.
        finished: whether its outputs are whole.
    """

    inputs: str
    finished: bool


def read_record(folder: Path, stage: Stage) -> StageRecord | None:
    """What the run folder says of a stage; None if it never began or nothing readable is there."""
    try:
        data = json.loads(_record_file(folder, stage).read_text("utf-8"))
        return StageRecord(str(data["inputs"]), bool(data["finished"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(folder: Path, stage: Stage, record: StageRecord) -> None:
    """Notes it, whole or not at all."""
    file = _record_file(folder, stage)
    file.parent.mkdir(parents=True, exist_ok=True)
    noted = {"inputs": record.inputs, "finished": record.finished}
    write_whole(file, json.dumps(noted) + "\n")


def hash_inputs(folder: Path, config: RunConfig, stage: Stage) -> str:
    """Of everything that determines a stage's outputs: settings, seed, and content of files.

    Files count with their content, not with their age: a stage that is run again and comes to
    the same result makes nothing after it stale.

    Raises:
        InputError: a file is missing (says which stage to run first), or `problems.data` names
            nothing.
    """
    check_sources(folder, stage)
    files = {name: hash_content(folder / name) for name, _ in SOURCES[stage]}
    described = {"settings": _settings(config, stage), "seed": config.seed, "files": files}
    return _digest(json.dumps(described, sort_keys=True).encode())


def check_sources(folder: Path, stage: Stage) -> None:
    """Says which stage must run before this one can.

    Raises:
        InputError: a file that the stage reads is missing.
    """
    for name, writer in SOURCES[stage]:
        if not (folder / name).exists():
            raise InputError(
                f"stage {stage} needs {folder / name}, which stage {writer} writes; run "
                f"`dreamcode train {writer}` with the same --config and --run-dir first"
            )


def why_due(folder: Path, config: RunConfig, stage: Stage) -> str | None:
    """Why the stage has to run, in a few words; None if it is up to date.

    Raises:
        InputError: a file that the stage reads is missing, or `problems.data` names nothing.
    """
    record = read_record(folder, stage)
    if record is None:
        return "never ran"
    if record.inputs != hash_inputs(folder, config, stage):
        return "its inputs have changed"
    if not record.finished:
        return "was stopped"
    lost = [name for name in OUTPUTS[stage] if not (folder / name).exists()]
    return f"{lost[0]} is gone" if lost else None


def hash_content(path: Path) -> str:
    """Of a checkpoint, of a folder with all that is in it, or of a file; "" if there is neither."""
    if (path / "config.json").is_file():
        return fingerprint_model(path)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        names = (f"{file.relative_to(path)}{hash_content(file)}" for file in files)
        return _digest("".join(names).encode())
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _settings(config: RunConfig, stage: Stage) -> dict[str, Any]:
    """The settings that a stage depends on, with the content of the files that they name."""
    chosen: dict[str, Any]
    named: Iterable[str]
    if stage == "chains":
        chosen = config.model_dump(mode="json", include={"problems", "chains"})
        path = None if config.problems.worlds else find_source(config.problems)[1]
        named = (str(path or ""), config.chains.policy.partition("/")[2])
    elif stage == "labels":
        chosen = config.model_dump(mode="json", include={"labels"})
        named = (config.labels.policy.partition("/")[2],)
    elif stage == "prm":
        chosen = config.prm.model_dump(mode="json", exclude={*CHANGE_NOTHING})
        named = (config.prm.base,)
    else:
        chosen = config.eval.model_dump(mode="json")
        named = ()
    return {"chosen": chosen, "content": [hash_content(Path(name)) for name in named if name]}


def _record_file(folder: Path, stage: Stage) -> Path:
    return folder / "stages" / f"{stage}.json"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
