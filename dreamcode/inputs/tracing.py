"""What implementations of a program's functions do where the program calls them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from dreamcode.inputs.behaviour import shorten
from dreamcode_sandbox.cases import CallTest, Limits, Sandbox, StdinTest, Test, TestResult

Found = dict[str, tuple[list[str], list[str | None]]]
"""What one input showed of each function that was called: see `dreamcode.inputs.spying`."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What is known of a function.

    Attributes:
        types: of its arguments in the first call; None if it is never called.
        behaviours: by implementation, equal names for equal results; None where that is not
            known, since it was never called or always failed.
    """

    types: tuple[str, ...] | None
    behaviours: tuple[str | None, ...]


async def trace(
    sandbox: Sandbox,
    program: str,
    probes: Mapping[str, Sequence[str]],
    inputs: Sequence[Test],
    limits: Limits,
) -> dict[str, Traced]:
    """Runs `program` and, on the arguments of its functions, other implementations of them.

    Args:
        sandbox: where to run.
        program: the text of a whole program.
        probes: by function, the texts of steps that define it.
        inputs: what the program runs on; expected outputs say nothing.
        limits: those of the problem.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    found: list[Found] = []
    if inputs:
        text = _watch(program, probes, inputs[0])
        report = await sandbox.run(text, [*map(_ask_for_text, inputs)], shorten(limits))
        found = [_read(result) for result in report.results]
    return {name: _gather(name, len(texts), found) for name, texts in probes.items()}


def _watch(program: str, probes: Mapping[str, Sequence[str]], test: Test) -> str:
    """A program that runs another one and tells what its functions did."""
    given = {name: list(texts) for name, texts in probes.items()}
    spy = f"spy['Spy']({given!r}, globals())"
    way = f"print_deeds({program!r})"
    if isinstance(test, CallTest):
        way = f"return_deeds({program!r}, {test.function!r})"
    return f"spy = {{'__name__': 'spying'}}\nexec({_spying()!r}, spy)\n{spy}.{way}\n"


@cache
def _spying() -> str:
    return files("dreamcode.inputs").joinpath("spying.py").read_text("utf-8")


def _ask_for_text(test: Test) -> Test:
    if isinstance(test, StdinTest) or test.form is None:
        return test
    return replace(test, form=replace(test.form, answer="", changed=None))


def _read(result: TestResult) -> Found:
    try:
        told = json.loads(result.output)
        found: Found = json.loads(told) if isinstance(told, str) else told  # calls return a text
    except ValueError:
        return {}  # it ran out of time or memory
    return found


def _gather(name: str, implementations: int, found: Sequence[Found]) -> Traced:
    calls = [one[name] for one in found if name in one]
    if not calls:
        return Traced(None, (None,) * implementations)
    deeds = zip(*(behaviours for _, behaviours in calls), strict=True)
    return Traced(tuple(calls[0][0]), tuple(_name(own) for own in deeds))


def _name(deeds: Sequence[str | None]) -> str | None:
    return None if all(deed is None for deed in deeds) else " ".join(deed or "-" for deed in deeds)
