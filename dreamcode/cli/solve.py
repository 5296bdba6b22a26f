"""`dreamcode solve`: a problem in, a program out, with the evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dreamcode.cli.options import (
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

if TYPE_CHECKING:
    from dreamcode.problems import Problem


def solve(
    problem: Annotated[
        str,
        typer.Argument(
            metavar="PROBLEM",
            help="A problem.md, a problem folder, a LiveCodeBench row (.json), or - for stdin.",
        ),
    ],
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
    tests: Annotated[
        Path | None,
        typer.Option(help="Tests instead of the statement's samples: a JSON file or a folder."),
    ] = None,
    time_limit: TimeLimitOption = None,
    sandbox: SandboxOption = None,
    workers: WorkersOption = None,
    base_url: BaseUrlOption = None,
    prefill: PrefillOption = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the program here.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the program, and nothing else.")
    ] = False,
    run_dir: RunDirOption = None,
    resume: ResumeOption = False,
) -> None:
    """Solve a programming problem.

    The program goes to standard output, everything else to standard error.

    Exit codes: 0 the public tests pass (or there are none), 1 they do not, 2 bad input, 3 model server, sandbox or disk failed, 130 stopped by Ctrl-C.
    """  # noqa: E501 - help keeps line breaks
    import json

    from rich.console import Console

    from dreamcode.cli import result
    from dreamcode.cli.assembly import check_reward, describe_run, run_solver
    from dreamcode.cli.live import View, say
    from dreamcode.cli.settings import load_settings
    from dreamcode.policies.policy_names import check_model_name
    from dreamcode.problems.announced import count_announced
    from dreamcode.problems.read import read_exam
    from dreamcode.runs.folder import find_unfinished, new_run_path, open_run

    settings = load_settings(
        model=model, n=n, temperature=temperature, top_p=top_p, seed=seed, search=search,
        width=width, prompt=prompt, reward=reward, aggregation=aggregation,
        max_tokens=max_tokens, max_calls=max_calls, max_seconds=max_seconds,
        max_step_tokens=max_step_tokens, max_steps=max_steps, sandbox=sandbox, workers=workers,
        base_url=base_url, prefill=prefill, endpoint=endpoint, timeout=timeout,
    )  # fmt: skip
    check_model_name(settings.model)
    check_reward(settings)
    check_output(output)
    wanted = limit_time(read_exam(problem, tests).problem, time_limit)
    config = describe_run(wanted, settings)
    if run_dir is None:
        run_dir = find_unfinished(config) if resume else new_run_path(wanted.id)

    view = View(quiet=quiet or as_json)
    announced = count_announced(wanted.statement)
    if not tests and announced > len(wanted.public_tests):
        view.say(
            f"the statement announces {announced} samples, {len(wanted.public_tests)} were found"
        )
    with open_run(run_dir, config, resume=resume) as run:
        solution, sandbox_name = run_solver(wanted, settings, run, view)
        described = result.describe_solution(solution, settings)
        run.save("result.json", json.dumps(described, indent=2) + "\n")
        if solution.best:
            run.save("solution.py", solution.best.program)
        seconds = run.journal.seconds

    if solution.best and output:
        write_output(output, solution.best.program)
    if as_json:
        place = {"sandbox": sandbox_name, "seconds": round(seconds, 3), "run": str(run_dir)}
        typer.echo(json.dumps(described | {"where": place}, indent=2))
    else:
        if solution.best:
            result.print_program(solution.best.program, Console())
        if not quiet:
            errors = Console(stderr=True)
            result.print_evidence(solution, sandbox_name, errors)
            result.print_spending(solution, seconds, errors)
            say(f"Run folder: {run_dir}")
        elif solution.best is None:
            typer.echo("error: no program was finished", err=True)
    raise typer.Exit(0 if solution.accepted else 1)


def limit_time(problem: "Problem", seconds: float | None) -> "Problem":
    """The problem with another time limit.

    Raises:
        InputError: the limit is not a positive number.
    """
    from dataclasses import replace

    from dreamcode.errors import InputError

    if seconds is None:
        return problem
    if not 0 < seconds < float("inf"):
        raise InputError(f"--time-limit {seconds}: give a positive number of CPU seconds")
    return replace(problem, limits=replace(problem.limits, seconds=seconds))


def check_output(output: Path | None) -> None:
    """Says early that the program could not be written where it is wanted.

    Raises:
        InputError: `output` is a folder or in none.
    """
    from dreamcode.errors import InputError

    if output is None:
        return
    if output.is_dir():
        raise InputError(f"--output {output} is a folder; give a file name in it")
    if not output.parent.is_dir():
        raise InputError(f"--output {output}: there is no folder {output.parent}; make it first")


def write_output(output: Path, program: str) -> None:
    """Writes the program.

    Raises:
        InfrastructureError: the disk does not take it.
    """
    from dreamcode.errors import InfrastructureError

    try:
        output.write_text(program, encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(
            f"cannot write {output}: {error.strerror}; the program is in the run folder too"
        ) from error
