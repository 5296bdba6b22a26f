"""`openai/<model>`: any server that speaks the OpenAI protocol, one function at a time."""

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Literal
from urllib.parse import urlsplit

from dreamcode.chain.boundary import normalise_step
from dreamcode.concurrency import together
from dreamcode.errors import InputError
from dreamcode.policies.finishing import write_by_steps
from dreamcode.policies.openai_dialect import Dialect, stop_strings
from dreamcode.policies.openai_reply import Reply
from dreamcode.policies.openai_retry import OnEvent
from dreamcode.policies.openai_steps import Piece, Sample, judge, pieces_of, read_rest, read_whole
from dreamcode.policies.openai_wire import RefusedError, Wire
from dreamcode.policies.policy import Answer, Ending, Policy, Proposal, Request, Usage

DEFAULT_URL = "https://api.openai.com/v1"

MAX_ROUNDS = 8
"""Requests for one step: its imports, decorators and strings may each need one of their own."""


def open_openai(
    model: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    prefill: Literal["auto", "on", "off"] = "auto",
    endpoint: Literal["chat", "completions"] = "chat",
    timeout: float = 120.0,
    retries: int = 5,
    backoff: float = 0.5,
    concurrency: int = 16,
    on_event: OnEvent | None = None,
) -> Policy:
    """A policy behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI, ...

    Args:
        model: the name that the server knows it by.
        base_url: e.g. "http://localhost:8000/v1"; None takes OPENAI_BASE_URL, else OpenAI's.
        api_key: the key; None takes OPENAI_API_KEY; only OpenAI's own server must have one.
        prefill: whether chat answers are begun for the model; "auto" tries and falls back to
            asking for one function at a time.
        endpoint: "completions" continues raw text, for base models.
        timeout: seconds until a request counts as lost.
        retries: how often a request that failed is sent again.
        backoff: seconds before the first retry; doubles with each.
        concurrency: most requests under way at once.
        on_event: told about retries and fallbacks, one line each.

    Raises:
        InputError: no model, no usable URL, or no key where one is needed.
    """
    if not model:
        raise InputError("No model is named. Use openai/<model>.")
    url = (base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL).strip().rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InputError(f"Base URL {url!r} is none. It looks like http://localhost:8000/v1.")
    key = (api_key or os.environ.get("OPENAI_API_KEY") or "").strip()
    if not key and url == DEFAULT_URL:
        raise InputError(
            f"No key for {url}. Set OPENAI_API_KEY, or name another server with --base-url "
            "or OPENAI_BASE_URL."
        )
    if not key.isascii():
        raise InputError("OPENAI_API_KEY holds characters that no key has. Copy it again.")
    on_event = on_event or (lambda _: None)
    wire = Wire(
        url,
        key or "none",
        timeout=timeout,
        retries=retries,
        backoff=backoff,
        concurrency=concurrency,
        on_event=on_event,
    )
    return OpenAIPolicy(model, wire, _choose_dialect(prefill, endpoint), on_event)


def _choose_dialect(prefill: str, endpoint: str) -> Dialect:
    """How the model is asked: see `open_openai`."""
    if endpoint == "completions":
        return Dialect("raw")
    if prefill == "off":
        return Dialect("instruction")
    return Dialect("prefill", can_fall_back=prefill == "auto")


class OpenAIPolicy:
    """Writes steps through a server; remembers what the server cannot do."""

    def __init__(self, model: str, wire: Wire, dialect: Dialect, on_event: OnEvent) -> None:
        self._model = model
        self._wire = wire
        self._dialect = dialect
        self._on_event = on_event
        self._told: set[str] = set()

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return f"openai/{self._model}"

    async def write(self, request: Request) -> Answer:
        """Samples what follows the prefix.

        The usage counts requests that were answered with text, not refusals and retries.

        Raises:
            InputError: wrong key, model or URL, or a prompt too long for the model.
            InfrastructureError: the server kept failing, retries included.
        """
        if request.until == "program":
            return await self._write_program(request)
        return await self._write_step(request)

    async def close(self) -> None:
        """Closes the connections; requests under way fail."""
        await self._wire.close()

    async def _write_step(self, request: Request) -> Answer:
        """The next step; all samples of equal text share a request."""
        samples = [Sample(seed) for seed in request.seeds]
        usage = Usage()
        for _ in range(MAX_ROUNDS):
            waiting = [place for place, sample in enumerate(samples) if sample.ending is None]
            waiting.sort(key=lambda place: _state(samples[place]))  # stable: seeds keep order
            groups = [list(places) for _, places in groupby(waiting, lambda p: _state(samples[p]))]
            advanced = await together(
                self._advance(request, [samples[place] for place in places]) for places in groups
            )
            for places, (written, cost) in zip(groups, advanced, strict=True):
                usage += cost
                for place, sample in zip(places, written, strict=True):
                    samples[place] = sample
        return Answer(tuple(_proposal(sample) for sample in samples), usage)

    async def _write_program(self, request: Request) -> Answer:
        """The rest of the program: in one request where the server continues a text.

        A server that wants to be asked for each function is asked for one after the other.
        """
        spent = Usage()
        plain = request.prompting == "plain"
        if plain or self._dialect.mode != "instruction":
            pieces, spent = await self._sample(
                request, request.prefix, request.seeds, request.sampling.max_step_tokens, free=True
            )
            if plain and self._dialect.mode != "raw":
                return Answer(tuple(map(read_whole, pieces)), spent)
            if all(piece.mode != "instruction" for piece in pieces):
                return Answer(tuple(read_rest(request, piece) for piece in pieces), spent)
        answer = await write_by_steps(self, request)
        return Answer(answer.proposals, spent + answer.usage)

    async def _advance(self, request: Request, samples: list[Sample]) -> tuple[list[Sample], Usage]:
        """One round for samples that have written the same."""
        written = request.prefix + samples[0].text
        room = request.sampling.max_step_tokens - max(sample.tokens for sample in samples)
        if room <= 0:
            return [replace(sample, ending=Ending.LENGTH) for sample in samples], Usage()
        seeds = [sample.seed for sample in samples]
        pieces, usage = await self._sample(request, written, seeds, room, free=samples[0].free)
        advanced = [
            judge(request, sample, piece) for sample, piece in zip(samples, pieces, strict=True)
        ]
        return advanced, usage

    async def _sample(
        self, request: Request, written: str, seeds: Sequence[int], room: int, *, free: bool
    ) -> tuple[list[Piece], Usage]:
        """One piece per seed. Greedy ones are all alike: one is generated and paid for."""
        distinct = seeds[:1] if request.sampling.temperature == 0 else seeds
        pieces, usage = await self._ask(request, written, list(distinct), room, free=free)
        copies = [replace(pieces[0], tokens=0) for _ in seeds[len(distinct) :]]
        return pieces + copies, usage

    async def _ask(
        self, request: Request, written: str, seeds: list[int], room: int, *, free: bool
    ) -> tuple[list[Piece], Usage]:
        """What was written for each seed, `free` of stop strings or not."""
        spent = Usage()
        while True:
            dialect = self._dialect
            stop = () if free else stop_strings(request.problem, dialect.mode)
            first = len(seeds) if dialect.many else 1
            reply = await self._send(dialect, request, written, seeds[:first], room, stop)
            if reply is None:
                continue  # refused; the dialect has changed
            pieces = pieces_of(reply, dialect.mode)
            spent += self._usage(reply, pieces)
            if dialect is self._dialect and request.prompting == "cof":
                self._dialect, event = dialect.notice([choice.text for choice in reply.choices])
                self._tell(event)
            if any(choice.finish == "length" and not choice.text for choice in reply.choices):
                self._tell("the model spent its tokens before it wrote: allow more per step")
            if dialect.mode == self._dialect.mode:
                break
            # Else what was written ignores the prefix, and our stop strings have cut it.
        pieces = pieces[:first]
        if len(pieces) < first and self._dialect.many:
            self._dialect = replace(self._dialect, many=False)
            self._tell("server ignores n: sending one request per sample")
        others = await together(
            self._ask(request, written, [seed], room, free=free) for seed in seeds[len(pieces) :]
        )
        for more, cost in others:
            pieces += more
            spent += cost
        return pieces, spent

    async def _send(
        self,
        dialect: Dialect,
        request: Request,
        written: str,
        seeds: list[int],
        room: int,
        stop: tuple[str, ...],
    ) -> Reply | None:
        """Sends one request; None if it was refused in a way that changed the dialect."""
        body = dialect.body(
            request,
            written,
            n=len(seeds),
            seed=seeds[0],
            max_tokens=room,
            stop=stop,
        )
        try:
            return await self._wire.ask(dialect.path, {"model": self._model, **body})
        except RefusedError as refusal:
            if dialect is not self._dialect:
                return None  # another request has learnt something meanwhile
            learnt = dialect.learn(refusal, body)
            if learnt is None:
                raise InputError(
                    f"{self._wire.base_url} refuses a request for {self._model!r}: {refusal}. "
                    "See the server's documentation for what this model allows."
                ) from None
            self._dialect, event = learnt
            self._tell(event)
            return None

    def _usage(self, reply: Reply, pieces: list[Piece]) -> Usage:
        if reply.completion_tokens is None:
            self._tell("server counts no tokens: budgets go by an estimate of what it wrote")
        return Usage(1, reply.prompt_tokens or 0, sum(piece.tokens for piece in pieces))

    def _tell(self, event: str | None) -> None:
        """Passes an event on, once: requests under way together run into the same things."""
        if event is not None and event not in self._told:
            self._told.add(event)
            self._on_event(f"{self._wire.base_url}: {event}")


def _state(sample: Sample) -> tuple[str, bool]:
    """What the next request for a sample depends on."""
    return sample.text, sample.free


def _proposal(sample: Sample) -> Proposal:
    # A step that is still not one after all rounds leads nowhere, like one that is too long.
    ending = sample.ending or Ending.LENGTH
    text = sample.text
    if ending is not Ending.LENGTH:
        text = normalise_step(text, last=ending is Ending.PROGRAM)
    return Proposal(text, ending, sample.tokens, sample.logprob, sample.scored)
