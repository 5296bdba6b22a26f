"""Whole continuations, and programs in free answers, in the canonical form of steps."""

from itertools import pairwise

from dreamcode.chain.boundary import normalise_step
from dreamcode.chain.extract import extract_program
from dreamcode.chain.parse import heads


def normalise_continuation(prefix: str, text: str, *, finished: bool) -> str:
    """`text` with the canonical surroundings of its steps, as if each had been proposed alone.

    Args:
        prefix: finished steps, or "".
        text: what was written behind them.
        finished: whether the program ends with it; else its last step is left as it is.
    """
    *steps, last = cut_continuation(prefix, text)
    return "".join(
        [*map(normalise_step, steps), normalise_step(last, last=True) if finished else last]
    )


def cut_continuation(prefix: str, text: str) -> list[str]:
    """The text of the steps that `text`, written behind the finished steps `prefix`, is made of.

    At least one; what stands before the first function of `text` is part of its first step.
    """
    starts = [head.start - len(prefix) for head in heads(prefix + text) if head.line >= len(prefix)]
    return [text[start:end] for start, end in pairwise([0, *starts[1:], len(text)])]


def read_answer(answer: str, function: str | None = None) -> tuple[str, bool]:
    """The program in a free answer, in canonical form, and whether there is one.

    Args:
        answer: what was written, thinking included.
        function: what tests call, as for `extract_program`.
    """
    program = extract_program(answer, function)
    found = bool(program.strip())
    return normalise_continuation("", program, finished=found), found
