"""Prompts: the templates beside this file, filled in for a problem.

Chain-of-Function prompts ("cof") ask for one function per sub-task, plain ones for a program.
Source: DreamPRM-Code (arXiv 2512.15000), section on Chain-of-Function prompting; the
wording and the examples are our own.
"""

import hashlib
import sys
from functools import cache
from importlib import resources
from typing import Literal

from jinja2 import DictLoader, Environment, StrictUndefined

from dreamcode.chain.names import missing_helpers
from dreamcode.chain.prompts.begin import begin_program as begin_program
from dreamcode.problems import Problem
from dreamcode.prompting import Prompting

Form = Literal["stdin", "class", "function"]
Message = dict[str, str]

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version that programs are asked for: the sandbox runs the Python that runs us."""

FENCE = "```python\n"
"""What the answer of an obedient model begins with; writing it ourselves is the prefill."""


def form_of(problem: Problem) -> Form:
    """The form of program that the problem's tests ask for."""
    if problem.function is None:
        return "stdin"
    return "class" if "class Solution" in problem.starter_code else "function"


def system_prompt(problem: Problem, prompting: Prompting = "cof") -> str:
    """The instructions; for Chain-of-Function with their worked example."""
    if prompting == "plain":
        return _render("plain.j2", problem=problem, form=form_of(problem))
    return _render(f"{form_of(problem)}.j2", problem=problem)


def chat_messages(problem: Problem, prompting: Prompting = "cof") -> list[Message]:
    """Messages whose answer is the whole program in a fence; prefill continues it."""
    return [
        {"role": "system", "content": system_prompt(problem, prompting)},
        {"role": "user", "content": render_user(problem)},
    ]


def render_user(problem: Problem) -> str:
    """The problem as a user's message: statement and starter code."""
    return _render("user.j2", problem=problem)


def next_step_messages(problem: Problem, prefix: str) -> list[Message]:
    """Messages for a chat model that cannot be prefilled: write the next function only."""
    return _messages_behind("next_step.j2", problem, prefix)


def rest_messages(problem: Problem, prefix: str) -> list[Message]:
    """Messages for a chat model that cannot be prefilled: write all that is missing."""
    return _messages_behind("rest.j2", problem, prefix)


def _messages_behind(template: str, problem: Problem, prefix: str) -> list[Message]:
    entry = "`main()`" if problem.function is None else f"`{problem.function}`"
    user = _render(
        template,
        problem=problem,
        prefix=prefix,
        form=form_of(problem),
        entry=entry,
        missing=missing_helpers(prefix) if prefix else [],
    )
    return [
        {"role": "system", "content": system_prompt(problem)},
        {"role": "user", "content": user},
    ]


def raw_prompt(problem: Problem, prompting: Prompting = "cof") -> str:
    """Text for a base model to continue, up to and including the opening fence."""
    user = render_user(problem)
    return f"{system_prompt(problem, prompting)}\n\n{user}\n{FENCE}"


def bare_prompt(problem: Problem) -> str:
    """Statement alone, for models that were trained on chains and need no instructions."""
    return _render("bare.j2", problem=problem)


@cache
def templates_hash() -> str:
    """Short hash of all templates; part of every journal key that depends on a prompt."""
    parts = sorted([*_templates().items(), ("python", PYTHON)])
    joined = "\x00".join(f"{name}\x00{text}" for name, text in parts)
    return hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()


def _templates() -> dict[str, str]:
    folder = resources.files(__package__)
    return {
        entry.name: entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".j2")
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader(_templates()), undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.globals["python"] = PYTHON
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
