"""A problem and a chain of steps as token ids, with the places where prefixes are scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cachetools import LRUCache

from dreamcode.chain.prompts import FENCE, bare_prompt, render_user
from dreamcode.errors import TooLongError
from dreamcode.problems import Problem
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.texts import clean

GAP = "\n[...]\n"
"""Stands where the middle of a long statement was left out."""

KNOWN_TEXTS = 2**12
"""Prompts and steps whose tokens are remembered: candidates of a problem share most of theirs."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A chain as a reward model reads it.

    Attributes:
        ids: the prompt's tokens, then the steps', one by one.
        start: index in `ids` where the program begins.
        ends: for each step, the index in `ids` of the token it is scored on. Nothing behind
            that token can change the score: one causal pass scores every prefix.
    """

    ids: tuple[int, ...]
    start: int
    ends: tuple[int, ...]


class ChainEncoder:
    """Turns problems and steps into token ids, the same for training and for scoring.

    Steps and separators are encoded one by one and joined, so that a prefix of a chain is a
    prefix in tokens. Code is never cut: where the window is too small, the middle of the
    statement is left out.

    Args:
        tokenizer: the model's own.
        config: says template and separator, and the window where it is smaller.
        window: most tokens the model reads; None if it does not say.
        warn: told, once per problem, that its statement is shortened.

    Attributes:
        window: most tokens it makes of a chain; None: any number.
    """

    def __init__(
        self,
        tokenizer: Any,
        config: PrmConfig,
        window: int | None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._tokenizer = tokenizer
        self._config = config
        known = [one for one in (window, config.window) if one is not None]
        self.window = min(known, default=None)
        self._warn = warn
        self._warned: set[str] = set()
        self._known: LRUCache[tuple[str, bool], list[int]] = LRUCache(KNOWN_TEXTS)

    def encode(self, problem: Problem, steps: Sequence[str]) -> Encoded:
        """The chain's tokens.

        Raises:
            TooLongError: the program alone is longer than the window.
        """
        separator = self._tokens(self._config.separator)
        pieces = [self._tokens(step) + separator for step in steps]
        if self._config.closed:
            pieces[-1] = pieces[-1] + self._tokens(self._closing)
        code = sum(map(len, pieces))
        ids = self._fit(problem, code)
        start = len(ids)
        ends = []
        for piece in pieces:
            ids = ids + piece
            ends.append(len(ids) - 1)
        return Encoded(tuple(ids), start, tuple(ends))

    def _fit(self, problem: Problem, code: int) -> list[int]:
        """The prompt's tokens, shortened so that `code` tokens more fit the window."""
        ids = self._prompt(problem)
        if self.window is None or len(ids) + code <= self.window:
            return ids
        statement = problem.statement.strip()
        low, high = 0, len(statement)  # characters kept: `low` fits or is 0, `high` does not
        while low + 1 < high:
            middle = (low + high) // 2
            shorter = replace(problem, statement=_keep_ends(statement, middle))
            if len(self._prompt(shorter)) + code <= self.window:
                low = middle
            else:
                high = middle
        ids = self._prompt(replace(problem, statement=_keep_ends(statement, low)))
        if len(ids) + code > self.window:
            raise TooLongError(
                f"problem {problem.id}: the program takes {code} tokens, but the reward model "
                f"reads at most {self.window}, prompt included; use one with a longer window"
            )
        if problem.id not in self._warned:
            self._warned.add(problem.id)
            self._warn(
                f"problem {problem.id}: {len(statement) - low} of {len(statement)} characters of "
                "the statement were left out of its middle to fit the reward model's window"
            )
        return ids

    def _prompt(self, problem: Problem) -> list[int]:
        if self._config.template == "bare":
            ids = self._tokens(bare_prompt(problem), begin=True)
            first = self._tokenizer.bos_token_id if self._config.begin else None
            return ids if first is None or ids[:1] == [first] else [first, *ids]
        message = [{"role": "user", "content": render_user(problem)}]
        text = self._tokenizer.apply_chat_template(
            message, tokenize=False, add_generation_prompt=True
        )
        return self._tokens(text + FENCE)  # the template writes the begin token itself

    @cached_property
    def _closing(self) -> str:
        """What stands behind a program that is the whole answer: fence and end of the turn."""
        turns = [{"role": "user", "content": ""}, {"role": "assistant", "content": FENCE + "```"}]
        text: str = self._tokenizer.apply_chat_template(turns, tokenize=False)
        return text.rpartition(FENCE)[2]

    def _tokens(self, text: str, *, begin: bool = False) -> list[int]:
        known = self._known.get((text, begin))
        if known is None:
            known = list(self._tokenizer(clean(text), add_special_tokens=begin)["input_ids"])
            self._known[text, begin] = known
        return known


def _keep_ends(text: str, characters: int) -> str:
    head = (characters + 1) // 2
    return text[:head] + GAP + text[len(text) - (characters - head) :]
