"""How the first function of an answer begins, where the answer may be begun for the model."""

import re

from dreamcode.chain.lines import logical_lines
from dreamcode.problems import Problem

_SOLUTION = re.compile(r"class[ \t]+Solution\b")


def begin_program(problem: Problem) -> str:
    """The head of the function that tests call, or of `main`; "" where its signature is unknown.

    Small models do not take the entry first by themselves. It ends at the colon: with the line
    end behind it, which tokenizers join to what follows, they write functions without a body.
    """
    if problem.function is None:
        return "def main():"
    starter = problem.starter_code
    head = re.compile(rf"[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(problem.function)}\b")
    lines = logical_lines(starter)
    entry = next((line for line in lines if head.match(starter, line.start)), None)
    if entry is None:
        return ""
    text = starter[entry.start : entry.end].rstrip()
    if not text.endswith(":"):  # a body on the same line, or a comment behind the colon
        return ""
    if not entry.column:
        return text
    classes = [line for line in lines if _SOLUTION.match(starter, line.start)]
    return f"{starter[classes[0].start : classes[0].end].rstrip()}\n{text}" if classes else ""
