"""`dreamcode solve`: a problem in, a program out, with the evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.problems import Problem

SEARCH = "Search"
MODEL = "Model"
RUN = "Run"


def solve(
    problem: Annotated[
        str,
        typer.Argument(
            metavar="PROBLEM",
            help="A problem.md, a problem folder, a LiveCodeBench row (.json), or - for stdin.",
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="embedded, hf/<folder or hub id>, openai/<model>, recorded/<journal>.",
            show_default="embedded",
            rich_help_panel=MODEL,
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "--n",
            "-n",
            help="Programs to write; with beams, functions a round.",
            show_default="16",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 is greedy.", show_default="0.8", rich_help_panel=SEARCH),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Nucleus mass.", show_default="1.0", rich_help_panel=SEARCH),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of everything random.", show_default="0", rich_help_panel=SEARCH),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            help="How to search: best-of-n, beam, diverse-beam.",
            show_default="best-of-n",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            help="Chains that beam keeps; subtrees of diverse-beam.",
            show_default="half of --n",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    reward: Annotated[
        str | None,
        typer.Option(
            help="Who scores what is written: auto, none, likelihood, embedded, "
            "hf/<folder or hub id>.",
            show_default="auto",
            rich_help_panel=MODEL,
        ),
    ] = None,
    aggregation: Annotated[
        str | None,
        typer.Option(
            help="How functions' rewards become one number: last, min, mean, product, log-odds.",
            show_default="the reward's own",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(help="Budget of completion tokens.", rich_help_panel=SEARCH),
    ] = None,
    max_calls: Annotated[
        int | None,
        typer.Option(help="Budget of policy calls.", rich_help_panel=SEARCH),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(help="Budget of search time.", rich_help_panel=SEARCH),
    ] = None,
    max_step_tokens: Annotated[
        int | None,
        typer.Option(
            help="Most tokens in one function.", show_default="1024", rich_help_panel=SEARCH
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            help="Most functions in one program.", show_default="24", rich_help_panel=SEARCH
        ),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option(help="Tests instead of the statement's samples: a JSON file or a folder."),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(help="CPU seconds a test, instead of the problem's.", show_default="6"),
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(help="Where programs run: docker, local or auto.", show_default="auto"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Programs run at once.", show_default="cores")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="OpenAI-compatible server.", show_default="OPENAI_BASE_URL", rich_help_panel=MODEL
        ),
    ] = None,
    prefill: Annotated[
        str | None,
        typer.Option(
            help="Begin answers for the model: auto, on, off.",
            show_default="auto",
            rich_help_panel=MODEL,
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Server's endpoint: chat or completions.",
            show_default="chat",
            rich_help_panel=MODEL,
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            help="Seconds until a request counts as lost.",
            show_default="120",
            rich_help_panel=MODEL,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the program here.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the program, and nothing else.")
    ] = False,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder of this run's records.",
            show_default="in the state folder",
            rich_help_panel=RUN,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with a run that was stopped: that in --run-dir, "
            "else the newest unfinished one with these settings.",
            rich_help_panel=RUN,
        ),
    ] = False,
) -> None:
    """Solve a programming problem.

    The program goes to standard output, everything else to standard error.

    Exit codes: 0 the public tests pass (or there are none), 1 they do not, 2 bad input, 3 model server, sandbox or disk failed, 130 stopped by Ctrl-C.
    """  # noqa: E501 - help keeps line breaks
    import json

    from rich.console import Console

    from dreamcode.cli import result
    from dreamcode.cli.assembly import check_reward, describe_run, run_solver
    from dreamcode.cli.settings import load_settings
    from dreamcode.cli.views import open_view
    from dreamcode.policies.open import check_model_name
    from dreamcode.problems.announced import count_announced
    from dreamcode.problems.read import read_exam
    from dreamcode.runs.folder import find_unfinished, new_run_path, open_run

    settings = load_settings(
        model=model, n=n, temperature=temperature, top_p=top_p, seed=seed, search=search,
        width=width, reward=reward, aggregation=aggregation,
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

    errors = Console(stderr=True)
    view = open_view(errors, quiet=quiet or as_json)
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
            result.print_evidence(solution, sandbox_name, errors)
            result.print_spending(solution, seconds, errors)
            errors.print(f"Run folder: {run_dir}", style="dim", highlight=False, soft_wrap=True)
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
