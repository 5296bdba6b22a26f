"""Tasks: what a problem asks for, as operations with their arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Any

from dreamcode.miniature.inputs import natural_input
from dreamcode.miniature.operations import OPERATIONS, Kind, Operation, right_form
from dreamcode.miniature.splits import Split, split_of
from dreamcode.miniature.style import fill, plain_names

Value = list[int] | int | str
LARGEST = 10**7
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with the argument a task gives it."""

    operation: Operation
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Calls in order; each takes what the one before gives."""

    calls: tuple[Call, ...]

    @property
    def composition(self) -> tuple[str, ...]:
        """The keys of the operations, without arguments: what splits are made of."""
        return tuple(call.operation.key for call in self.calls)

    @property
    def takes(self) -> Kind:
        """Kind of the input."""
        return self.calls[0].operation.takes

    @property
    def gives(self) -> Kind:
        """Kind of the answer."""
        return self.calls[-1].operation.gives


@lru_cache(maxsize=4096)
def compile_body(operation: Operation, body: str) -> Callable[..., Value]:
    """The function that a body without alternatives describes."""
    argument = "N" if operation.takes is Kind.NUMBER else "S"
    argument = "XS" if operation.takes is Kind.NUMBERS else argument
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    source = fill(f"def f({argument}, K=None):\n{lines}", plain_names())
    space: dict[str, Any] = {}
    exec(compile(source, operation.key, "exec"), space)
    function: Callable[..., Value] = space["f"]
    return function


def run_right(call: Call, value: Value) -> Value:
    """What the operation makes of the value."""
    return compile_body(call.operation, right_form(call.operation.bodies[0]))(value, call.argument)


def answer(calls: Sequence[Call], value: Value) -> Value:
    """What the whole sequence makes of the value."""
    for call in calls:
        value = run_right(call, value)
    return value


def show(value: Value) -> str:
    """The value as programs print it, without the newline."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def small_enough(value: Value) -> bool:
    """Whether a value is fit to be printed and read."""
    numbers = value if isinstance(value, list) else [value] if isinstance(value, int) else []
    return len(show(value)) <= LONGEST and all(abs(number) <= LARGEST for number in numbers)


def draw_task(random: Random, split: Split, lengths: Mapping[int, float]) -> Task:
    """A task of the split in which every operation matters; `lengths` weighs how many it has."""
    while True:
        task = _draw_any(random, lengths)
        if split_of(task.composition) is split and _worth_asking(task, random):
            return task


def _draw_any(random: Random, lengths: Mapping[int, float]) -> Task:
    (length,) = random.choices(tuple(lengths), tuple(lengths.values()))
    kind = random.choices((Kind.NUMBERS, Kind.TEXT), (60, 40))[0]
    kinds = [kind]
    while len(kinds) <= length:
        left = length - len(kinds)
        ends = 0.15 if left else 0.5
        if kinds[-1] is Kind.NUMBERS and left < 2 and random.random() < ends:
            kinds.append(Kind.NUMBER)
        elif kinds[-1] is Kind.TEXT and random.random() < ends:
            kinds.append(Kind.NUMBERS if left and random.random() < 0.7 else Kind.NUMBER)
        else:
            kinds.append(kinds[-1])
    calls: list[Call] = []
    for takes, gives in pairwise(kinds):
        used = {call.operation.key for call in calls}
        fitting = [o for o in _by_kind(takes, gives) if o.key not in used]
        if not fitting:
            return _draw_any(random, lengths)
        chosen = random.choice(fitting)
        argument = random.choice(chosen.parameter.values) if chosen.parameter else None
        calls.append(Call(chosen, argument))
    return Task(tuple(calls))


@lru_cache(maxsize=16)
def _by_kind(takes: Kind, gives: Kind) -> tuple[Operation, ...]:
    return tuple(o for o in OPERATIONS if (o.takes, o.gives) == (takes, gives))


def _worth_asking(task: Task, random: Random) -> bool:
    """Answers vary, stay small, are rarely empty, and change without any one operation."""
    inputs: list[Value] = [natural_input(task.takes, random) for _ in range(12)]
    answers: list[Value] = []
    for value in inputs:
        for call in task.calls:
            value = run_right(call, value)
            if not small_enough(value):
                return False
        answers.append(value)
    if len(set(map(show, answers))) < 5 or sum(show(a) == "" for a in answers) > 3:
        return False
    for place, call in enumerate(task.calls):
        if call.operation.takes is call.operation.gives:
            rest = task.calls[:place] + task.calls[place + 1 :]
            if sum(answer(rest, v) != a for v, a in zip(inputs, answers, strict=True)) < 3:
                return False
    return True
