"""What `dreamcode bench NAME`, `grade` and `rerank` do."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from dreamcode.bench import files
from dreamcode.bench.datasets.dataset import Part, parse_shard, select
from dreamcode.bench.datasets.dataset_names import open_dataset
from dreamcode.bench.grading import grade_programs, pick_tasks
from dreamcode.bench.protocols import find_protocol
from dreamcode.bench.reranking import check_choice, rerank
from dreamcode.bench.run import OnResult, run_tasks
from dreamcode.cli.assembly import (
    check_settings,
    choose_reward,
    describe_settings,
    make_attempt,
    open_services,
)
from dreamcode.cli.bench.recording import record
from dreamcode.cli.live import View, say
from dreamcode.cli.settings import Settings
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.problems.limits import limit_time
from dreamcode.problems.task import Task
from dreamcode.rewards.reward_names import find_evidence, load_reward
from dreamcode.runs.environment import save_environment
from dreamcode.runs.result_files import dump_results
from dreamcode_sandbox.opening import open_sandbox


def run_benchmark(settings: Settings, name: str) -> None:
    """Solves and grades a benchmark's problems.

    Raises:
        InputError: settings or data cannot be used.
        InfrastructureError: model server or disk failed.
        SandboxError: the sandbox failed.
        KeyboardInterrupt: Ctrl-C was pressed; a line has said how to go on.
    """
    check_settings(settings)
    needed = find_protocol(settings.protocol).reward_model
    if needed and find_evidence(choose_reward(settings)) != "text":
        raise InputError(
            f"protocol {settings.protocol} lets a reward model choose: name it with "
            "--reward hf/<folder>"
        )
    attempt, part, dataset = make_attempt(settings), make_part(settings), open_dataset(name)
    with Console(stderr=True).status(f"reading {name}"):
        found = select(dataset.read(settings.data, settings.release), part)
        tasks = [limit_task(task, settings.time_limit) for task in found]
    limits = {
        limit: getattr(settings, limit)
        for limit in ("max_tokens", "max_calls", "max_seconds", "max_cost")
    }
    config = {
        "benchmark": name,
        "source": dataset.describe(settings.data, settings.release),
        "part": part.describe(),
        "window": describe_window(tasks),
        "problems": len(tasks),
        "digest": digest_problems(tasks),
        "protocol": settings.protocol,
        "public_tests": attempt.public_tests,
        "time_limit": settings.time_limit,
        "settings": describe_settings(settings) | limits,
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        async with open_services(settings, folder, view.say) as services:
            await run_tasks(folder, tasks, services, attempt, settings.concurrency, add)

    places = (config["source"], config["part"], config["window"], f"{len(tasks)} problems")
    greeting = ", ".join(str(word) for word in (name, *places) if word)
    record(settings, config, f"bench-{name}", _difficulties(tasks), greeting, work)


def grade_file(settings: Settings, file: Path, benchmark: str | None) -> None:
    """Grades programs from a file. See `run_benchmark` for errors."""
    programs = files.load_programs(file)
    benchmark = benchmark or files.name_benchmark(file)
    dataset = open_dataset(benchmark)
    with Console(stderr=True).status(f"reading {benchmark}"):
        known = dataset.read(settings.data, settings.release)
        tasks = pick_tasks([limit_task(task, settings.time_limit) for task in known], programs)
    text = repr(sorted((name, tuple(own)) for name, own in programs.items()))
    config = {
        "benchmark": benchmark,
        "source": dataset.describe(settings.data, settings.release),
        "part": f"problems of {file}",
        "window": describe_window(tasks),
        "time_limit": settings.time_limit,
        "problems": len(tasks),
        "digest": digest_problems(tasks),
        "programs": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        async with open_sandbox(settings.sandbox, settings.workers, view.say) as box:
            save_environment(folder, box.name)
            await grade_programs(folder, tasks, programs, box, settings.concurrency, add)

    greeting = f"{benchmark}, {config['source']}: {len(tasks)} problems with programs"
    record(settings, config, f"grade-{file.stem}", _difficulties(tasks), greeting, work)


def rerank_file(settings: Settings, file: Path, prm: str | None) -> None:
    """Chooses anew among stored, graded programs. See `run_benchmark` for errors."""
    if prm is not None and find_evidence(prm) != "text":
        raise InputError(
            f"--prm {prm} cannot score stored programs; use hf/<folder> or embedded, or leave it "
            "out and choose by --select likelihood, majority or tests"
        )
    select = settings.select or "reward"
    public_tests = bool(settings.public_tests) or select == "tests"
    results = files.load_results(file)
    check_choice(results, select, rescored=prm is not None, public_tests=public_tests)
    reward = None if prm is None else load_reward(prm, settings.aggregation, say)
    config = {
        "benchmark": "rerank",
        "source": str(file),
        "part": "",
        "problems": len(results),
        "digest": hashlib.sha256(dump_results(results).encode()).hexdigest()[:16],
        "public_tests": public_tests,
        "select": select,
        "settings": {
            "reward": prm,
            "fingerprint": reward.fingerprint if reward else "",
            "aggregation": reward.aggregation if reward else None,
        },
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        save_environment(folder, "none")
        most = settings.concurrency
        try:
            await rerank(
                folder, results, reward, most,
                select=select, public_tests=public_tests, on_result=add,
            )  # fmt: skip
        finally:
            if reward is not None:
                await reward.close()

    difficulties = {result.problem: result.difficulty for result in results}
    greeting = f"{file}: {len(results)} problems, by {select}"
    if reward is not None:
        greeting += f", reward {prm}"
    record(settings, config, f"rerank-{file.stem}", difficulties, greeting, work)


def _difficulties(tasks: Sequence[Task]) -> dict[str, str]:
    return {task.id: task.difficulty for task in tasks}


def limit_task(task: Task, seconds: float | None) -> Task:
    """The task with another time limit; None keeps its own."""
    exam = replace(task.exam, problem=limit_time(task.exam.problem, seconds))
    return replace(task, exam=exam)


def digest_problems(tasks: Iterable[Task]) -> str:
    """Differs where statements, tests or limits differ."""
    digest = hashlib.sha256()
    for task in tasks:
        known = [encode(task.exam.problem), task.exam.harness, task.digest]
        digest.update(json.dumps(known).encode())
    return digest.hexdigest()[:16]


def describe_window(tasks: Sequence[Task]) -> str:
    """First and last day of the contests; "" if none is dated."""
    days = [task.contest_date.date() for task in tasks if task.contest_date]
    return f"contests from {min(days)} to {max(days)}" if days else ""


def make_part(settings: Settings) -> Part:
    """The part of a data set that the settings ask for.

    Raises:
        InputError: the shard is not i/n.
    """
    return Part(
        settings.since,
        settings.before,
        settings.difficulty,
        settings.platform,
        settings.problem,
        settings.limit,
        parse_shard(settings.shard) if settings.shard else None,
    )
