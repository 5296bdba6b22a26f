"""`dreamcode bench grade`: grades programs from a file."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.bench.options import DataOption, ReleaseOption
from dreamcode.cli.options import (
    RUN,
    ResumeOption,
    RunDirOption,
    SandboxOption,
    TimeLimitOption,
    WorkersOption,
)


def grade(
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
    data: DataOption = None,
    release: ReleaseOption = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Problems under way at once.", rich_help_panel=RUN)
    ] = 8,
    time_limit: TimeLimitOption = None,
    sandbox: SandboxOption = None,
    workers: WorkersOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the measures as JSON, and nothing else.")
    ] = False,
    run_dir: RunDirOption = None,
    resume: ResumeOption = False,
) -> None:
    """Grade programs that were written elsewhere.

    Results and LiveCodeBench's own files go into the run's folder.

    Exit codes: 0 done, 2 bad input, 3 sandbox or disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    import hashlib

    from rich.console import Console

    from dreamcode.bench.environment import save_environment
    from dreamcode.bench.files import load_programs, name_benchmark
    from dreamcode.bench.grading import grade_programs, pick_tasks
    from dreamcode.cli.bench.listing import open_dataset
    from dreamcode.cli.bench.running import (
        describe_window,
        digest_problems,
        limit_task,
        print_run,
        record_results,
    )
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View
    from dreamcode.cli.settings import load_settings
    from dreamcode.runs.folder import find_unfinished, hold_run, new_run_path
    from dreamcode_sandbox import open_sandbox

    settings = load_settings(sandbox=sandbox, workers=workers)
    programs = load_programs(file)
    benchmark = benchmark or name_benchmark(file)
    dataset = open_dataset(benchmark)
    with Console(stderr=True).status(f"reading {benchmark}"):
        tasks = pick_tasks(
            [limit_task(task, time_limit) for task in dataset.read(data, release)], programs
        )
    text = repr(sorted((name, tuple(own)) for name, own in programs.items()))
    config = {
        "benchmark": benchmark,
        "source": dataset.describe(data, release),
        "part": f"problems of {file}",
        "window": describe_window(tasks),
        "time_limit": time_limit,
        "problems": len(tasks),
        "digest": digest_problems(tasks),
        "programs": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
    }
    if run_dir is None:
        run_dir = find_unfinished(config) if resume else new_run_path(f"grade-{file.stem}")
    with hold_run(run_dir, config, resume=resume):
        difficulties = {task.id: task.difficulty for task in tasks}
        view = View(quiet=as_json)
        view.say(f"{benchmark}, {config['source']}: {len(tasks)} problems with programs")

        async def work() -> None:
            async with open_sandbox(settings.sandbox, settings.workers, view.say) as box:
                save_environment(run_dir, box.name)
                with follow_results(view, difficulties) as add:
                    await grade_programs(run_dir, tasks, programs, box, concurrency, add)

        report = record_results(run_dir, list(difficulties), work)
    print_run(run_dir, config, report, as_json=as_json)
