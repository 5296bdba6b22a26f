"""Options that say which problems of a benchmark are wanted."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.bench.datasets.dataset import Part

PROBLEMS = "Problems"
DataOption = Annotated[
    Path | None,
    typer.Option(help="A file or folder with the benchmark's problems.", rich_help_panel=PROBLEMS),
]
ReleaseOption = Annotated[
    str | None,
    typer.Option(
        help="LiveCodeBench: release_v1 to release_v6 (all up to then), v1 to v6 (what each "
        "added), v4_v5 (a range).",
        show_default="release_v6",
        rich_help_panel=PROBLEMS,
    ),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=["%Y-%m-%d"],
        help="First day of the contests.",
        rich_help_panel=PROBLEMS,
    ),
]
BeforeOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="First day that is too late.", rich_help_panel=PROBLEMS
    ),
]
DifficultyOption = Annotated[
    list[str] | None,
    typer.Option(help="Only these; may be repeated.", rich_help_panel=PROBLEMS),
]
PlatformOption = Annotated[
    list[str] | None,
    typer.Option(help="Only these; may be repeated.", rich_help_panel=PROBLEMS),
]
ProblemOption = Annotated[
    list[str] | None,
    typer.Option(help="Only these ids; may be repeated.", rich_help_panel=PROBLEMS),
]
LimitOption = Annotated[
    int | None,
    typer.Option(min=1, help="The first so many problems.", rich_help_panel=PROBLEMS),
]
ShardOption = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="The i-th of n equal parts.", rich_help_panel=PROBLEMS),
]


def make_part(
    since: datetime | None,
    before: datetime | None,
    difficulty: list[str] | None,
    platform: list[str] | None,
    problem: list[str] | None,
    limit: int | None,
    shard: str | None,
) -> "Part":
    """The part of a data set that these options ask for.

    Raises:
        InputError: --shard is not i/n.
    """
    from dreamcode.bench.datasets.dataset import Part, parse_shard

    def day(given: datetime | None) -> date | None:
        return given.date() if given else None

    return Part(
        day(since),
        day(before),
        tuple(difficulty or ()),
        tuple(platform or ()),
        tuple(problem or ()),
        limit,
        parse_shard(shard) if shard else None,
    )
