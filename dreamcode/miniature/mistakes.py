"""Natural mistakes: how often they are made, and what each does to a task.

A mistake's chance depends on the operation alone, never on style.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from dreamcode.miniature.operations import Operation, right_form, wrong_forms
from dreamcode.miniature.splits import fixed_number
from dreamcode.miniature.tasks import Call, Task, Value, compile_body, run_right

COMMON_RATES = (0.45, 0.52, 0.60)
RARE_RATE = 0.05
MAIN_RATE = 0.07
FAVOURITE = 0.75


def mistake_rate(operation: Operation) -> float:
    """How often programs get this operation wrong: a third of the operations about half."""
    number = fixed_number("lapses", operation.key)
    return COMMON_RATES[number // 3 % 3] if number % 3 == 0 else RARE_RATE


def draw_body(operation: Operation, body: str, random: Random) -> tuple[str, bool]:
    """The body as somebody writes it, and whether that is a mistaken form."""
    if random.random() >= mistake_rate(operation):
        return right_form(body), False
    favourite, *others = wrong_forms(body)
    return random.choice(others) if others and random.random() > FAVOURITE else favourite, True


def main_mistakes(task: Task) -> Iterator[tuple[str, Task]]:
    """Every single mistake in reading the problem: its name and the task so misread."""
    calls = task.calls
    for place, call in enumerate(calls):
        same_kind = call.operation.takes is call.operation.gives
        if same_kind:
            yield f"forgets {call.operation.key}", Task(calls[:place] + calls[place + 1 :])
        if place + 1 < len(calls):
            after = calls[place + 1]
            if same_kind and after.operation.takes is after.operation.gives:
                swapped = (*calls[:place], after, call, *calls[place + 2 :])
                yield f"swaps {call.operation.key} and {after.operation.key}", Task(swapped)
        if call.argument is not None:
            others = {c.argument for c in calls if c.argument is not None}
            near = {call.argument - 1, call.argument + 1} - {0}
            for argument in sorted((near | others) - {call.argument}):
                misread = (*calls[:place], Call(call.operation, argument), *calls[place + 1 :])
                yield f"misreads {call.argument} as {argument}", Task(misread)


def draw_reading(task: Task, random: Random) -> tuple[Task, str | None]:
    """The task as somebody reads it, and the mistake in that, if any."""
    if random.random() >= MAIN_RATE:
        return task, None
    kinds: dict[str, list[tuple[str, Task]]] = {}
    for name, misread in main_mistakes(task):
        if len(misread.calls) > 1 and _sensible(misread):
            kinds.setdefault(name.split()[0], []).append((name, misread))
    if not kinds:
        return task, None
    name, misread = random.choice(kinds[random.choice(sorted(kinds))])
    return misread, name


def _sensible(task: Task) -> bool:
    """Whether no misread argument makes a helper divide by zero or take a negative count."""
    return all(
        call.argument is None
        or call.operation.parameter is None
        or call.argument > 0
        or min(call.operation.parameter.values) <= 0
        for call in task.calls
    )


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one mistake.

    Attributes:
        name: what is wrong with it.
        calls: what it does, in order.
        place: which call has a mistaken body; None when the reading is mistaken.
        body: the mistaken body of that call.
    """

    name: str
    calls: tuple[Call, ...]
    place: int | None = None
    body: str = ""

    def run(self, value: Value) -> Value:
        """What it answers; raises what the mistaken code raises."""
        for place, call in enumerate(self.calls):
            if place == self.place:
                value = compile_body(call.operation, self.body)(value, call.argument)
            else:
                value = run_right(call, value)
        return value


def mutants(task: Task) -> Iterator[Mutant]:
    """Every program with exactly one mistake that this world can make of the task."""
    for place, call in enumerate(task.calls):
        for body in call.operation.bodies:
            for wrong in wrong_forms(body):
                yield Mutant(f"{call.operation.key}: {wrong}", task.calls, place, wrong)
    for name, misread in main_mistakes(task):
        yield Mutant(name, misread.calls)
