"""Where a step, or the whole program, is over in a text that is still being written."""

import re

from dreamcode.chain.lines import logical_lines
from dreamcode.chain.parse import heads

_ANY_FUNCTION = re.compile(r"(?:\A\ufeff?|[\r\n])[ \t\f]*+(?:async[ \t\f]+)?def[ \t\f]")
_INDENTED_FUNCTION = re.compile(r"[ \t\f]+(?:async[ \t\f]+)?def[ \t\f]")
_BLANK_LINES = re.compile(r"(?:[ \t\f]*+(?:\r\n|\r|\n))*+")
_FENCE = "```"


def step_end(prefix: str, continuation: str) -> int | None:
    """Where the first step in `continuation` ends and the next one begins.

    The same cut as `parse(prefix + continuation)` makes: known as soon as the `def` of the
    next step is there, it lies before whatever stands above that `def`. An `if __name__`
    block or other module code does not end a step by itself.

    Args:
        prefix: finished steps, or "".
        continuation: what has been written after them. May be handed over whole after every
            token: while no second line begins with `def` the answer takes one search.

    Returns:
        The step's end as an offset in `continuation`, or None while the step may go on.
    """
    functions = _ANY_FUNCTION.finditer(continuation)
    if next(functions, None) is None or next(functions, None) is None:
        return None
    starts = [head.start for head in heads(prefix + continuation) if head.line >= len(prefix)]
    return starts[1] - len(prefix) if len(starts) > 1 else None


def program_end(prefix: str, continuation: str) -> int | None:
    """Where a code fence at column 0, outside of strings, ends the program.

    Returns:
        The offset of the fence in `continuation`, or None if there is none yet.
    """
    if _FENCE not in continuation:
        return None
    source = prefix + continuation
    for line in logical_lines(source):
        if line.start >= len(prefix) and source.startswith(_FENCE, line.start):
            return line.start - len(prefix)
    return None


def normalise_step(text: str, *, last: bool = False) -> str:
    """A step's text with canonical surroundings.

    No blank lines before it; after it two if it ends in a top-level function, one if in a
    method, none if it is the program's last. It ends in a method if the last function in it
    that could be a step is indented: below a `class Solution` in the text, or because the
    text has no function at column 0.
    """
    body = text[_blank_lines_end(text) :].rstrip()
    if not body or last:
        return body and body + "\n"
    return body + ("\n\n" if _ends_in_method(body) else "\n\n\n")


def _ends_in_method(body: str) -> bool:
    columns = [head.column for head in heads(body)]
    if columns:
        return columns[-1] > 0
    return any(_INDENTED_FUNCTION.match(body, line.start) for line in logical_lines(body))


def _blank_lines_end(text: str) -> int:
    found = _BLANK_LINES.match(text)
    return found.end() if found else 0
