"""`dreamcode train`: chains -> labels -> prm -> eval, each skipped where nothing has changed.

A run folder holds `config.yaml`, `stages/` (what ran with which inputs), `data/` (problems,
chains, rollouts, labels and the journal of stages chains and labels), `prm/` and `eval/`.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.files import write_whole
from dreamcode.grading.judge import Judge
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import Policy
from dreamcode.policies.policy_names import check_model_name, open_policy
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.runs.environment import save_environment
from dreamcode.runs.folder import SERVER, lock_folder
from dreamcode.runs.journal import Journal
from dreamcode.scaling.cluster import Cluster
from dreamcode_sandbox import open_sandbox
from dreamcode_training.chains import run_chains
from dreamcode_training.config import PrmStageConfig, RunConfig, SamplingConfig
from dreamcode_training.launch import check_launch
from dreamcode_training.progress import OnProgress, ignore
from dreamcode_training.rollouts import Completer, check_sharing, run_labels
from dreamcode_training.sources import load_problems
from dreamcode_training.stages import (
    STAGES,
    Stage,
    StageRecord,
    check_sources,
    hash_inputs,
    read_record,
    why_due,
    write_record,
)


def _say_nothing(line: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a run happens and who is told.

    Attributes:
        folder: the run's folder.
        config: the run's settings.
        server: how policies `openai/...` are reached.
        say: gets a line about what begins, is skipped or falls back.
        on_progress: gets reports of the stage under way.
        pulse: shows what the policies have under way.
        cluster: whose nodes sample and judge; None: this machine.
    """

    folder: Path
    config: RunConfig
    server: ServerOptions = field(default_factory=ServerOptions)
    say: Callable[[str], None] = _say_nothing
    on_progress: OnProgress = ignore
    pulse: Pulse = field(default_factory=Pulse)
    cluster: Cluster | None = None

    @property
    def data(self) -> Path:
        """Folder of stages chains and labels."""
        return self.folder / "data"

    def open_policy(self, config: SamplingConfig) -> contextlib.AbstractAsyncContextManager[Policy]:
        """The policy of a stage, closed when the context ends.

        Raises:
            InputError: there is no policy of that name, or it cannot be loaded.
        """
        server = replace(self.server, learnt=self.folder / SERVER)
        if config.base_url is not None:
            urls = config.base_url
            server = replace(server, base_urls=(urls,) if isinstance(urls, str) else urls)
        if self.cluster is not None:
            return self.cluster.open_policy(config.policy, server, EngineOptions(), self.pulse)
        return open_policy(config.policy, server, self.say, self.pulse)

    def open_sandbox(self) -> contextlib.AbstractAsyncContextManager[Any]:
        """The sandbox of stages chains and labels, closed when the context ends.

        Raises:
            InputError: there is no such Python.
            SandboxError: there is no such sandbox.
        """
        kind, workers, python = self.config.sandbox, self.config.workers, self.config.python
        if self.cluster is not None:
            return self.cluster.open_sandbox(kind, workers, python)
        return open_sandbox(kind, workers, self.say, python)


def run_pipeline(place: Workplace, stage: Stage | None = None) -> list[Stage]:
    """Runs all stages that are due, or the one that is named, due or not.

    A stage that was stopped goes on where it stopped: chains and labels from the journal, prm
    from its last checkpoint. Stage prm, named although it finished, trains anew.

    Args:
        place: where the run happens.
        stage: the only one to run; None for all.

    Returns:
        The stages that ran.

    Raises:
        InputError: settings or files cannot be used, or those of an earlier stage are missing.
        InfrastructureError: a policy, the disk or another process is in the way.
        SandboxError: the sandbox failed.
    """
    check_config(place.config)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        if stage != "prm":
            raise InputError(
                f"{processes} processes can share stage prm only; run the other stages without "
                "accelerate launch, and this one as `accelerate launch -m dreamcode train prm`"
            )
        _train_together(place)
        return [stage]
    with _opened(place):
        if stage is not None:
            _warn_of_stale(place, stage)
            _run(place, stage)
            return [stage]
        ran: list[Stage] = []
        for one in STAGES:
            reason = why_due(place.folder, place.config, one)
            if reason is None:
                place.say(f"stage {one}: up to date")
                continue
            place.say(f"stage {one}: {reason}")
            _run(place, one)
            ran.append(one)
        return ran


def check_config(config: RunConfig) -> None:
    """Says early what would only show hours later.

    Raises:
        InputError: a policy has no such name, settings of two stages do not fit each other, or
            the processes were started as training cannot use them.
    """
    check_launch()
    check_model_name(config.chains.policy)
    check_model_name(config.labels.policy)
    if config.labels.share:
        check_sharing(config.chains, config.labels)
    most = max(config.eval.n, default=0)
    if most > config.chains.candidates:
        raise InputError(
            f"eval.n asks for best of {most}, but chains.candidates is "
            f"{config.chains.candidates}; raise it or lower eval.n"
        )
    if any(n < 1 for n in config.eval.n):
        raise InputError(f"eval.n {config.eval.n} needs numbers of at least 1")


def _run(place: Workplace, stage: Stage) -> None:
    inputs = hash_inputs(place.folder, place.config, stage)
    try:
        if stage == "prm":
            _prepare_prm(place, inputs)
        write_record(place.folder, stage, StageRecord(inputs, finished=False))
        _run_named(place, stage)
    except OSError as error:
        raise InfrastructureError(
            f"stage {stage} in {place.folder} stopped: {error.strerror or error}; once there is "
            "room or access, the same command goes on"
        ) from error
    write_record(place.folder, stage, StageRecord(inputs, finished=True))


def _run_named(place: Workplace, stage: Stage) -> None:
    if stage == "chains":
        asyncio.run(_run_chains(place))
    elif stage == "labels":
        asyncio.run(_run_labels(place))
        _draw_labels(place)
    elif stage == "prm":
        _run_prm(place)
    else:
        _run_eval(place)


async def _run_chains(place: Workplace) -> None:
    config = place.config
    exams = load_problems(config.problems, config.seed)
    async with judging(place) as (judge, journal), place.open_policy(config.chains) as policy:
        await run_chains(
            place.data, exams, policy, judge, journal, config.chains, config.seed,
            place.on_progress,
        )  # fmt: skip


async def _run_labels(place: Workplace) -> None:
    config = place.config
    exams = load_problems(config.problems, config.seed)
    async with judging(place) as (judge, journal), place.open_policy(config.labels) as policy:
        completer = Completer(policy, judge, journal, config.labels, config.seed)
        await run_labels(place.data, exams, completer, config.chains, place.on_progress)


@contextlib.asynccontextmanager
async def judging(place: Workplace) -> AsyncIterator[tuple[Judge, Journal]]:
    """A judge on an open sandbox, and the journal of the data folder.

    Raises:
        InputError: there is no such Python, or the folder's programs ran on another one.
        SandboxError: there is no such sandbox.
    """
    place.data.mkdir(parents=True, exist_ok=True)
    journal = Journal(place.data / "journal.jsonl")
    try:
        async with place.open_sandbox() as sandbox:
            save_environment(place.data, sandbox.name, sandbox.facts)
            yield Judge(sandbox, journal), journal
    finally:
        journal.close()


def _draw_labels(place: Workplace) -> None:
    from dreamcode_training.label_plots import plot_labels
    from dreamcode_training.records import read_chains, read_problems

    problems = read_problems(place.data / "problems.jsonl")
    labels = read_chains(place.data / "labels.jsonl", problems)
    plot_labels(place.data, labels, place.data / "journal.jsonl")


def _run_prm(place: Workplace) -> None:
    import torch

    from dreamcode_training.prm import run_prm

    config = place.config.prm
    try:
        run_prm(
            place.folder / "prm", place.data, config, place.config.seed,
            place.on_progress, place.say,
        )  # fmt: skip
    except torch.OutOfMemoryError as error:
        raise InfrastructureError(
            f"stage prm needs more memory than the GPU has; {_smaller(config)}"
        ) from error


def _smaller(config: PrmStageConfig) -> str:
    """What makes training need less memory, the mildest first."""
    if not config.gradient_checkpointing:
        return (
            "set prm.gradient_checkpointing: true, with which the same command goes on from the "
            "last checkpoint (docs/training.md, Size)"
        )
    if config.batch > 1:
        half = config.batch // 2
        return (
            f"set prm.batch: {half} and prm.accumulation: "
            f"{-(-config.batch * config.accumulation // half)} (docs/training.md, Size)"
        )
    if config.lora is None:
        return "train adapters only (prm.lora), or a smaller prm.base (docs/training.md, Size)"
    if config.lora.frozen == "fp32":
        return "set prm.lora.frozen: bf16 and prm.precision: bf16 (docs/training.md, Size)"
    return "choose a smaller prm.base (docs/training.md, Size)"


def _run_eval(place: Workplace) -> None:
    from dreamcode_training.evaluation.run import run_eval

    run_eval(
        place.folder,
        place.config.eval,
        place.config.seed,
        lambda: judging(place),
        place.on_progress,
        place.say,
    )


def _prepare_prm(place: Workplace, inputs: str) -> None:
    """Clears away the training state of other inputs, and of a training that finished."""
    from dreamcode_training.prm import clear_training

    if read_record(place.folder, "prm") != StageRecord(inputs, finished=False):
        clear_training(place.folder / "prm")


def _train_together(place: Workplace) -> None:
    """Stage prm in this process, one of several; the first one keeps the run folder."""
    from dreamcode_training.processes import join_processes

    state = join_processes()
    check_sources(place.folder, "prm")
    with _opened(place) if state.is_main_process else contextlib.nullcontext():
        inputs = hash_inputs(place.folder, place.config, "prm")
        if state.is_main_process:
            _prepare_prm(place, inputs)
            write_record(place.folder, "prm", StageRecord(inputs, finished=False))
        state.wait_for_everyone()
        _run_prm(place)
        state.wait_for_everyone()
        if state.is_main_process:
            write_record(place.folder, "prm", StageRecord(inputs, finished=True))
    # Left to the interpreter's end, threads of the group can abort the process.
    state.destroy_process_group()


def _warn_of_stale(place: Workplace, stage: Stage) -> None:
    check_sources(place.folder, stage)
    for earlier in STAGES[: STAGES.index(stage)]:
        with contextlib.suppress(InputError):  # files of its own that this stage can do without
            if reason := why_due(place.folder, place.config, earlier):
                place.say(f"stage {earlier} is not up to date: {reason}")


@contextlib.contextmanager
def _opened(place: Workplace) -> Iterator[None]:
    """The run folder, for this process alone, with its copy of the settings."""
    with lock_folder(place.folder):
        text = yaml.safe_dump(place.config.model_dump(mode="json"), sort_keys=False)
        write_whole(place.folder / "config.yaml", text, "choose another folder with --run-dir")
        yield
