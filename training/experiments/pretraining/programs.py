"""Programs: how somebody writes a task down as a chain of functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from dreamcode.miniature.mistakes import draw_body, draw_reading
from dreamcode.miniature.operations import Kind, phrase, right_form
from dreamcode.miniature.statements import say, sentence
from dreamcode.miniature.style import NAMES, choose, draw_names, fill
from dreamcode.miniature.tasks import Call, Task

WORDS: dict[str, dict[Kind, list[str]]] = {
    what: {Kind(kind): words for kind, words in own.items()}
    for what, own in yaml.safe_load(Path(__file__).with_name("words.yaml").read_text()).items()
}
PREFIXES = ("", "do_", "apply_", "then_")
GUARD = 'if __name__ == "__main__":\n    main()\n'
BETWEEN = "\n\n\n"


@dataclass(frozen=True, slots=True)
class Written:
    """A program and what its writer got wrong.

    Attributes:
        steps: text of each function, blank lines up to the next one included.
        mistakes: one entry a mistake: the operation's key, or the name of a misreading.
    """

    steps: tuple[str, ...]
    mistakes: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The whole program."""
        return "".join(self.steps)


def write_program(task: Task, random: Random) -> Written:
    """A program as the world's programmers write it, mistakes included."""
    reading, misread = draw_reading(task, random)
    mistakes = [misread] if misread else []
    bodies = []
    for call in reading.calls:
        body, wrong = draw_body(call.operation, choose(random, call.operation.bodies), random)
        bodies.append(body)
        mistakes += [call.operation.key] * wrong
    return Written(_lay_out(reading, bodies, random), tuple(mistakes))


def reference_program(task: Task, random: Random) -> Written:
    """A right program in a free style."""
    bodies = [right_form(choose(random, call.operation.bodies)) for call in task.calls]
    return Written(_lay_out(task, bodies, random))


def _lay_out(task: Task, bodies: Sequence[str], random: Random) -> tuple[str, ...]:
    reader = choose(random, WORDS["readers"][task.takes])
    prefix = choose(random, PREFIXES)
    names = [prefix + call.operation.key for call in task.calls]
    functions = [_main(task, reader, names, random), _reader(task.takes, reader, random)]
    for call, name, body in zip(task.calls, names, bodies, strict=True):
        functions.append(_helper(call, name, body, random))
    functions[-1] += BETWEEN + GUARD
    return (*(text + BETWEEN for text in functions[:-1]), functions[-1])


def _function(head: str, doc: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f'def {head}:\n    """{doc}"""\n{body}'


def _helper(call: Call, name: str, body: str, random: Random) -> str:
    operation = call.operation
    names = draw_names(random, operation.parameter.names if operation.parameter else ("k",))
    argument = {Kind.NUMBERS: "XS", Kind.TEXT: "S", Kind.NUMBER: "N"}[operation.takes]
    head = f"{name}({argument}, K)" if operation.parameter else f"{name}({argument})"
    doc = sentence(phrase(choose(random, operation.wordings), names["K"]))
    return _function(fill(head, names), doc, fill(body, names).split("\n"))


def _reader(kind: Kind, name: str, random: Random) -> str:
    names = draw_names(random)
    body = fill(choose(random, WORDS["read_bodies"][kind]), names)
    return _function(f"{name}()", choose(random, WORDS["read_words"][kind]), body.split("\n"))


def _main(task: Task, reader: str, helpers: Sequence[str], random: Random) -> str:
    style = choose(random, (_one_name, _two_names, _name_by_kind))
    variables = style(task, random)
    lines = [f"{variables[0]} = {reader}()"]
    for place, (call, helper) in enumerate(zip(task.calls, helpers, strict=True)):
        argument = "" if call.argument is None else f", {call.argument}"
        lines.append(f"{variables[place + 1]} = {helper}({variables[place]}{argument})")
    if random.random() < 0.5:  # the last call inside print
        _, last = lines.pop().split(" = ", 1)
    else:
        last = variables[-1]
    lines.append(choose(random, WORDS["prints"][task.gives]).format(last))
    return _function("main()", _plan(task, random), lines)


def _plan(task: Task, random: Random) -> str:
    lines = [sentence(say(call, random)) for call in task.calls]
    layout = choose(random, ("numbers", "lines", "heading"))
    if layout != "lines":
        lines = [f"{number}. {line}" for number, line in enumerate(lines, 1)]
    if layout == "heading":
        lines = ["Plan:", *lines]
    return "\n    ".join(lines) + "\n    "


def _one_name(task: Task, random: Random) -> list[str]:
    name = choose(random, WORDS["main_names"][task.takes])
    return [name] * (len(task.calls) + 1)


def _two_names(task: Task, random: Random) -> list[str]:
    first = choose(random, WORDS["main_names"][task.takes])
    return [first] + [choose(random, NAMES["OUT"])] * len(task.calls)


def _name_by_kind(task: Task, random: Random) -> list[str]:
    names = {kind: choose(random, options) for kind, options in WORDS["main_names"].items()}
    kinds = [task.takes, *(call.operation.gives for call in task.calls)]
    return [names[kind] for kind in kinds]
