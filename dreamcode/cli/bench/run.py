"""`dreamcode bench NAME`: solves and grades a benchmark's problems."""

from typing import Annotated, Any

import typer

from dreamcode.cli.bench.options import (
    BeforeOption,
    DataOption,
    DifficultyOption,
    LimitOption,
    PlatformOption,
    ProblemOption,
    ReleaseOption,
    ShardOption,
    SinceOption,
    make_part,
)
from dreamcode.cli.options import (
    RUN,
    AggregationOption,
    BaseUrlOption,
    EndpointOption,
    MaxCallsOption,
    MaxSecondsOption,
    MaxStepsOption,
    MaxStepTokensOption,
    MaxTokensOption,
    ModelOption,
    NOption,
    PrefillOption,
    PromptOption,
    ResumeOption,
    RewardOption,
    RunDirOption,
    SandboxOption,
    SearchOption,
    SeedOption,
    TemperatureOption,
    TimeLimitOption,
    TimeoutOption,
    TopPOption,
    WidthOption,
    WorkersOption,
)

EXIT_CODES = (
    "Exit codes: 0 done, 2 bad input, 3 model server, sandbox or disk failed, "
    "130 stopped by Ctrl-C; --resume goes on."
)


def run(
    context: typer.Context,
    data: DataOption = None,
    release: ReleaseOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    difficulty: DifficultyOption = None,
    platform: PlatformOption = None,
    problem: ProblemOption = None,
    limit: LimitOption = None,
    shard: ShardOption = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Settings that numbers are published by: livecodebench (n 10, T 0.2, top-p "
            "0.95, plain), dreamprm (cof, the reward alone chooses). Flags go before it.",
        ),
    ] = None,
    public_tests: Annotated[
        bool | None,
        typer.Option(
            "--public-tests/--no-public-tests",
            help="Whether the choice among programs looks at public tests.",
            show_default="they do",
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Problems under way at once.", rich_help_panel=RUN)
    ] = 16,
    prices: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="READ WRITTEN",
            help="Dollars for a million tokens read and written.",
            rich_help_panel=RUN,
        ),
    ] = None,
    model: ModelOption = None,
    n: NOption = None,
    temperature: TemperatureOption = None,
    top_p: TopPOption = None,
    seed: SeedOption = None,
    search: SearchOption = None,
    width: WidthOption = None,
    prompt: PromptOption = None,
    reward: RewardOption = None,
    aggregation: AggregationOption = None,
    max_tokens: MaxTokensOption = None,
    max_calls: MaxCallsOption = None,
    max_seconds: MaxSecondsOption = None,
    max_step_tokens: MaxStepTokensOption = None,
    max_steps: MaxStepsOption = None,
    time_limit: TimeLimitOption = None,
    sandbox: SandboxOption = None,
    workers: WorkersOption = None,
    base_url: BaseUrlOption = None,
    prefill: PrefillOption = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the measures as JSON, and nothing else.")
    ] = False,
    run_dir: RunDirOption = None,
    resume: ResumeOption = False,
) -> None:
    """Run a benchmark; its help is set where the commands are made."""
    from rich.console import Console

    from dreamcode.bench.datasets.dataset import select
    from dreamcode.bench.environment import save_environment
    from dreamcode.bench.protocols import find_protocol
    from dreamcode.bench.run import run_tasks
    from dreamcode.cli.assembly import (
        check_reward,
        choose_reward,
        describe_settings,
        open_services,
    )
    from dreamcode.cli.bench.listing import open_dataset
    from dreamcode.cli.bench.running import (
        check_services,
        describe_window,
        digest_problems,
        limit_task,
        make_attempt,
        print_run,
        record_results,
    )
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View
    from dreamcode.cli.settings import load_settings
    from dreamcode.errors import InputError
    from dreamcode.policies.policy_names import check_model_name
    from dreamcode.runs.folder import find_unfinished, hold_run, new_run_path

    name = str(context.info_name)
    fixed = find_protocol(protocol)
    flags: dict[str, Any] = {
        "model": model, "n": n, "temperature": temperature, "top_p": top_p, "seed": seed,
        "search": search, "width": width, "prompt": prompt, "reward": reward,
        "aggregation": aggregation, "max_tokens": max_tokens, "max_calls": max_calls,
        "max_seconds": max_seconds, "max_step_tokens": max_step_tokens, "max_steps": max_steps,
        "sandbox": sandbox, "workers": workers, "base_url": base_url, "prefill": prefill,
        "endpoint": endpoint, "timeout": timeout,
    }  # fmt: skip
    given = {flag: value for flag, value in flags.items() if value is not None}
    settings = load_settings(**(fixed.settings | given))
    check_model_name(settings.model)
    check_reward(settings)
    if fixed.reward_model and choose_reward(settings) in ("likelihood", "none"):
        raise InputError(
            f"protocol {protocol} lets a reward model choose: name it with --reward hf/<folder>"
        )
    public = fixed.public_tests if public_tests is None else public_tests
    attempt = make_attempt(settings, public_tests=public)
    seconds = fixed.seconds if time_limit is None else time_limit
    part = make_part(since, before, difficulty, platform, problem, limit, shard)

    dataset = open_dataset(name)
    with Console(stderr=True).status(f"reading {name}"):
        tasks = [limit_task(task, seconds) for task in select(dataset.read(data, release), part)]
    config = {
        "benchmark": name,
        "source": dataset.describe(data, release),
        "part": part.describe(),
        "window": describe_window(tasks),
        "problems": len(tasks),
        "digest": digest_problems(tasks),
        "protocol": protocol,
        "public_tests": public,
        "time_limit": seconds,
        "settings": describe_settings(settings)
        | {limit: getattr(settings, limit) for limit in ("max_tokens", "max_calls", "max_seconds")},
    }
    if run_dir is None:
        run_dir = find_unfinished(config) if resume else new_run_path(f"bench-{name}")
    folder = run_dir
    with hold_run(folder, config, resume=resume):
        difficulties = {task.id: task.difficulty for task in tasks}
        view = View(quiet=as_json)
        places = (config["source"], config["part"], config["window"], f"{len(tasks)} problems")
        words = filter(None, (name, *places))
        view.say(", ".join(map(str, words)))

        async def work() -> None:
            async with open_services(settings, view.say, concurrency) as services:
                save_environment(folder, services.sandbox.name)
                check_services(folder, services)
                with follow_results(view, difficulties, prices) as add:
                    await run_tasks(folder, tasks, services, attempt, concurrency, add)

        report = record_results(
            folder, list(difficulties), work, temperature=settings.temperature, prices=prices
        )
    print_run(folder, config, report, as_json=as_json)
