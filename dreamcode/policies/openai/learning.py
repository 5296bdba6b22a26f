"""Finds out how a server wants to be asked, once, by what it refuses and what it answers."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dreamcode.chain.thinking import spoken
from dreamcode.codec import decode, encode
from dreamcode.errors import InputError, TooLongError
from dreamcode.files import write_whole
from dreamcode.policies.openai.dialect import Dialect, begins_anew, restates
from dreamcode.policies.openai.patience import OnEvent
from dreamcode.policies.openai.refusals import Change, named_change, possible_changes
from dreamcode.policies.openai.reply import Reply
from dreamcode.policies.openai.wire import Enough, RefusedError, Wire

MakeBody = Callable[[Dialect], dict[str, Any]]

LEAST_TOKENS = 64
"""A prompt that leaves less room than this is too long for the model."""


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

    async def send(
        self, make_body: MakeBody, enough: Enough | None = None
    ) -> tuple[Reply, Dialect]:
        """The reply to a request, and the dialect it was asked in.

        Args:
            make_body: the request in a dialect.
            enough: see `Wire.ask`.

        Raises:
            InputError: the server refuses it, whatever is changed; wrong key or URL; the
                prompt is too long.
            InfrastructureError: the server kept failing.
        """
        dialect = self.dialect
        try:
            body = make_body(dialect)
            return await self._post(dialect, body, enough), dialect
        except RefusedError as refusal:
            first = refusal
        async with self._learning:
            if self.dialect is not dialect:  # somebody else has learnt meanwhile
                try:
                    return await self._post(self.dialect, make_body(self.dialect)), self.dialect
                except RefusedError as refusal:
                    first = refusal
            return await self._find_out(first, make_body)

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

    def give_up_n(self) -> None:
        """Asks for one choice at a time from now on."""
        self._learn(replace(self.dialect, many=False))
        self._tell("server ignores n: sending one request per sample")

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

    async def _post(
        self, dialect: Dialect, body: dict[str, Any], enough: Enough | None = None
    ) -> Reply:
        return await self._wire.ask(dialect.path, {"model": self._model, **body}, enough)

    async def _find_out(self, refusal: RefusedError, make_body: MakeBody) -> tuple[Reply, Dialect]:
        """Changes what the server's words name; where they name nothing, tries changes out."""
        first, trial = refusal, self.dialect
        told: list[str] = []
        guesses: Iterator[Change] | None = None
        while True:
            body = make_body(trial)
            if refusal.too_long:
                return await self._shorten(refusal, trial, make_body)
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
                reply = await self._post(trial, make_body(trial))
            except RefusedError as again:
                refusal = again
                continue
            self._learn(trial)
            for event in told:
                self._tell(event)
            return reply, trial

    async def _shorten(
        self, refusal: RefusedError, dialect: Dialect, make_body: MakeBody
    ) -> tuple[Reply, Dialect]:
        """Asks for fewer tokens, which may be what does not fit; this once, not for good."""
        ceiling = dialect.ceiling or 1 << 15
        asked = make_body(dialect)
        while ceiling > LEAST_TOKENS:
            ceiling //= 2
            body = make_body(replace(dialect, ceiling=ceiling))
            if body == asked:
                continue
            try:
                return await self._post(dialect, body), dialect
            except RefusedError as again:
                if not again.too_long:
                    raise await self._explain(again) from None
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
        names = await self._wire.list_models()
        advice = "Check --base-url: it usually ends in /v1."
        if names:
            advice = f"It serves: {', '.join(names[:8])}."
        if self._model in names:
            advice += " Try --endpoint completions, or correct --base-url."
        path = self.dialect.path
        return InputError(f"{server} has no model {self._model!r} at {path} ({refusal}). {advice}")
