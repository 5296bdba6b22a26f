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
    starts = [head.start - len(prefix) for head in heads(prefix + text) if head.line >= len(prefix)]
    # What stands before the first function of the text is part of its first step.
    *steps, last = [text[start:end] for start, end in pairwise([0, *starts[1:], len(text)])]
    return "".join(
        [*map(normalise_step, steps), normalise_step(last, last=True) if finished else last]
    )


def read_answer(answer: str, function: str | None = None) -> tuple[str, bool]:
    """The program in a free answer, in canonical form, and whether there is one.

    Args:
        answer: what the model wrote.
        function: what tests call; None for programs that read stdin.
    """
    program = extract_program(answer)
    found = bool(program.strip())
    return normalise_continuation("", program, finished=found), found
