"""What `dreamcode bench NAME`, `grade` and `rerank` do."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from dreamcode.bench import files
from dreamcode.bench.grading import grade_programs, pick_tasks
from dreamcode.bench.protocols import find_protocol
from dreamcode.bench.reranking import check_choice, rerank
from dreamcode.bench.run import OnResult, run_tasks
from dreamcode.cli.assembly import (
    check_settings,
    check_weights,
    choose_reward,
    describe_settings,
    make_attempt,
    open_named_reward,
    open_services,
)
from dreamcode.cli.bench.recording import record
from dreamcode.cli.failures import describe_many
from dreamcode.cli.live import View, say
from dreamcode.cli.output import open_console
from dreamcode.cli.settings import Settings
from dreamcode.codec import encode
from dreamcode.datasets.dataset import Part, parse_shard, select
from dreamcode.datasets.dataset_names import open_dataset
from dreamcode.errors import InputError
from dreamcode.problems.comparing import compare_exam, make_comparison
from dreamcode.problems.limits import limit_time
from dreamcode.problems.task import Task
from dreamcode.rewards.reward_names import find_evidence
from dreamcode.runs.environment import save_environment
from dreamcode.runs.result_files import dump_results
from dreamcode_sandbox.opening import open_sandbox

MAJORITIES = ("majority", "vote", "voting", "self-consistency")
"""What others call a choice that no reward model makes."""


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
    with open_console(stderr=True).status(f"reading {name}"):
        found = select(dataset.read(settings.data, settings.release), part)
        tasks = adapt_tasks(found, settings)
    tell_doubts(tasks)
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
        "comparison": describe_comparison(settings),
        "settings": describe_settings(settings) | limits,
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        async with open_services(settings, folder, view.say, view.pulse) as services:
            await run_tasks(folder, tasks, services, attempt, settings.concurrency, add)

    places = (config["source"], config["part"], config["window"], f"{len(tasks)} problems")
    greeting = ", ".join(str(word) for word in (name, *places) if word)
    record(settings, config, f"bench-{name}", _difficulties(tasks), greeting, work)


def grade_file(
    settings: Settings, file: Path, benchmark: str | None, *, strict: bool = False
) -> None:
    """Grades programs from a file. See `run_benchmark` for errors."""
    programs = files.load_programs(file, strict=strict, warn=say)
    benchmark = benchmark or files.name_benchmark(file)
    dataset = open_dataset(benchmark)
    with open_console(stderr=True).status(f"reading {benchmark}"):
        known = dataset.read(settings.data, settings.release)
        tasks = adapt_tasks(pick_tasks(list(known), programs), settings)
    text = repr(sorted((name, tuple(own)) for name, own in programs.items()))
    config = {
        "benchmark": benchmark,
        "source": dataset.describe(settings.data, settings.release),
        "part": f"problems of {file}",
        "window": describe_window(tasks),
        "time_limit": settings.time_limit,
        "comparison": describe_comparison(settings),
        "problems": len(tasks),
        "digest": digest_problems(tasks),
        "programs": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        place, workers = settings.sandbox, settings.workers
        async with open_sandbox(place, workers, view.say, settings.python) as box:
            save_environment(folder, box.name, box.facts)
            await grade_programs(folder, tasks, programs, box, settings.concurrency, add)

    greeting = f"{benchmark}, {config['source']}: {len(tasks)} problems with programs"
    record(settings, config, f"grade-{file.stem}", _difficulties(tasks), greeting, work)


def rerank_file(settings: Settings, file: Path, prm: str | None, *, strict: bool = False) -> None:
    """Chooses anew among stored, graded programs. See `run_benchmark` for errors."""
    if prm is not None:
        check_prm(prm)
    choice = settings.select or "reward"
    public_tests = bool(settings.public_tests) or choice == "tests"
    results = files.load_results(file, strict=strict, warn=say)
    check_choice(file, results, choice, rescored=prm is not None, public_tests=public_tests)
    config = {
        "benchmark": "rerank",
        "source": str(file),
        "part": "",
        "problems": len(results),
        "digest": hashlib.sha256(dump_results(results).encode()).hexdigest()[:16],
        "public_tests": public_tests,
        "select": choice,
        "settings": {
            "reward": prm,
            "aggregation": settings.aggregation,
        },
    }

    async def work(folder: Path, view: View, add: OnResult) -> None:
        save_environment(folder, "none")
        async with AsyncExitStack() as stack:
            reward = None
            if prm is not None:
                reward = await stack.enter_async_context(open_named_reward(settings, prm, view.say))
                check_weights(folder, reward)
            await rerank(
                folder, results, reward, settings.concurrency,
                select=choice, public_tests=public_tests, on_result=add,
            )  # fmt: skip

    difficulties = {result.problem: result.difficulty for result in results}
    greeting = f"{file}: {len(results)} problems, by {choice}"
    if prm is not None:
        greeting += f", reward {prm}"
    record(settings, config, f"rerank-{file.stem}", difficulties, greeting, work)


def check_prm(prm: str) -> None:
    """Nothing where `prm` names a reward model that goes by a program's text.

    Raises:
        InputError: it names something else; says why that cannot choose among stored programs.
    """
    if prm in MAJORITIES:
        why = "a vote is no reward model"
    else:
        try:
            evidence = find_evidence(prm)
        except InputError:
            evidence, why = "nothing", "there is no such reward model"
        else:
            why = "it does not go by the text of programs, and that is all that is stored"
        if evidence == "text":
            return
    raise InputError(
        f"--prm {prm}: {why}; use embedded, hf/<folder or hub id> or file.py:name, or leave it out "
        "and choose by --select majority, likelihood or tests"
    )


def tell_doubts(tasks: Iterable[Task]) -> None:
    """Says of which statements samples could not be read: in one line for all of them."""
    doubts = {task.id: task.exam.problem.doubt for task in tasks if task.exam.problem.doubt}
    if doubts:
        say(f"samples of {describe_many(doubts)}")


def _difficulties(tasks: Sequence[Task]) -> dict[str, str]:
    return {task.id: task.difficulty for task in tasks}


def adapt_tasks(tasks: Iterable[Task], settings: Settings) -> list[Task]:
    """The tasks with the time limit and the comparison that are set.

    Raises:
        InputError: there is no such comparison, or the tasks' tests are programs.
    """
    comparison = make_comparison(settings.compare, settings.tolerance, settings.checker)

    def adapt(task: Task) -> Task:
        exam = compare_exam(task.exam, comparison)
        limited = limit_time(exam.problem, settings.time_limit)
        return replace(task, exam=replace(exam, problem=limited))

    return [adapt(task) for task in tasks]


def describe_comparison(settings: Settings) -> str | None:
    """How answers are compared, where that is set; what the checker says is in the digest."""
    tolerance = None if settings.tolerance is None else f"tolerance {settings.tolerance:g}"
    checker = None if settings.checker is None else f"checker {settings.checker}"
    return ", ".join(filter(None, (settings.compare, tolerance, checker))) or None


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
