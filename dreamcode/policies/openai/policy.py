"""`openai/<model>`: steps and programs from any server that speaks the OpenAI protocol."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamcode.chain.thinking import spoken
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.batching import Gatherer
from dreamcode.policies.openai.connecting import connect
from dreamcode.policies.openai.dialect import Dialect, stop_strings
from dreamcode.policies.openai.learning import Learner
from dreamcode.policies.openai.patience import OnEvent
from dreamcode.policies.openai.reply import Choice, Reply
from dreamcode.policies.openai.steps import Piece, Sample, judge, pieces_of
from dreamcode.policies.openai.wire import Question, Wire
from dreamcode.policies.policy import BATCH, Answer, Ending, Proposal, Request, Usage
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.prompting import Grain

MAX_ROUNDS = 8
"""Requests for one step: its imports, decorators and strings may each need one of their own."""

MAX_EMPTY = 2
"""How often an answer without a program (a refusal, nothing at all) is asked for again."""

_ALL_THOUGHT = (
    "the server gave the whole answer as thinking (reasoning_content), which is never read as "
    "code; give the server the reasoning parser of this model, or turn thinking off "
    "(--reasoning-effort none, --extra chat_template_kwargs.enable_thinking=false)"
)


def open_openai(
    model: str,
    options: ServerOptions | None = None,
    *,
    api_key: str | None = None,
    on_event: OnEvent | None = None,
    pulse: Pulse | None = None,
) -> "OpenAIPolicy":
    """A policy behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI, ...

    Args:
        model: the name that the server knows it by.
        options: where the server is and how to talk to it.
        api_key: None takes OPENAI_API_KEY; only OpenAI's own server must have one.
        on_event: told about retries and fallbacks, one line each.
        pulse: shows what is under way.

    Raises:
        InputError: no model, no usable URL, or no key where one is needed.
    """
    options = options or ServerOptions()
    if not model:
        raise InputError("No model is named. Use openai/<model>.")
    on_event = on_event or (lambda _: None)
    wire = connect(options, api_key, on_event, pulse or Pulse())
    return OpenAIPolicy(model, wire, _choose_dialect(options), on_event, options.learnt)


def _choose_dialect(options: ServerOptions) -> Dialect:
    """How the model is asked at first."""
    dialect = Dialect(options.endpoint, effort=options.effort, extra=options.extra or {})
    if options.endpoint == "completions":
        return replace(dialect, mode="raw", settled=True)
    if options.endpoint == "responses":
        return replace(dialect, settled=True, many=False)
    if options.prefill == "on":
        return replace(dialect, mode="prefill", settled=True)
    # Somebody who says how hard to think knows that the model does.
    thinks = True if options.effort not in (None, "none") else None
    return replace(dialect, settled=options.prefill == "off" or bool(thinks), thinks=thinks)


@dataclass(frozen=True, slots=True)
class _Part:
    """A sample that needs more answers than it has.

    Attributes:
        sample: what has been written of it.
        spent: what that cost.
        rounds: the answers that it took.
        alone: whether no other sample shared the first of them.
    """

    sample: Sample
    spent: Usage = Usage()
    rounds: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _Wish:
    """A piece of one sample that a server is to write.

    Attributes:
        request: what the policy was asked.
        sample: what has been written of it.
    """

    request: Request
    sample: Sample

    @property
    def written(self) -> str:
        """The program's text so far."""
        return self.request.prefix + self.sample.text

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for wishes that can share a request."""
        asked, sample = self.request, self.sample
        problem = asked.problem.id, asked.problem.statement, asked.problem.starter_code
        how = asked.sampling, asked.room, asked.until, asked.prompting, asked.feedback
        return problem, how, self.written, asked.head, sample.tokens, sample.free, sample.empty

    def begun(self, dialect: Dialect) -> str:
        """What is begun for the model behind what is written."""
        return "" if self.sample.text else dialect.begun(self.request)

    def question(self, model: str, dialect: Dialect, seeds: Sequence[int]) -> Question:
        """What to ask for samples that are alike up to here, one for each of the seeds."""
        begun, until = self.begun(dialect), dialect.until(self.request)
        request = replace(self.request, until=until, step_tokens=dialect.step_tokens)
        most = request.most_tokens
        stop: tuple[str, ...] = ()
        if until == "step" and not self.sample.free:
            stop = stop_strings(request.problem, dialect.mode)
        seeds = seeds if dialect.many else seeds[:1]
        body = dialect.body(
            request,
            self.written + begun,
            n=len(seeds),
            seed=seeds[0] + self.sample.empty,
            most_tokens=None if most is None else most - self.sample.tokens,
            stop=stop,
        )

        def is_whole(text: str) -> bool:
            piece = Piece(Choice(text, "length"), 0, dialect.mode, until, begun)
            return judge(request, self.sample, piece).ending in (Ending.STEP, Ending.PROGRAM)

        # What is no continuation ends by itself.
        enough = len(seeds) if until == "step" and dialect.mode != "free" else None
        return Question(dialect.path, {"model": model, **body}, is_whole, enough)


@dataclass(frozen=True, slots=True)
class _Share:
    """What a sample got of a reply.

    Attributes:
        piece: what was written for it.
        usage: its part of the cost.
        alone: whether the reply held nothing for another sample.
    """

    piece: Piece
    usage: Usage
    alone: bool


class OpenAIPolicy:
    """Writes steps and programs through a server."""

    grain: Grain = "auto"
    wave = BATCH

    def __init__(
        self,
        model: str,
        wire: Wire,
        dialect: Dialect,
        on_event: OnEvent,
        learnt: Path | None = None,
    ) -> None:
        self._model = model
        self._wire = wire
        self._on_event = on_event
        self._told: set[str] = set()
        self._learner = Learner(model, wire, dialect, self._tell, learnt)
        self._gatherer: Gatherer[_Wish, _Share] = Gatherer(self._serve)
        self._meeting: asyncio.Future[InfrastructureError | None] | None = None

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._wire.base_url

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return f"openai/{self._model}"

    @property
    def step_tokens(self) -> int:
        """Most tokens of a step where nobody says otherwise, by what is known of the model."""
        return self._learner.dialect.step_tokens

    async def write(self, request: Request) -> Answer:
        """Samples what follows the prefix.

        The usage counts requests that were answered with text, not refusals and retries.

        Raises:
            InputError: wrong key, model or URL, or a prompt too long for the model.
            InfrastructureError: the server kept failing, retries included.
        """
        if request.prompting == "bare" and self._learner.dialect.endpoint != "completions":
            raise InputError(
                "--prompt bare is for models that continue text: add --endpoint completions"
            )
        # One sample is asked for as the model likes it, and tells whether it thinks. An answer
        # that is begun for a model that thinks would keep it from thinking, without a word.
        # Another one tells whether the server goes on with an answer that is begun.
        while request.prompting != "plain" and not self._learner.dialect.settled:
            if self._meeting is None:
                return await self._meet(request)
            failure = await asyncio.shield(self._meeting)
            if failure is not None:
                raise InfrastructureError(str(failure))
            await self._leave(request)
        return await self._write(request)

    async def _meet(self, request: Request) -> Answer:
        """Answers one request while the others wait; a failure is one for all of them."""
        meeting = self._meeting = asyncio.get_running_loop().create_future()
        failure: InfrastructureError | None = None
        try:
            return await self._write(request)
        except InfrastructureError as error:
            failure = error
            raise
        finally:
            self._meeting = None
            meeting.set_result(failure)

    async def close(self) -> None:
        """Closes the connections; requests under way fail."""
        await self._wire.close()

    async def _write(self, request: Request) -> Answer:
        kept = request.memory.recall(_Part) if request.memory else None
        part = kept or _Part(Sample(request.seed))
        while part.rounds < MAX_ROUNDS:
            share = await self._ask(_Wish(request, part.sample), begun=part.rounds > 0)
            piece = share.piece
            sample = self._judge(request, part.sample, piece)
            alone = part.alone if part.rounds else share.alone
            part = _Part(sample, part.spent + share.usage, part.rounds + 1, alone)
            most = self._most(request, piece.until)
            if sample.ending is not None or sample.empty > MAX_EMPTY:
                break
            if most is not None and sample.tokens >= most:
                break
            if request.memory:
                request.memory.keep(part)
        return Answer(_proposal(part.sample), part.spent, part.alone)

    def _judge(self, request: Request, sample: Sample, piece: Piece) -> Sample:
        """The sample with what was written now; says what a user could do something about."""
        if piece.mode == "prefill" and self._learner.dialect.mode == "free":
            # It was found out that answers begin anew here: the prefix was not heeded.
            return replace(sample, tokens=sample.tokens + piece.tokens)
        judged, choice = judge(request, sample, piece), piece.choice
        if judged.empty > sample.empty:
            again = ": asking again" if judged.empty <= MAX_EMPTY else ", however often it is asked"
            self._tell(f"{_why_empty(choice)}{again}")
        if choice.finish == "length" and judged.ending is not Ending.PROGRAM:
            what = (
                "its answer was complete" if spoken(choice.text).strip() else "it wrote a program"
            )
            whole = self._most(replace(request, room=None), piece.until)
            is_room = request.room is not None and (whole is None or request.room < whole)
            flag = "--max-tokens" if is_room else "--max-step-tokens"
            self._tell(f"the model spent its tokens before {what}: allow more with {flag}")
        return judged

    def _most(self, request: Request, until: Grain) -> int | None:
        """Most tokens of a sample as the model is asked for it by now."""
        return replace(request, until=until, step_tokens=self.step_tokens).most_tokens

    async def _ask(self, wish: _Wish, *, begun: bool) -> _Share:
        """A piece for one sample; samples that are alike up to here share a request."""
        shared = self._learner.dialect.many
        while True:
            if not (shared or begun):
                await self._leave(wish.request)
            if shared:
                found = await self._gatherer.ask(wish.kind, wish)
            else:
                [found] = await self._serve([wish])
            if found is not None:
                return found
            shared = self._learner.dialect.many
            if shared and not begun:
                await self._leave(wish.request)

    async def _leave(self, request: Request) -> None:
        """Finds room for a call that the sample does not share with those it was to share it."""
        if request.leave is not None:
            await request.leave(alone=not self._learner.dialect.many)

    async def _serve(self, wishes: list[_Wish]) -> list[_Share]:
        """Pieces for wishes of one kind; fewer if the server gives no more at once."""
        wish = wishes[0]
        # Greedy samples are all alike: one is generated and paid for.
        alike = wish.request.sampling.temperature == 0
        seeds = [one.sample.seed for one in wishes[: 1 if alike else None]]
        reply, dialect = await self._learner.send(
            lambda dialect: wish.question(self._model, dialect, seeds)
        )
        begun = wish.begun(dialect)
        until = dialect.until(wish.request)
        pieces = pieces_of(reply, dialect.mode, until, begun)[: len(seeds)]
        self._learner.notice(dialect, reply, begun, plain=wish.request.prompting == "plain")
        self._warn(reply)
        if len(pieces) < len(seeds) and dialect.many and not reply.broken:
            body = wish.question(self._model, dialect, seeds).body
            self._learner.give_up_n(streamed="stream" in body)
        alone = len(pieces) == 1 and not (alike and len(wishes) > 1)
        shares = [
            _Share(piece, self._usage(reply, piece, first=not place), alone)
            for place, piece in enumerate(pieces)
        ]
        copies = len(wishes) - 1 if alike else 0
        return [*shares, *[_Share(replace(pieces[0], tokens=0), Usage(), alone)] * copies]

    def _usage(self, reply: Reply, piece: Piece, *, first: bool) -> Usage:
        """What a piece cost; the first of a reply pays for the call and its prompt."""
        counts = reply.counts
        usage = Usage(completion_tokens=piece.tokens)
        if first:
            usage += Usage(
                calls=1,
                prompt_tokens=counts.read or 0,
                cached_tokens=counts.cached or 0,
                thinking_tokens=counts.thinking or 0,
            )
        return usage

    def _warn(self, reply: Reply) -> None:
        """Says of what a user could do something about."""
        if reply.counts.written is None and not reply.broken:
            self._tell("server counts no tokens: budgets go by an estimate of what it wrote")

    def _tell(self, event: str) -> None:
        """Passes an event on, once: requests under way together run into the same things."""
        if event not in self._told:
            self._told.add(event)
            self._on_event(f"{self._wire.base_url}: {event}")


def _why_empty(choice: Choice) -> str:
    if choice.refusal:
        return f"the model refuses ({choice.refusal})"
    if choice.is_all_thought:
        return _ALL_THOUGHT
    return "the model answered without a program"


def _proposal(sample: Sample) -> Proposal:
    # A step that is still not one after all rounds leads nowhere, like one that is too long.
    ending = sample.ending or Ending.LENGTH
    head = sample.head if ending is Ending.STEP else ""
    return Proposal(sample.text, ending, sample.tokens, sample.logprob, sample.scored, head)
