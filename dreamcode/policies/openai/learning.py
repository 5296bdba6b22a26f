"""Finds out how a server wants to be asked, once, by what it refuses and what it answers."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from dreamcode.chain.thinking import spoken
from dreamcode.codec import decode, encode
from dreamcode.errors import InputError, TooLongError
from dreamcode.files import write_whole
from dreamcode.policies.openai.dialect import (
    LEAST_TOKENS,
    Dialect,
    begins_anew,
    prompt_bytes,
    restates,
)
from dreamcode.policies.openai.patience import Fault, OnEvent
from dreamcode.policies.openai.refusals import (
    LENGTHS,
    Change,
    features,
    named_change,
    numbers_in,
    possible_changes,
)
from dreamcode.policies.openai.reply import Reply
from dreamcode.policies.openai.wire import Question, RefusedError, Wire

Make = Callable[[Dialect], Question]

SECONDS_OF_TRUST = 20.0
"""No request is to blame again so soon after it was found that none was."""

MOST_NAMED = 6
"""How many lengths that can be read from a refusal are tried."""


class Learner:
    """Sends requests in a server's own dialect, and learns it on the way.

    Attributes:
        dialect: how the server wants to be asked, as far as it is known.

    Args:
        model: the name that the server knows the model by.
        wire: the connection.
        dialect: how to ask at first.
        tell: told of what is found out.
        kept: a file that keeps it; None if there is none.
    """

    def __init__(
        self, model: str, wire: Wire, dialect: Dialect, tell: OnEvent, kept: Path | None
    ) -> None:
        self._model = model
        self._wire = wire
        self._tell = tell
        self._kept = kept
        self._server = {"server": wire.base_url, "model": model}
        self.dialect = self._recall(dialect)
        self._learning = asyncio.Lock()
        self._innocent: frozenset[str] = frozenset()  # features of requests that were answered
        self._cleared = -math.inf  # when it was no request's fault that the server failed

    async def send(self, make: Make) -> tuple[Reply, Dialect]:
        """The reply to a request, and the dialect it was asked in.

        Args:
            make: the request in a dialect.

        Raises:
            InputError: the server refuses it, whatever is changed; wrong key or URL; the
                prompt is too long.
            InfrastructureError: the server kept failing.
        """
        async with self._wire.slots:
            return await self._send(make)

    def notice(self, dialect: Dialect, reply: Reply, begun: str, *, plain: bool) -> None:
        """Takes in what an answer tells of the model: whether it thinks, or goes on as begun."""
        if self.dialect is not dialect or any(choice.refusal for choice in reply.choices):
            return
        thinks = bool(reply.counts.thinking) or any(
            choice.thought or spoken(choice.text) != choice.text for choice in reply.choices
        )
        if dialect.mode == "free" and dialect.thinks is None:
            mode = dialect.mode if thinks or dialect.settled else "prefill"
            self._learn(
                replace(dialect, thinks=thinks, mode=mode, settled=dialect.settled or thinks)
            )
            if thinks and not dialect.settled:
                self._tell("the model thinks before it answers: its answers are not begun for it")
        elif dialect.mode == "prefill" and not dialect.settled and not plain:
            texts = [choice.text for choice in reply.choices]
            anew = sum(
                not text.strip() or begins_anew(text) or restates(text, begun) for text in texts
            )
            goes_on = 2 * anew <= len(texts)
            self._learn(replace(dialect, mode="prefill" if goes_on else "free", settled=True))
            if not goes_on:
                self._tell("server ignores prefill: asking without")

    def give_up_n(self, *, streamed: bool) -> None:
        """Takes in that fewer choices came than were asked for, be it because of a stream."""
        dialect = self.dialect
        if streamed and not dialect.streams:
            if dialect.many_streamed:
                self._learn(replace(dialect, many_streamed=False))
        elif dialect.many:
            self._learn(replace(dialect, many=False))
            self._tell("server ignores n: sending one request per sample")

    async def _send(self, make: Make) -> tuple[Reply, Dialect]:
        dialect = used = self.dialect
        question = make(dialect)

        async def doubt() -> Reply | None:
            nonlocal used
            found = await self._find_culprit(dialect, make)
            if found is None:
                return None
            used = found[1]
            return found[0]

        try:
            reply = await self._wire.ask(question, doubt)
        except RefusedError as refusal:
            first = refusal
        else:
            answered = question if used is dialect else make(used)
            self._innocent |= features(answered.body)
            return reply, used
        async with self._learning:
            if self.dialect is not dialect:  # somebody else has learnt meanwhile
                dialect = self.dialect
                try:
                    return await self._wire.ask(make(dialect)), dialect
                except RefusedError as refusal:
                    first = refusal
            return await self._find_out(first, make)

    def _learn(self, dialect: Dialect) -> None:
        self.dialect = dialect
        if self._kept is not None:
            found = self._server | {"dialect": encode(replace(dialect, extra={}))}
            write_whole(self._kept, json.dumps(found, indent=2) + "\n")

    def _recall(self, first: Dialect) -> Dialect:
        """What an earlier session of the run found out about this server, else `first`."""
        if self._kept is None or not self._kept.exists():
            return first
        found = json.loads(self._kept.read_text("utf-8"))
        if {name: found[name] for name in self._server} != self._server:
            return first
        # What users wish for themselves is theirs to say again.
        return replace(decode(Dialect, found["dialect"]), effort=first.effort, extra=first.extra)

    async def _find_culprit(self, dialect: Dialect, make: Make) -> tuple[Reply, Dialect] | None:
        """A reply without what makes the server fail; None if that is not in the request."""
        async with self._learning:
            if self.dialect is not dialect:  # somebody else has found out meanwhile
                trial = self.dialect
                reply = await self._try(make(trial))
                return None if reply is None else (reply, trial)
            question = make(dialect)
            suspects = features(question.body) - self._innocent
            if time.monotonic() < self._cleared + SECONDS_OF_TRUST:
                return None
            for trial, event in possible_changes(dialect, question.body) if suspects else ():
                dropped = suspects - features(make(trial).body)
                reply = await self._try(make(trial)) if dropped else None
                if reply is None:
                    continue
                # Did the server come back to itself meanwhile? Its failures cost nothing.
                proof = question if dropped & set(LENGTHS) else _shortest(question, dialect)
                again = await self._try(proof)
                if again is None:
                    self._learn(trial)
                    self._tell(event.replace("refuses", "fails by"))
                return (again, dialect) if again and proof is question else (reply, trial)
            self._cleared = time.monotonic()
            return None

    async def _try(self, question: Question) -> Reply | None:
        """The reply; None if there is trouble, or a refusal."""
        try:
            return await self._wire.ask_once(question)
        except (Fault, RefusedError):
            return None

    async def _find_out(self, refusal: RefusedError, make: Make) -> tuple[Reply, Dialect]:
        """Changes what the server's words name; where they name nothing, tries changes out."""
        first, trial = refusal, self.dialect
        told: list[str] = []
        guesses: Iterator[Change] | None = None
        while True:
            body = make(trial).body
            if refusal.too_long:
                return await self._shorten(refusal, trial, make)
            change = None if refusal.missing else named_change(trial, refusal, body)
            if change is not None:
                trial = change[0]
                told.append(change[1])
            else:
                if guesses is None:
                    first, named = refusal, list(told)
                    guesses = possible_changes(trial, None if refusal.missing else body)
                guess = next(guesses, None)
                if guess is None:
                    raise await self._explain(first)
                trial, told = guess[0], [*named, guess[1]]
            try:
                reply = await self._wire.ask(make(trial))
            except RefusedError as again:
                refusal = again
                continue
            self._learn(trial)
            for event in told:
                self._tell(event)
            return reply, trial

    async def _shorten(
        self, refusal: RefusedError, dialect: Dialect, make: Make
    ) -> tuple[Reply, Dialect]:
        """Asks for fewer tokens, which may be what does not fit, and learns how many do."""
        body = make(dialect).body
        asked = next((body[name] for name in LENGTHS if name in body), 0)
        for most in _fewer(asked, str(refusal)):
            try:
                reply = await self._wire.ask(make(replace(dialect, ceiling=most)))
            except RefusedError as again:
                if not again.too_long:
                    raise await self._explain(again) from None
                continue
            if reply.counts.read:
                density = reply.counts.read / max(prompt_bytes(body), 1)
                window = reply.counts.read + most
                self._learn(replace(dialect, window=window, density=density))
                self._tell(f"server takes {window:,} tokens of prompt and answer together")
            else:
                self._learn(replace(dialect, ceiling=most))
                self._tell(f"server allows at most {most:,} tokens behind such a prompt")
            return reply, self.dialect
        raise TooLongError(
            f"The prompt is too long for {self._model!r} at {self._wire.base_url} ({refusal}). "
            "Use a model with a longer context, or a shorter statement."
        )

    async def _explain(self, refusal: RefusedError) -> InputError:
        """What to tell the user of a refusal that nothing helps against."""
        server = self._wire.base_url
        if not refusal.missing:
            wishes = {name: f"--extra {name}" for name in self.dialect.extra}
            if self.dialect.effort is not None:
                wishes |= {"reasoning": "--reasoning-effort"}
            blamed = [flag for name, flag in wishes.items() if name in str(refusal)]
            advice = "See the server's documentation for what this model allows."
            if blamed:
                advice = f"Leave out {' and '.join(blamed)}, or use another value."
            return InputError(
                f"{server} refuses a request for {self._model!r}: {refusal}. {advice}"
            )
        names = [served.name for served in await self._wire.list_models()]
        advice = "Check --base-url: it usually ends in /v1."
        if names:
            advice = f"It serves: {', '.join(names[:8])}."
        if self._model in names:
            advice += " Try --endpoint completions, or correct --base-url."
        path = self.dialect.path
        return InputError(f"{server} has no model {self._model!r} at {path} ({refusal}). {advice}")


def _shortest(question: Question, dialect: Dialect) -> Question:
    """The same question, to be answered in as few tokens as every server lets be asked for."""
    lengths = [name for name in LENGTHS if name in question.body] or [dialect.length]
    return replace(question, body=question.body | dict.fromkeys(lengths, 16))


def _fewer(asked: int, said: str) -> Iterator[int]:
    """Lengths of answers that may fit where `asked` tokens did not, the greatest first.

    What a server says of its context, of the prompt and of what was asked for differs by one
    of the lengths, whichever it names.
    """
    named = numbers_in(said)
    rooms = {one - two for one in named for two in (*named, *(n - asked for n in named))}
    fitting = sorted((room for room in rooms if LEAST_TOKENS <= room < asked), reverse=True)
    yield from fitting[:MOST_NAMED]
    while asked > LEAST_TOKENS:
        asked = max(asked // 2, LEAST_TOKENS)
        yield asked
