"""Which function of a program went wrong first: known here, for the world has the right ones.

A beginning of a program is sound if the program passes all tests once the functions that it still
lacks are filled in rightly. The first faulty function is the one with which it no longer does.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import accumulate

from dreamcode.chain.names import missing_helpers
from dreamcode.miniature.exams import generate_task, read_id
from dreamcode.miniature.operations import OPERATIONS, Kind, Operation, right_form
from dreamcode.miniature.style import fill, plain_names
from dreamcode.problems.exam import Exam

Passes = Callable[[Exam, Sequence[str]], Awaitable[list[bool]]]
"""Judges programs on all tests of a problem: `dreamcode.grading.judge.Judge.passes`."""

PREFIXES = ("do_", "apply_", "then_")
"""What the world's programmers put before an operation's name."""

ARGUMENTS = {Kind.NUMBERS: "XS", Kind.TEXT: "S", Kind.NUMBER: "N"}
READERS = {
    Kind.NUMBERS: "return [int(word) for word in input().split()]",
    Kind.TEXT: "return input()",
    Kind.NUMBER: "return int(input())",
}
GUARD = '\n\nif __name__ == "__main__":\n    main()\n'
BY_KEY: Mapping[str, Operation] = {operation.key: operation for operation in OPERATIONS}


async def find_faults(exam: Exam, chains: Sequence[Sequence[str]], passes: Passes) -> list[int]:
    """Place of the first faulty step of each program, the first step being 0.

    Args:
        exam: a problem of a miniature world.
        chains: the steps of finished programs that fail; equal beginnings are judged once.
        passes: who judges.

    Raises:
        KeyError: no miniature world has the problem.
    """
    origin = read_id(exam.problem.id)
    if origin is None:
        raise KeyError(exam.problem.id)
    world, split, index = origin
    takes = generate_task(split, index, world).takes
    beginnings = dict.fromkeys(text for steps in chains for text in list(accumulate(steps))[:-1])
    whole = {text: complete(text, takes) for text in beginnings}
    completed = {text: program for text, program in whole.items() if program is not None}
    verdicts = await passes(exam, list(completed.values()))
    sound = {text for text, right in zip(completed, verdicts, strict=True) if right}
    return [
        next(
            (place for place, text in enumerate(accumulate(steps)) if text not in sound),
            len(steps) - 1,
        )
        for steps in chains
    ]


def complete(beginning: str, takes: Kind) -> str | None:
    """The beginning of a program with right functions behind it; None where it wants others.

    Args:
        beginning: the first steps.
        takes: kind of the problem's input.
    """
    helpers = [write_helper(name, takes) for name in missing_helpers(beginning)]
    found = [helper for helper in helpers if helper is not None]
    return "".join([beginning, *found, GUARD]) if len(found) == len(helpers) else None


def write_helper(name: str, takes: Kind) -> str | None:
    """The function of that name as the world has it; None where it is none of the world's.

    Args:
        name: what the program calls.
        takes: kind of the problem's input.
    """
    key = next((name.removeprefix(one) for one in PREFIXES if name.startswith(one)), name)
    operation = BY_KEY.get(key)
    if operation is not None:
        head = ARGUMENTS[operation.takes] + (", K" if operation.parameter else "")
        body = right_form(operation.bodies[0]).replace("\n", "\n    ")
        return fill(f"def {name}({head}):\n    {body}\n\n\n", plain_names())
    if name.startswith(("read", "get")):
        return f"def {name}():\n    {READERS[takes]}\n\n\n"
    return None
