"""Public tests, and hidden tests chosen to kill every mistake that can be killed."""

from random import Random

from dreamcode.miniature.inputs import candidate_inputs, natural_input
from dreamcode.miniature.mistakes import Mutant, mutants
from dreamcode.miniature.tasks import Task, Value, answer, show, small_enough
from dreamcode_sandbox.cases import StdinTest

FEWEST, MOST = 10, 15
WEAK_AMONG = 12
"""Ordinary inputs among which the public test of a weak set is looked for."""


def as_test(task: Task, value: Value) -> StdinTest:
    """The input with the right answer."""
    return StdinTest(f"{show(value)}\n", f"{show(answer(task.calls, value))}\n")


def public_tests(task: Task, random: Random) -> tuple[StdinTest, ...]:
    """Two samples, sometimes three: ordinary inputs with different, non-empty answers."""
    wanted = random.choice((2, 2, 2, 3))
    chosen: dict[str, StdinTest] = {}
    for _ in range(60):
        value = natural_input(task.takes, random)
        result = answer(task.calls, value)
        if show(result).strip() and small_enough(result):
            chosen.setdefault(show(result), as_test(task, value))
        if len(chosen) == wanted:
            break
    return tuple(chosen.values())


def weak_tests(task: Task, random: Random) -> tuple[StdinTest, ...]:
    """One sample: of some ordinary inputs the one that tells the fewest mistakes.

    So a program that passes it is wrong far more often than one that passes `public_tests`, as
    with the samples of real contests.
    """
    inputs = (natural_input(task.takes, random) for _ in range(60))
    values = [value for value in inputs if show(answer(task.calls, value)).strip()][:WEAK_AMONG]
    wrong = [*mutants(task)]

    def telling(value: Value) -> int:
        right = expect(task, value)
        return sum(kills(right, mutant, value) for mutant in wrong)

    return (as_test(task, min(values, key=telling)),)


def expect(task: Task, value: Value) -> list[str]:
    """The right answer's words: spaces are not told apart, as graders often do not."""
    return show(answer(task.calls, value)).split()


def kills(expected: list[str], mutant: Mutant, value: Value) -> bool:
    """Whether the input, of which `expected` is right, tells the mistaken program."""
    try:
        return show(mutant.run(value)).split() != expected
    except Exception:
        return True


def hidden_tests(task: Task, random: Random) -> tuple[StdinTest, ...]:
    """Tests chosen greedily: each kills the most mistakes that are still alive."""
    candidates: list[Value] = [
        value
        for value in candidate_inputs(task.takes, random)
        if small_enough(answer(task.calls, value))
    ]
    chosen: list[Value] = [candidates[0]]
    answers = [(value, expect(task, value)) for value in candidates]
    first, expected = answers[0]
    alive = [mutant for mutant in mutants(task) if not kills(expected, mutant, first)]
    killed_by = [{i for i, m in enumerate(alive) if kills(right, m, v)} for v, right in answers]
    left = set(range(len(alive)))
    while left and len(chosen) < MOST:
        best = max(range(len(candidates)), key=lambda i: len(killed_by[i] & left))
        if not killed_by[best] & left:
            break
        chosen.append(candidates[best])
        left -= killed_by[best]
    for value in reversed(candidates):
        if len(chosen) >= FEWEST:
            break
        if value not in chosen:
            chosen.append(value)
    return tuple(as_test(task, value) for value in chosen)
