"""Makes inputs of our own for a problem: from its samples, its types, or by a generator."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from dreamcode.choosing import Source
from dreamcode.codec import encode
from dreamcode.inputs.bounds import find_bounds
from dreamcode.inputs.texts import mutate_text
from dreamcode.inputs.values import call_like, draw_arguments, mutate_arguments
from dreamcode.inputs.written import Generator, write_inputs
from dreamcode.policies.policy import derive_seed
from dreamcode.problems import Problem
from dreamcode.problems.signature import find_signature
from dreamcode_sandbox.cases import CallTest, StdinTest, Test

TRIES = 20
"""Mutations per wanted input, until those that are left are all known."""


async def make_inputs(
    problem: Problem,
    samples: Sequence[Test],
    number: int,
    source: Source,
    generator: Generator,
) -> list[Test]:
    """Inputs for `problem`, `number` at most, the same for the same seed; outputs say nothing.

    Args:
        problem: the problem.
        samples: tests whose inputs, and nothing else of them, are a pattern for others.
        number: how many are wanted.
        source: "mutated" changes the samples, or draws arguments by the signature's types where
            there are none; "written" runs a generator that the policy writes, and mutates where
            that gives nothing; "auto" asks for a generator only where mutation gives nothing.
        generator: who writes generators; its seed decides about mutations too.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    if not number:
        return []
    mutated = mutate_samples(problem, samples, number, generator.seed)
    if source == "mutated" or (source == "auto" and mutated):
        return mutated
    written = await write_inputs(problem, samples, number, generator)
    return written or mutated


def mutate_samples(problem: Problem, samples: Sequence[Test], number: int, seed: int) -> list[Test]:
    """Inputs like those of `samples`, each once and none of theirs; `number` at most."""
    random = Random(derive_seed(seed, problem.id, "inputs", 0))
    known = {_name(sample) for sample in samples}
    found: dict[str, Test] = {}
    for test in islice(_propose(problem, samples, random), TRIES * number):
        if _name(test) not in known:
            found.setdefault(_name(test), test)
        if len(found) == number:
            break
    return list(found.values())


def _propose(problem: Problem, samples: Sequence[Test], random: Random) -> Iterator[Test]:
    texts = [one.input for one in samples if isinstance(one, StdinTest)]
    calls = [one for one in samples if isinstance(one, CallTest)]
    known = [one.arguments for one in calls]
    while problem.function is None and texts:
        yield StdinTest(mutate_text(texts, random, problem.statement), "")
    signature = find_signature(problem.starter_code, problem.function)
    named = find_bounds(problem.statement)
    bounds = [named.get(one.name) for one in (signature and signature.parameters) or ()]
    while problem.function is not None and calls:
        yield call_like(calls, problem.function, mutate_arguments(known, random, bounds))
    while problem.function is not None and signature and signature.parameters:
        arguments = draw_arguments(signature.parameters, random)
        if arguments is None:
            return
        yield CallTest(problem.function, arguments, None)


def _name(test: Test) -> str:
    given = test.input.split() if isinstance(test, StdinTest) else encode(test.arguments)
    return json.dumps(given)
