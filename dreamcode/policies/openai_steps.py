"""From what a server answered to a step: where it ends, why, what it took."""

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from dreamcode.chain.boundary import program_end, step_end
from dreamcode.chain.continuation import continuation
from dreamcode.chain.names import is_complete
from dreamcode.chain.prompts import FENCE
from dreamcode.policies.finishing import normalise_continuation, read_answer
from dreamcode.policies.openai_dialect import Mode, begins_anew
from dreamcode.policies.openai_reply import Choice, Reply
from dreamcode.policies.policy import Ending, Proposal, Request

_NEXT_FUNCTION = "\ndef _("
_CLOSING_FENCE = "```\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """A step being written, in one request or several.

    Attributes:
        seed: the sample's own seed.
        text: what has been written of it.
        tokens: completion tokens spent on it.
        logprob: log-likelihood of `text`; None once it is unknown.
        scored: tokens that `logprob` sums over.
        free: whether to go on without stop strings, because they stopped it at once.
        ending: None while it is unfinished.
    """

    seed: int
    text: str = ""
    tokens: int = 0
    logprob: float | None = 0.0
    scored: int = 0
    free: bool = False
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request added to a sample.

    Attributes:
        choice: what was written.
        tokens: completion tokens it took.
        mode: how it was asked for.
    """

    choice: Choice
    tokens: int
    mode: Mode


def judge(request: Request, sample: Sample, piece: Piece) -> Sample:
    """The sample with the part of `piece` that belongs to its step.

    Args:
        request: what was asked for.
        sample: what had been written before.
        piece: what was written now.
    """
    choice = piece.choice
    prefix, function = request.prefix, request.problem.function
    if piece.mode == "instruction":
        added, over = _read_instructed(prefix + sample.text, choice)
        may_be_over = True
    else:
        added, over = _read_continued(prefix + sample.text, sample, choice)
        may_be_over = choice.stopped_by is None  # else it was a stop string: there is more
    text = sample.text + added
    ending: Ending | None = None
    cut = step_end(prefix, text)
    if cut is not None:
        ending = Ending.STEP
    elif over:
        ending = Ending.PROGRAM
    elif choice.finish == "length":
        ending = Ending.LENGTH
    elif may_be_over and is_complete(prefix + text, function):
        ending = Ending.PROGRAM
    else:
        # Would it be a step if the next function began here? Imports, decorators and half a
        # docstring would not: then a stop string came too early.
        cut = step_end(prefix, text + _NEXT_FUNCTION)
        ending = None if cut is None else Ending.STEP
    if cut is not None:
        text = text[:cut]
    elif ending is None:
        # The line end that a stop string began with is part of the text.
        text = f"{text}\n" if added.strip() else sample.text
    if ending is Ending.PROGRAM and not (prefix + text).strip():
        ending = Ending.LENGTH  # no code at all is no program
    logprob, scored = sample.logprob, sample.scored
    score = score_part(choice, text[len(sample.text) :])
    if logprob is None or score is None:
        logprob, scored = None, 0
    else:
        logprob, scored = logprob + score[0], scored + score[1]
    return replace(
        sample,
        text=text,
        tokens=sample.tokens + piece.tokens,
        logprob=logprob,
        scored=scored,
        free=sample.free or not added.strip(),
        ending=ending,
    )


def read_rest(request: Request, piece: Piece) -> Proposal:
    """The rest of the program in an answer that nothing but its end or its length stopped."""
    choice, prefix = piece.choice, request.prefix
    text, over = _read_continued(prefix, Sample(0, free=True), choice)
    finished = (over or choice.finish != "length") and bool((prefix + text).strip())
    logprob, scored = score_part(choice, text) or (None, 0)
    text = normalise_continuation(prefix, text, finished=finished)
    ending = Ending.PROGRAM if finished else Ending.LENGTH
    return Proposal(text, ending, piece.tokens, logprob, scored)


def read_whole(piece: Piece) -> Proposal:
    """The program in a free answer; its likelihood is that of all that was written."""
    choice = piece.choice
    text, found = read_answer(choice.text)
    logprob, scored = score_part(choice, choice.text) or (None, 0)
    ending = Ending.PROGRAM if found else Ending.LENGTH
    return Proposal(text, ending, piece.tokens, logprob, scored)


def _read_continued(before: str, sample: Sample, choice: Choice) -> tuple[str, bool]:
    """What a begun answer goes on with, and whether that is all there will be."""
    if not sample.text and begins_anew(choice.text):
        return continuation(before, choice.text), False
    # Chat templates that trim messages make the model write the prefill's line ends again.
    begun = FENCE + before
    text = choice.text.removeprefix(begun[len(begun.rstrip()) :])
    fence = program_end(before, text)
    if fence is not None:
        return text[:fence], True
    stopped_by = choice.stopped_by
    if stopped_by is None and sample.free:
        stopped_by = ""  # without stop strings, only the model itself can have stopped
    return text, choice.finish == "stop" and stopped_by in ("", _CLOSING_FENCE)


def _read_instructed(before: str, choice: Choice) -> tuple[str, bool]:
    """The code of an answer to "write the next function", and whether there was none."""
    added = continuation(before, choice.text)
    return added, choice.finish == "stop" and not added.strip()


def score_part(choice: Choice, kept: str) -> tuple[float, int] | None:
    """Log-likelihood of the part `kept` of a choice, and how many tokens that is.

    None where the server gives no tokens, or where `kept` is not found in them.
    """
    if choice.tokens is None:
        return None
    kept = kept.strip()
    written = "".join(token for token, _ in choice.tokens)
    start = written.find(kept)
    if start < 0:
        # Characters of several tokens may be garbled there; without a cut that is no matter.
        if kept != choice.text.strip():
            return None
        start, kept = 0, written
    end = start + len(kept)
    total, count, position = 0.0, 0, 0
    for token, logprob in choice.tokens:
        # A token that a cut goes through counts whole: its likelihood cannot be split.
        if position < end and position + len(token) > start:
            total, count = total + logprob, count + 1
        position += len(token)
    return total, count


def pieces_of(reply: Reply, mode: Mode) -> list[Piece]:
    """Each choice with the completion tokens it took, which add up to the reply's.

    Servers count per reply: shared out by tokens where they are listed, else by length. A
    server that counts nothing is taken to write four bytes per token.
    """
    choices = reply.choices
    listed = [len(choice.tokens) for choice in choices if choice.tokens is not None]
    weights = listed if len(listed) == len(choices) else [len(c.text.encode()) for c in choices]
    total = reply.completion_tokens
    if total is None:
        total = sum(weights) if weights is listed else -(-sum(weights) // 4)
    if not any(weights):
        weights = [1] * len(choices)
    # Differences of rounded running totals: whole numbers with the right sum.
    totals = [total * upto // sum(weights) for upto in accumulate(weights, initial=0)]
    return [
        Piece(choice, after - before, mode)
        for choice, (before, after) in zip(choices, pairwise(totals), strict=True)
    ]
