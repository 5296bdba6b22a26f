"""`dreamcode doctor`: what is installed, what works, and what to do about the rest."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings

PACKAGES = ("torch", "transformers", "tree-sitter-python", "docker", "openai")


class Check(NamedTuple):
    """One thing looked at.

    Attributes:
        name: what is checked.
        works: whether it works; None for what is optional and not there.
        detail: what was found, and the remedy where it does not work.
    """

    name: str
    works: bool | None
    detail: str


@takes_settings("doctor")
def doctor(
    settings: Settings,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    reward: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only load this reward model, and say how it was understood."
        ),
    ] = None,
) -> None:
    """Check what is installed and whether programs can be written and run.

    Exit code: 0 if `dreamcode solve` can work, 3 if not.
    """
    import json

    from rich.table import Table
    from rich.text import Text

    from dreamcode.cli.fitting import print_table
    from dreamcode.cli.output import open_console

    errors = open_console(stderr=True)
    with errors.status("looking around"):
        checks = [check_reward(settings, reward)] if reward else list(look_around(settings.python))
    if as_json:
        typer.echo(json.dumps([check._asdict() for check in checks], indent=2))
    else:
        table = Table("", "what", "found")
        for check in checks:
            symbol = {True: "[green]✓", False: "[red]✗", None: "[dim]-"}[check.works]
            table.add_row(symbol, check.name, Text(check.detail))
        print_table(table, open_console())
    raise typer.Exit(3 if any(check.works is False for check in checks) else 0)


def look_around(python: str) -> Iterator[Check]:
    """All checks, one after the other."""
    import platform

    yield Check("python", True, f"{platform.python_version()} on {platform.platform()}")
    yield from check_packages()
    yield check_accelerator()
    yield check_embedded()
    yield check_server()
    yield from check_sandbox(python)


def check_packages() -> Iterator[Check]:
    """The libraries that commands load when they run."""
    from importlib.metadata import PackageNotFoundError, version

    for package in PACKAGES:
        try:
            yield Check(package, True, version(package))
        except PackageNotFoundError:
            yield Check(package, False, "not installed: pip install dreamcode")


def check_accelerator() -> Check:
    """Whether models run on a GPU."""
    import torch

    if torch.cuda.is_available():
        return Check("accelerator", True, torch.cuda.get_device_name(0))
    return Check("accelerator", None, f"none: models run on {torch.get_num_threads()} CPU threads")


def check_embedded() -> Check:
    """Loads the embedded policy for real."""
    from dreamcode.errors import InputError
    from dreamcode.policies.hf import load_embedded

    try:
        policy = load_embedded()
    except InputError as error:
        return Check("embedded policy", False, f"{error} Reinstall the package.")
    return Check("embedded policy", True, f"{policy.parameters / 1e6:.1f} million parameters")


def check_reward(settings: Settings, name: str) -> Check:
    """Loads a reward model and says how its files were understood."""
    import asyncio

    from dreamcode.cli.assembly import open_named_reward
    from dreamcode.errors import DreamcodeError

    async def look() -> list[str]:
        async with open_named_reward(settings, name, told.append) as model:
            describe = getattr(model, "describe", None)
            return describe() if describe else [f"judges {model.judges}", model.aggregation]

    told: list[str] = []
    try:
        found = asyncio.run(look())
    except DreamcodeError as error:
        return Check(name, False, str(error))
    return Check(name, True, "; ".join([*found, *told]))


def check_server() -> Check:
    """Where `openai/<model>` would go."""
    import os

    url = os.environ.get("OPENAI_BASE_URL")
    key = "a key" if os.environ.get("OPENAI_API_KEY") else "no key"
    if url is None and key == "no key":
        return Check(
            "openai/<model>", None, "set OPENAI_API_KEY, or OPENAI_BASE_URL for your own server"
        )
    return Check("openai/<model>", True, f"{url or 'the default address'}, {key}")


def check_sandbox(python: str) -> Iterator[Check]:
    """Every sandbox there is, by running programs in it."""
    import asyncio

    from dreamcode_sandbox import open_sandbox
    from dreamcode_sandbox.docker import docker_status
    from dreamcode_sandbox.errors import SandboxError
    from dreamcode_sandbox.opening import Kind
    from dreamcode_sandbox.packages import NAMES, failures
    from dreamcode_sandbox.self_test import Check as SandboxCheck
    from dreamcode_sandbox.self_test import self_test

    async def test(kind: Kind) -> tuple[str, list[SandboxCheck], list[str]]:
        async with open_sandbox(kind, 1, python=python) as sandbox:
            has = sandbox.facts["packages"]
            parts = [f"Python {sandbox.facts['python']}"]
            parts += [f"{name} {has.get(name, 'is missing')}" for name in NAMES]
            name = f"{sandbox.name}, {', '.join(parts)}"
            return name, await self_test(sandbox), sandbox.weaknesses

    reachable, detail = docker_status()
    yield Check("docker engine", True if reachable else None, detail)
    kinds: tuple[Kind, ...] = ("docker", "local") if reachable else ("local",)
    for kind in kinds:
        try:
            name, results, weaknesses = asyncio.run(test(kind))
        except SandboxError as error:
            yield Check(f"{kind} sandbox", False, str(error))
            continue
        failed = [f"{what}: {why}" for what, passed, why in results if not passed]
        found = "; ".join(failed) or f"{name}: {len(results)} checks passed"
        if weaknesses:
            found += "; ".join(["", *weaknesses, "better: install bubblewrap, or Docker"])
        yield Check(f"{kind} sandbox", not failed, found)
    for failure in failures():
        yield Check("packages", None, failure)
