"""`judge/<model>`: a language model behind a server is asked whether a program is right so far.

Its reward for a prefix is the chance of "yes" against "no" as the next word of its answer
(generative verifiers: Zhang et al. 2024, arXiv 2408.15240).
"""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

from cachetools import LRUCache
from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ValidationError

from dreamcode.chain.prompts import render_user
from dreamcode.concurrency import together
from dreamcode.errors import InfrastructureError, InputError, TooLongError
from dreamcode.policies.draft import Draft
from dreamcode.policies.openai.connecting import connect
from dreamcode.policies.openai.wire import RefusedError, Wire
from dreamcode.policies.policy import Ending
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.problems import Problem
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, StepRewards

ANSWER_TOKENS = 16
"""Most tokens of an answer: a word, and what some models put before it."""

ALTERNATIVES = 20
"""Words whose chances are asked for beside the one that was written; servers allow no more."""

KNOWN_PREFIXES = 2**16
"""Prefixes whose rewards are remembered."""

_WORDS = {"yes": True, "no": False}
_TEMPLATE = resources.files(__package__).joinpath("judge.j2").read_text("utf-8")
_QUESTION = Environment(undefined=StrictUndefined).from_string(_TEMPLATE)


_Prefix = tuple[str, str, bool]  # of which problem, its text, whether it is a finished program


class _Alternative(BaseModel):
    token: str
    logprob: float


class _Token(_Alternative):
    top_logprobs: list[_Alternative] = []


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    logprobs: _Logprobs | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None


class Judge:
    """A language model as a judge of prefixes: one short answer per prefix.

    Args:
        model: the name that the server knows it by.
        wire: connection to its server, or to several; closed with the judge.
        aggregation: how the rewards of a chain's steps become one number.
        extra: further fields of every request.
        on_event: told what the model does not tell, and at the end what it took.
    """

    def __init__(
        self,
        model: str,
        wire: Wire,
        aggregation: Aggregation,
        extra: dict[str, Any],
        on_event: Callable[[str], None],
    ) -> None:
        self._model = model
        self._wire = wire
        self._aggregation: Aggregation = aggregation
        self._say = on_event
        self._told: set[str] = set()
        self._known: LRUCache[_Prefix, float | None] = LRUCache(KNOWN_PREFIXES)
        self._asked: dict[str, Any] = {
            "max_tokens": ANSWER_TOKENS,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": ALTERNATIVES,
            **extra,
        }
        self._calls = self._read = self._written = 0

    @property
    def name(self) -> str:
        """What to type after `--reward` to get this model."""
        return f"judge/{self._model}"

    @property
    def fingerprint(self) -> str:
        """Differs where the question differs."""
        return hashlib.blake2b(_TEMPLATE.encode(), digest_size=8).hexdigest()

    @property
    def aggregation(self) -> Aggregation:
        """How the rewards of a chain's steps become one number."""
        return self._aggregation

    @property
    def judges(self) -> Judged:
        """Every prefix."""
        return "prefixes"

    def describe(self) -> list[str]:
        """What it does, in phrases."""
        return [
            f"a language model at {self._wire.base_url}, asked for yes or no",
            "judges every prefix, one request each",
            "reward: the chance of yes",
            f"a chain's reward: {self._aggregation}",
            "not calibrated",
        ]

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """The chance of "yes" for every prefix; None where the model says neither yes nor no.

        Raises:
            InputError: the server does not take the question.
            InfrastructureError: the server kept failing.
        """
        wanted = [_prefixes(problem, draft) for draft in drafts]
        known = {key: self._known[key] for row in wanted for key in row if key in self._known}
        missing = dict.fromkeys(key for row in wanted for key in row if key not in known)
        asked = [self._ask(problem, program, ended) for _, program, ended in missing]
        known.update(zip(missing, await together(asked), strict=True))
        self._known.update(known)
        return [tuple(known[key] for key in row) for row in wanted]

    async def close(self) -> None:
        """Closes the connections."""
        if self._calls:
            self._say(
                f"{self.name} was asked {self._calls} times: {self._read} tokens read, "
                f"{self._written} written, beside what the run counts"
            )
        await self._wire.close()

    async def _ask(self, problem: Problem, program: str, finished: bool) -> float | None:
        question = render(problem, program, finished=finished)
        messages = [{"role": "user", "content": question}]
        async with self._wire.slots:
            said = await self._post({"model": self._model, "messages": messages})
        try:
            answer = _Answer.model_validate(said)
            choice = answer.choices[0]
        except (ValidationError, IndexError) as error:
            raise InfrastructureError(
                f"{self._wire.base_url} answers what is no answer: {str(said)[:200]}"
            ) from error
        self._calls += 1
        if answer.usage is not None:
            self._read += answer.usage.prompt_tokens
            self._written += answer.usage.completion_tokens
        chance = read_chance(choice.logprobs.content if choice.logprobs else None)
        if chance is not None:
            return chance
        word = _read_word(choice.message.content or "")
        if word is None:
            self._tell_once(
                f"{self.name} answers neither yes nor no but {choice.message.content!r:.60}: no "
                "reward; turn its thinking off (--extra "
                "chat_template_kwargs.enable_thinking=false) or use another model"
            )
            return None
        self._tell_once(f"{self.name} tells no chances: its word alone counts, as 0 or 1")
        return float(word)

    async def _post(self, body: dict[str, Any]) -> Any:
        """Asks; leaves out, once and for all, what this server does not take."""
        while True:
            asked = dict(self._asked)
            try:
                return await self._wire.post("/chat/completions", {**body, **asked})
            except RefusedError as error:
                if error.too_long:
                    raise TooLongError(
                        f"{self.name}: a program is too long for it: {error}"
                    ) from error
                if not self._give_up(str(error), error.parameter, asked):
                    raise InputError(
                        f"{self._wire.base_url} refuses to judge with {self._model!r}: {error}"
                    ) from error

    def _give_up(self, said: str, blamed: str | None, asked: dict[str, Any]) -> bool:
        """Leaves out what the server blames; says whether there is anything left to try."""
        if asked != self._asked:  # somebody else has learnt it meanwhile
            return True
        named = [name for name in self._asked if name == blamed or re.search(rf"\b{name}\b", said)]
        if "max_tokens" in named and "max_completion_tokens" in said:
            self._asked["max_completion_tokens"] = self._asked.pop("max_tokens")
            return True
        for name in named:
            del self._asked[name]
        if named:
            self._tell_once(f"{self.name} does not take {', '.join(named)}: asked without")
        return bool(named)

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)


def _prefixes(problem: Problem, draft: Draft) -> list[_Prefix]:
    ends = range(1, len(draft.steps) + 1)
    whole = len(draft.steps) if draft.ending is Ending.PROGRAM else 0
    of = f"{problem.id}\x00{problem.statement}"
    return [(of, "".join(draft.steps[:end]), end == whole) for end in ends]


def open_judge(
    model: str,
    options: ServerOptions,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> Judge:
    """The reward model `judge/<model>`.

    Args:
        model: the name that the server knows it by.
        options: where the servers are, and what further fields requests have.
        aggregation: how step rewards become one number; None takes the last.
        on_event: told about retries, and what the model does not tell.

    Raises:
        InputError: no usable URL, or no key where one is needed.
    """
    say = on_event or (lambda _: None)
    wire = connect(options, None, say, Pulse())
    return Judge(model, wire, aggregation or "last", dict(options.extra or {}), say)


def render(problem: Problem, program: str, *, finished: bool) -> str:
    """The question."""
    longest = max(map(len, re.findall("`{3,}", program)), default=2)
    return _QUESTION.render(
        problem=render_user(problem).strip(),
        program=program.rstrip(),
        fence="`" * (longest + 1),
        finished=finished,
    )


def read_chance(tokens: Sequence[_Token] | None) -> float | None:
    """The chance of yes against no where the answer's word stands; None if there is none.

    All spellings of a word count together.
    """
    for token in tokens or ():
        if _read_word(token.token) is None:
            continue
        mass = {True: 0.0, False: 0.0}
        for one in {one.token: one for one in [token, *token.top_logprobs]}.values():
            if (word := _read_word(one.token)) is not None:
                mass[word] += math.exp(one.logprob)
        return mass[True] / (mass[True] + mass[False])
    return None


def _read_word(text: str) -> bool | None:
    """Whether it says yes (True) or no (False), by its first word."""
    found = re.match(r"\W*(\w+)", text)
    return _WORDS.get(found[1].lower()) if found else None
