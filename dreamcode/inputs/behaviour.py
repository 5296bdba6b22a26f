"""What programs do on inputs whose right answers nobody knows: those that do the same agree."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from dreamcode_sandbox.cases import Limits, Sandbox, Test, TestResult
from dreamcode_sandbox.verdicts import Verdict

Behaviour = tuple[str | None, ...]
"""What a program printed or returned on each input; None where it failed."""

SECONDS = 2.0
"""CPU time on an input: inputs of our own are small, and what takes long is not worth waiting."""

_ENDED = (Verdict.ACCEPTED, Verdict.WRONG_ANSWER)
_DECIMAL = re.compile(r"-?\d+\.\d+(?:[eE][+-]?\d+)?")


def shorten(limits: Limits) -> Limits:
    """A problem's limits as they hold on inputs of our own."""
    return replace(limits, seconds=min(limits.seconds, SECONDS))


async def observe(
    sandbox: Sandbox, program: str, inputs: Sequence[Test], limits: Limits
) -> Behaviour:
    """What `program` does on each of `inputs`, whose expected outputs say nothing.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    report = await sandbox.run(program, inputs, shorten(limits))
    done = [_read(result) for result in report.results]
    return (*done, *[None] * (len(inputs) - len(done)))  # one entry where it does not compile


def name_behaviour(behaviour: Behaviour) -> str | None:
    """Equal names for equal behaviours; None where it failed on every input.

    To fail alike is not to agree.
    """
    if all(done is None for done in behaviour):
        return None
    return hashlib.blake2b(json.dumps(behaviour).encode(), digest_size=6).hexdigest()


def _read(result: TestResult) -> str | None:
    if result.verdict not in _ENDED:
        return None
    words = " ".join(result.output.split())
    return _DECIMAL.sub(lambda number: f"{float(number[0]):.6g}", words)
