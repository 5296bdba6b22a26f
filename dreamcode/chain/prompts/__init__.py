"""Prompts: the templates beside this file, filled in for a problem.

Chain-of-Function prompts ("cof") ask for one function per sub-task, plain ones for a program.
Source: DreamPRM-Code (arXiv 2512.15000), section on Chain-of-Function prompting; the
wording and the examples are our own.
"""

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Literal

from jinja2 import DictLoader, Environment, StrictUndefined

from dreamcode.chain.names import missing_helpers
from dreamcode.chain.prompts.begin import begin_program as begin_program
from dreamcode.problems import Problem
from dreamcode.prompting import PYTHON, Prompting

Form = Literal["stdin", "class", "function"]
Message = dict[str, str]

FENCE = "```python\n"
"""What the answer of an obedient model begins with; writing it ourselves is the prefill."""


def form_of(problem: Problem) -> Form:
    """The form of program that the problem's tests ask for."""
    if problem.function is None:
        return "stdin"
    return "class" if "class Solution" in problem.starter_code else "function"


def system_prompt(problem: Problem, prompting: Prompting = "cof", python: str = PYTHON) -> str:
    """The instructions; for Chain-of-Function with their worked example.

    Args:
        problem: what to solve.
        prompting: how the model is asked.
        python: the version that the program will run on, as in "3.13".
    """
    form = form_of(problem)
    template = "plain.j2" if prompting == "plain" else f"{form}.j2"
    return _render(template, problem=problem, form=form, python=python)


def chat_messages(
    problem: Problem, prompting: Prompting = "cof", python: str = PYTHON, feedback: str = ""
) -> list[Message]:
    """Messages whose answer is the whole program in a fence; prefill continues it.

    Args:
        problem: what to solve.
        prompting: how the model is asked.
        python: the version that the program will run on.
        feedback: what is said of the failure of an earlier program.
    """
    return [
        {"role": "system", "content": system_prompt(problem, prompting, python)},
        {"role": "user", "content": render_user(problem, feedback)},
    ]


def render_user(problem: Problem, feedback: str = "") -> str:
    """The problem as a user's message: statement and starter code."""
    return _render("user.j2", problem=problem, feedback=feedback)


def next_step_messages(
    problem: Problem, prefix: str, python: str = PYTHON, feedback: str = ""
) -> list[Message]:
    """Messages for a chat model that cannot be prefilled: write the next function only."""
    return _messages_behind("next_step.j2", problem, prefix, python, feedback)


def rest_messages(
    problem: Problem, prefix: str, python: str = PYTHON, feedback: str = ""
) -> list[Message]:
    """Messages for a chat model that cannot be prefilled: write all that is missing."""
    return _messages_behind("rest.j2", problem, prefix, python, feedback)


def describe_failure(asked: str, expected: str, got: str, verdict: str) -> str:
    """Tells a model which public test an earlier program failed, and how.

    All of it is text of others: it stands between fences that are longer than any in it.

    Args:
        asked: what the program read, or the call that was made.
        expected: what it should have printed or returned.
        got: what it did, or the last line of its error.
        verdict: what came of it, in words.
    """
    longest = max(map(len, re.findall("`{3,}", f"{asked}{expected}{got}")), default=2)
    return _render(
        "failed_test.j2",
        fence="`" * (longest + 1),
        asked=asked,
        expected=expected,
        got=got,
        verdict=verdict,
    )


def _messages_behind(
    template: str, problem: Problem, prefix: str, python: str, feedback: str
) -> list[Message]:
    entry = "`main()`" if problem.function is None else f"`{problem.function}`"
    user = _render(
        template,
        problem=problem,
        feedback=feedback,
        prefix=prefix,
        form=form_of(problem),
        entry=entry,
        missing=missing_helpers(prefix) if prefix else [],
    )
    return [
        {"role": "system", "content": system_prompt(problem, python=python)},
        {"role": "user", "content": user},
    ]


def raw_prompt(problem: Problem, prompting: Prompting = "cof", python: str = PYTHON) -> str:
    """Text for a base model to continue, up to and including the opening fence, if there is one."""
    if prompting == "bare":
        return bare_prompt(problem)
    user = render_user(problem)
    return f"{system_prompt(problem, prompting, python)}\n\n{user}\n{FENCE}"


def bare_prompt(problem: Problem) -> str:
    """Statement alone, for models that were trained on chains and need no instructions."""
    return _render("bare.j2", problem=problem)


@cache
def templates_hash(python: str = PYTHON) -> str:
    """Short hash of all templates; part of every journal key that depends on a prompt."""
    parts = sorted([*_templates().items(), ("python", python)])
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
    return Environment(
        loader=DictLoader(_templates()), undefined=StrictUndefined, keep_trailing_newline=True
    )


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
