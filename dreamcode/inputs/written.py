"""Inputs from a program that the policy writes for the purpose: a generator."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dreamcode.chain.names import close_program
from dreamcode.inputs.grids import has_shape
from dreamcode.inputs.values import call_like
from dreamcode.policies.policy import Answer, Ending, Request, Sampling, derive_seed
from dreamcode.problems import Problem
from dreamcode.problems.fits import fits
from dreamcode.problems.signature import Parameter, find_signature
from dreamcode_sandbox.cases import CallTest, Limits, Sandbox, StdinTest, Test
from dreamcode_sandbox.verdicts import Verdict

Ask = Callable[[Request], Awaitable[Answer | None]]
"""Asks the policy; None where no sample is to be had."""

TRIES = 2
"""Generators that are asked for, until one makes an input that fits."""

LONGEST = 4_000
"""Characters of an input."""

_SUFFIX = "/inputs"

_TASK = """Do not solve the problem that stands below. Write a generator of inputs for it: a \
program that reads one integer, a seed, from standard input and prints one valid input of the \
problem to standard output, and nothing else. Different seeds give different inputs: small ones, \
so that a slow solution handles them at once, of all sizes and kinds that the statement allows, \
smallest and extreme cases among them. {form}

{statement}"""

_FORMS = {
    False: "The input stands exactly as the problem's program would read it.",
    True: "The input is one line: a JSON array of the arguments that `{function}` is called with.",
}


def is_generator(problem_id: str) -> bool:
    """Whether what was asked for under this id is a generator, not a solution."""
    return problem_id.endswith(_SUFFIX)


def describe_generator(problem: Problem) -> Problem:
    """The problem of writing a generator for `problem`, put so that any policy can take it."""
    form = _FORMS[problem.function is not None].format(function=problem.function)
    parts = [problem.statement.strip(), problem.starter_code.rstrip()]
    statement = _TASK.format(form=form, statement="\n\n".join(filter(None, parts)))
    return Problem(problem.id + _SUFFIX, f"Inputs for {problem.title}", statement)


@dataclass(frozen=True, slots=True)
class Generator:
    """Who writes generators, and how they run.

    Attributes:
        ask: the policy.
        sandbox: where they run.
        sampling: how the policy samples.
        seed: of the run.
    """

    ask: Ask
    sandbox: Sandbox
    sampling: Sampling
    seed: int


async def write_inputs(
    problem: Problem, samples: Sequence[Test], number: int, generator: Generator
) -> list[Test]:
    """Inputs that fit the problem's form, `number` at most; none where no generator makes any.

    Args:
        problem: the problem.
        samples: its public tests: what their inputs share, inputs must have.
        number: how many are wanted.
        generator: who writes and runs.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    task = describe_generator(problem)
    for attempt in range(TRIES):
        seed = derive_seed(generator.seed, task.id, "", attempt)
        request = Request(
            task, "", generator.sampling, seed,
            until="program", prompting="plain", python=generator.sandbox.python,
        )  # fmt: skip
        answer = await generator.ask(request)
        if answer is None:
            break
        if answer.proposal.ending is Ending.PROGRAM:
            texts = await _generate(answer.proposal.text, number, generator.sandbox)
            found = [_read(text, problem, samples) for text in texts]
            if inputs := [one for one in found if one is not None]:
                return inputs
    return []


async def _generate(program: str, number: int, sandbox: Sandbox) -> list[str]:
    """What the generator prints for the seeds 1, 2, ..., each text once."""
    seeds = [StdinTest(f"{seed}\n", "") for seed in range(1, number + 1)]
    report = await sandbox.run(close_program(program), seeds, Limits())
    ended = (Verdict.ACCEPTED, Verdict.WRONG_ANSWER)
    texts = (one.output for one in report.results if one.verdict in ended)
    return list(dict.fromkeys(text for text in texts if 0 < len(text.strip()) <= LONGEST))


def _read(text: str, problem: Problem, samples: Sequence[Test]) -> Test | None:
    """The input, if it has the form that the problem's inputs have."""
    if problem.function is None:
        known = [one.input for one in samples if isinstance(one, StdinTest)]
        text = text.rstrip() + "\n"
        return StdinTest(text, "") if has_shape(text, known) else None
    try:
        arguments = json.loads(text)
    except ValueError:
        return None
    signature = find_signature(problem.starter_code, problem.function)
    parameters = signature.parameters if signature else None
    calls = [one for one in samples if isinstance(one, CallTest)]
    widths = {len(one.arguments) for one in calls}
    if not isinstance(arguments, list) or (widths and len(arguments) not in widths):
        return None
    if parameters is not None and not _fit(arguments, parameters):
        return None
    return call_like(calls, problem.function, tuple(arguments))


def _fit(arguments: Sequence[Any], parameters: Sequence[Parameter]) -> bool:
    least = sum(parameter.required for parameter in parameters)
    return least <= len(arguments) <= len(parameters) and all(
        fits(value, parameter.annotation)
        for value, parameter in zip(arguments, parameters, strict=False)
    )
