"""Statements: what a task reads like."""

from collections.abc import Sequence
from random import Random

from dreamcode.miniature.operations import Kind, phrase
from dreamcode.miniature.style import choose
from dreamcode.miniature.tasks import Call, Task
from dreamcode_sandbox.cases import StdinTest

OPENINGS = {
    Kind.NUMBERS: (
        "You are given a list of integers.",
        "Read a list of integers and work on it.",
        "A list of whole numbers is given.",
        "Given some integers, do as told.",
    ),
    Kind.TEXT: (
        "You are given a line of text.",
        "Read a line of text and work on it.",
        "A text of one line is given.",
        "Given a line of words, do as told.",
    ),
}
INPUTS = {
    Kind.NUMBERS: (
        "One line with the integers, separated by spaces. It may be empty.",
        "The integers on a single line, which may be empty.",
    ),
    Kind.TEXT: (
        "One line of text. It may be empty.",
        "The text on a single line, which may be empty.",
    ),
}
OUTPUTS = {
    Kind.NUMBERS: (
        "Print the resulting numbers on one line, separated by spaces.",
        "One line: the numbers of the final list.",
    ),
    Kind.NUMBER: ("Print the resulting number.", "One line: the number obtained."),
    Kind.TEXT: ("Print the resulting text.", "One line: the final text."),
}


def write_statement(task: Task, samples: Sequence[StdinTest], random: Random) -> str:
    """The task in words, with the samples if there are any."""
    opening = choose(random, OPENINGS[task.takes])
    phrases = [say(call, random) for call in task.calls]
    asked = choose(random, (_numbered, _plain, _bullets))(opening, phrases)
    mark = choose(random, ("## ", "", "### "))
    parts = [
        asked,
        f"{mark}Input\n\n{choose(random, INPUTS[task.takes])}",
        f"{mark}Output\n\n{choose(random, OUTPUTS[task.gives])}",
    ]
    for number, sample in enumerate(samples, 1):
        parts.append(f"{mark}Sample Input {number}\n\n```\n{sample.input}```")
        parts.append(f"{mark}Sample Output {number}\n\n```\n{sample.output}```")
    return "\n\n".join(parts)


def say(call: Call, random: Random) -> str:
    """One call as an imperative phrase."""
    return phrase(choose(random, call.operation.wordings), call.argument)


def sentence(text: str) -> str:
    """The phrase with a capital letter and a full stop."""
    return text[0].upper() + text[1:] + "."


def _numbered(opening: str, phrases: Sequence[str]) -> str:
    lines = [f"{number}. {sentence(text)}" for number, text in enumerate(phrases, 1)]
    return f"{opening} Do the following in order.\n\n" + "\n".join(lines)


def _bullets(opening: str, phrases: Sequence[str]) -> str:
    lines = [f"- {sentence(text)}" for text in phrases]
    return f"{opening} Carry out these steps one after the other:\n\n" + "\n".join(lines)


def _plain(opening: str, phrases: Sequence[str]) -> str:
    return f"{opening}\n" + "\n".join(map(sentence, phrases))
