"""`dreamcode bench NAME`: solves and grades a benchmark's problems."""

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

EXIT_CODES = (
    "Exit codes: 0 done, 2 bad input, 3 model server, sandbox or disk failed, "
    "130 stopped by Ctrl-C; --resume goes on."
)


@takes_settings("bench")
def run(settings: Settings, context: typer.Context) -> None:
    """Run a benchmark; its help is set where the commands are made."""
    from rich.console import Console

    from dreamcode.bench.datasets.dataset import select
    from dreamcode.bench.datasets.dataset_names import open_dataset
    from dreamcode.bench.protocols import find_protocol
    from dreamcode.bench.run import run_tasks
    from dreamcode.cli.assembly import (
        check_settings,
        choose_folder,
        choose_reward,
        describe_settings,
        make_attempt,
        open_services,
    )
    from dreamcode.cli.bench.running import (
        describe_window,
        digest_problems,
        limit_task,
        make_part,
        print_run,
        record_results,
    )
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View
    from dreamcode.errors import InputError
    from dreamcode.rewards.reward_names import find_evidence
    from dreamcode.runs.folder import hold_run

    name = str(context.info_name)
    check_settings(settings)
    needed = find_protocol(settings.protocol).reward_model
    if needed and find_evidence(choose_reward(settings)) != "text":
        raise InputError(
            f"protocol {settings.protocol} lets a reward model choose: name it with "
            "--reward hf/<folder>"
        )
    attempt = make_attempt(settings)
    part = make_part(settings)

    dataset = open_dataset(name)
    with Console(stderr=True).status(f"reading {name}"):
        found = select(dataset.read(settings.data, settings.release), part)
        tasks = [limit_task(task, settings.time_limit) for task in found]
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
        "settings": describe_settings(settings)
        | {limit: getattr(settings, limit) for limit in ("max_tokens", "max_calls", "max_seconds")},
    }
    folder = choose_folder(settings, config, f"bench-{name}")
    with hold_run(folder, config, resume=settings.resume):
        difficulties = {task.id: task.difficulty for task in tasks}
        view = View(quiet=settings.json)
        places = (config["source"], config["part"], config["window"], f"{len(tasks)} problems")
        words = filter(None, (name, *places))
        view.say(", ".join(map(str, words)))

        async def work() -> None:
            async with open_services(settings, folder, view.say) as services:
                with follow_results(view, difficulties, settings.prices) as add:
                    await run_tasks(folder, tasks, services, attempt, settings.concurrency, add)

        report = record_results(
            folder,
            list(difficulties),
            work,
            temperature=settings.temperature,
            prices=settings.prices,
        )
    print_run(folder, config, report, as_json=settings.json)
