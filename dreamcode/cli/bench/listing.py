"""`dreamcode bench list`, and how benchmarks are found by name."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dreamcode.bench.datasets.dataset import Dataset

BENCHMARKS = {
    "livecodebench": "LiveCodeBench: dated contest problems",
    "humaneval": "HumanEval: Python functions",
    "mbpp": "MBPP: short Python functions",
    "bigcodebench": "BigCodeBench: functions that use libraries",
    "miniature": "the embedded models' own world",
    "folder": "a folder of your own problems",
}


def list_benchmarks(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the benchmarks and where their problems come from."""
    import json

    from rich.console import Console
    from rich.table import Table

    found = {name: open_dataset(name).summary for name in BENCHMARKS}
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("benchmark", "problems")
    for name, summary in found.items():
        table.add_row(name, summary)
    Console().print(table)


def open_dataset(name: str) -> "Dataset":
    """The data set of a benchmark.

    Raises:
        InputError: there is none of that name.
    """
    from dreamcode.errors import InputError

    if name == "livecodebench":
        from dreamcode.bench.datasets.livecodebench import LiveCodeBench

        return LiveCodeBench()
    if name == "humaneval":
        from dreamcode.bench.datasets.humaneval import HumanEval

        return HumanEval()
    if name == "mbpp":
        from dreamcode.bench.datasets.mbpp import Mbpp

        return Mbpp()
    if name == "bigcodebench":
        from dreamcode.bench.datasets.bigcodebench import BigCodeBench

        return BigCodeBench()
    if name == "miniature":
        from dreamcode.bench.datasets.miniature import Miniature

        return Miniature()
    if name == "folder":
        from dreamcode.bench.datasets.folder import Folder

        return Folder()
    raise InputError(f"unknown benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
