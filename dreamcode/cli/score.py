"""`dreamcode score`: what the reward model thinks of a program, function by function."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from dreamcode.policies.draft import Draft
    from dreamcode.problems import Problem
    from dreamcode.rewards.reward import RewardModel, StepRewards


@takes_settings("score")
def score(
    settings: Settings,
    problem: Annotated[
        str,
        typer.Argument(metavar="PROBLEM", help="As for solve."),
    ],
    solution: Annotated[
        Path,
        typer.Argument(
            metavar="SOLUTION", help="A Python program, finished or not, or - for stdin."
        ),
    ],
) -> None:
    """Score a program function by function, without running it.

    A function's reward is the chance that a program which begins like this one, up to and including that function, ends up right.

    Exit codes: 0 scored, 2 bad input, 3 the model failed.
    """  # noqa: E501 - help keeps line breaks
    import asyncio
    import json

    from dreamcode.cli.assembly import open_named_reward
    from dreamcode.cli.live import say
    from dreamcode.cli.output import open_console
    from dreamcode.errors import InputError
    from dreamcode.files import read_standard_input, read_text
    from dreamcode.policies.draft import read_draft
    from dreamcode.problems.read import read_problem
    from dreamcode.rewards.reward_names import find_evidence

    name = "embedded" if settings.reward == "auto" else settings.reward
    evidence = find_evidence(name)
    if evidence != "text":
        needs = "needs the policy that wrote the program"
        why = needs if evidence == "likelihood" else "knows nothing"
        raise InputError(f"reward {name} cannot score a program: it {why}; use hf/<folder>")
    if problem == "-" and str(solution) == "-":
        raise InputError("PROBLEM and SOLUTION cannot both be standard input; give one as a file")
    wanted = read_problem(problem)
    source = read_standard_input() if str(solution) == "-" else read_text(solution)
    draft = read_draft(wanted, source)
    if not draft.proposals:
        raise InputError(f"{solution} is empty: there is nothing to score")

    async def ask() -> dict[str, Any]:
        async with open_named_reward(settings, name, say) as model:
            [rewards] = await model.score(wanted, [draft])
            return describe_scores(wanted, source, draft, model, rewards)

    described = asyncio.run(ask())
    if settings.json:
        typer.echo(json.dumps(described, indent=2))
    else:
        print_scores(described, source, open_console())


def describe_scores(
    problem: "Problem", source: str, draft: "Draft", model: "RewardModel", rewards: "StepRewards"
) -> dict[str, Any]:
    """The scores as JSON values; lines count from 1, `fall` is a place in `steps` or None."""
    from dreamcode.chain import parse
    from dreamcode.policies.policy import Ending
    from dreamcode.rewards.aggregation import aggregate
    from dreamcode.rewards.falls import find_fall

    steps = []
    above = 1
    for step, reward in zip(parse(source).steps, rewards, strict=True):
        body = step.source.rstrip()
        blank = len(body) - len(body.lstrip("\r\n"))
        first = above + body[:blank].count("\n")
        steps.append(
            {
                "name": step.name,
                "first_line": first,
                "last_line": above + body.count("\n"),
                "reward": reward,
            }
        )
        above += step.source.count("\n")
    return {
        "problem": problem.id,
        "reward_model": model.name,
        "aggregation": model.aggregation,
        "finished": draft.ending is Ending.PROGRAM,
        "reward": aggregate(model.aggregation, rewards),
        "steps": steps,
        "fall": find_fall(rewards, model.name),
    }


def print_scores(described: dict[str, Any], source: str, console: "Console") -> None:
    """A table of the functions, the program's reward, and the lines with which that falls."""
    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.fitting import print_table
    from dreamcode.cli.output import visible

    table = Table("function", "lines", "reward", "change")
    before = None
    for place, step in enumerate(described["steps"]):
        reward = step["reward"]
        change = "" if None in (before, reward) else f"{reward - before:+.3f}"
        table.add_row(
            Text(visible(step["name"] or "-")),
            f"{step['first_line']}-{step['last_line']}",
            "-" if reward is None else f"{reward:.3f}",
            change,
            style="bold yellow" if place == described["fall"] else None,
        )
        before = reward
    print_table(table, console)
    state = "finished" if described["finished"] else "unfinished"
    whole = described["reward"]
    console.print(
        f"{state} program: {described['reward_model']} judges finished programs only"
        if whole is None
        else f"{state} program: reward {whole:.3f} ({described['aggregation']})",
        highlight=False,
        soft_wrap=True,
    )
    if all(step["reward"] is None for step in described["steps"][:-1]):
        return  # of single functions nothing is known
    if described["fall"] is None:
        console.print(Text("no single function: the reward falls with none of them"))
        return
    fallen = described["steps"][described["fall"]]
    name = visible(fallen["name"] or "the only step")
    console.print(Text(f"\nthe reward falls here: {name}"))
    lines = source.split("\n")
    for number in range(fallen["first_line"], fallen["last_line"] + 1):
        console.print(Text(f"{number:5} │ {lines[number - 1].rstrip()}"), soft_wrap=True)
