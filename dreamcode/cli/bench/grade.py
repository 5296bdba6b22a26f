"""`dreamcode bench grade`: grades programs from a file."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


@takes_settings("grade")
def grade(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Programs: LiveCodeBench's custom-evaluator JSON, an _eval_all.json, a run's "
            "folder or its results.jsonl.",
        ),
    ],
    benchmark: Annotated[
        str | None,
        typer.Option(
            help="Whose tests grade them; see `dreamcode bench list`.",
            show_default="the run's own, else livecodebench",
        ),
    ] = None,
) -> None:
    """Grade programs that were written elsewhere.

    Results and LiveCodeBench's own files go into the run's folder.

    Exit codes: 0 done, 2 bad input, 3 sandbox or disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    import hashlib

    from rich.console import Console

    from dreamcode.bench.datasets.dataset_names import open_dataset
    from dreamcode.bench.files import load_programs, name_benchmark
    from dreamcode.bench.grading import grade_programs, pick_tasks
    from dreamcode.cli.assembly import choose_folder
    from dreamcode.cli.bench.running import (
        describe_window,
        digest_problems,
        limit_task,
        print_run,
        record_results,
    )
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View
    from dreamcode.runs.environment import save_environment
    from dreamcode.runs.folder import hold_run
    from dreamcode_sandbox import open_sandbox

    programs = load_programs(file)
    benchmark = benchmark or name_benchmark(file)
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
    folder = choose_folder(settings, config, f"grade-{file.stem}")
    with hold_run(folder, config, resume=settings.resume):
        difficulties = {task.id: task.difficulty for task in tasks}
        view = View(quiet=settings.json)
        view.say(f"{benchmark}, {config['source']}: {len(tasks)} problems with programs")

        async def work() -> None:
            async with open_sandbox(settings.sandbox, settings.workers, view.say) as box:
                save_environment(folder, box.name)
                with follow_results(view, difficulties) as add:
                    await grade_programs(folder, tasks, programs, box, settings.concurrency, add)

        report = record_results(folder, list(difficulties), work)
    print_run(folder, config, report, as_json=settings.json)
