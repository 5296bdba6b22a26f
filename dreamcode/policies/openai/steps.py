"""From what a server answered to a step or a program: where it ends, why, what it took."""

import re
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.continuation import continuation
from dreamcode.chain.indentation import margin_of
from dreamcode.chain.names import is_complete
from dreamcode.chain.prompts import FENCE
from dreamcode.policies.finishing import normalise_continuation, read_answer
from dreamcode.policies.openai.dialect import Mode, begins_anew, restates
from dreamcode.policies.openai.reply import BYTES_PER_TOKEN, Choice, Reply
from dreamcode.policies.policy import Ending, Request
from dreamcode.prompting import Grain

_NEXT_FUNCTION = "\ndef _("
_CLOSING_FENCE = "```\n"
_HEAD = re.compile(r"(?:[ \t]*\n)*([ \t]*(?:@|(?:async )?def\b))")


@dataclass(frozen=True, slots=True)
class Sample:
    """A step or a program being written, in one request or several.

    Attributes:
        seed: the sample's own seed.
        text: what has been written of it.
        tokens: completion tokens spent on it.
        logprob: log-likelihood of `text`; None once it is unknown.
        scored: tokens that `logprob` sums over.
        free: whether to go on without stop strings, because they stopped it at once.
        empty: how many answers brought it nothing.
        ending: None while it is unfinished.
        head: what the model had begun the next step with; "" where that is not known.
    """

    seed: int
    text: str = ""
    tokens: int = 0
    logprob: float | None = 0.0
    scored: int = 0
    free: bool = False
    empty: int = 0
    ending: Ending | None = None
    head: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one request added to a sample.

    Attributes:
        choice: what was written.
        tokens: completion tokens it took.
        mode: how it was asked for.
        until: how far it was to go.
        begun: what was begun for the model.
    """

    choice: Choice
    tokens: int
    mode: Mode
    until: Grain
    begun: str = ""


def judge(request: Request, sample: Sample, piece: Piece) -> Sample:
    """The sample with the part of `piece` that belongs to it.

    Args:
        request: what was asked for.
        sample: what had been written before.
        piece: what was written now.
    """
    sample = replace(sample, tokens=sample.tokens + piece.tokens)
    if piece.choice.is_all_thought:  # thinking is never code
        return replace(sample, empty=sample.empty + 1)
    if piece.until == "step":
        return _judge_step(request, sample, piece)
    if request.prompting != "plain" and piece.mode != "free":
        return _judge_rest(request, sample, piece)
    return _judge_answer(request, sample, piece)


def _judge_step(request: Request, sample: Sample, piece: Piece) -> Sample:
    """The sample with what was written of its step."""
    choice = piece.choice
    prefix, function = request.prefix, request.problem.function
    if piece.mode == "free":
        added, over = _read_instructed(prefix + sample.text, choice)
        may_be_over = True
    else:
        added, over = _read_continued(prefix, sample, piece)
        may_be_over = choice.stopped_by is None  # else it was a stop string: there is more
    text = sample.text + added
    if choice.finish != "length" and not (prefix + text).strip():
        return _go_on(request, sample, added, piece)
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
        head = "" if piece.mode == "free" else _head_of(text[cut:] + (choice.stopped_by or ""))
        sample, text = replace(sample, head=head), text[:cut]
    elif ending is None:
        return _go_on(request, sample, added, piece)
    sample = _scored(replace(sample, ending=ending), text, piece)
    if ending is Ending.LENGTH:
        return sample
    return replace(sample, text=normalise_step(text, last=ending is Ending.PROGRAM))


def _go_on(request: Request, sample: Sample, added: str, piece: Piece) -> Sample:
    """The sample as it goes on where its step is not over."""
    stopped_by = piece.choice.stopped_by
    closed = not piece.choice.text.strip() and not piece.begun
    if piece.mode != "free" and stopped_by and (added.strip() or closed):
        # It is what the model was about to write, and is left to it no second time: where tokens
        # do not end as lines do, it would close the lines before once more, and be stopped at
        # once. Without the blank behind it, which tokenizers join to the name.
        head = stopped_by.rstrip(" ")
        # A function that was begun and is no step at the next one's head has that in a string.
        free = sample.text.endswith("def")
        sample = _scored(sample, sample.text + added, piece)
        text = sample.text + head if sample.text.strip() else head.removeprefix("\n")
        return replace(sample, text=text, free=free)
    if added.strip():
        return _scored(sample, f"{sample.text}{added}\n", piece)  # stop strings begin with it
    ended = piece.choice.stopped_by == "" and not request.prefix
    if piece.mode == "free" or sample.free or ended:
        return replace(sample, empty=sample.empty + 1)
    return replace(sample, free=True)


def _head_of(rest: str) -> str:
    """How the next step begins; "" if by something else than a decorator or a `def`."""
    found = _HEAD.match(rest)
    return found[1] if found else ""


def _judge_rest(request: Request, sample: Sample, piece: Piece) -> Sample:
    """The sample with all that was missing, which only its end or its length stopped."""
    choice, prefix = piece.choice, request.prefix
    text, over = _read_continued(prefix, replace(sample, free=True), piece)
    if choice.finish != "length" and not (prefix + text).strip():
        return replace(sample, empty=sample.empty + 1)
    finished = over or choice.finish != "length"
    sample = _scored(sample, text, piece)
    text = normalise_continuation(prefix, text, finished=finished)
    return replace(sample, text=text, ending=Ending.PROGRAM if finished else Ending.LENGTH)


def _judge_answer(request: Request, sample: Sample, piece: Piece) -> Sample:
    """The sample with the program in a free answer; its likelihood is that of all of it."""
    choice, prefix, function = piece.choice, request.prefix, request.problem.function
    if prefix:
        added = continuation(prefix, choice.text)
        found = is_complete(prefix + added, function)
        text = normalise_continuation(prefix, added, finished=found)
    else:
        text, found = read_answer(choice.text, function)
    sample = _scored(sample, choice.text, piece)
    if choice.finish == "length":
        # What was cut off in the middle is a program only if nothing is missing.
        found = found and is_complete(prefix + text, function)
        return replace(sample, text=text, ending=Ending.PROGRAM if found else Ending.LENGTH)
    if not found and not text.strip():
        return replace(sample, text="", empty=sample.empty + 1)
    return replace(sample, text=text, ending=Ending.PROGRAM if found else Ending.LENGTH)


def _scored(sample: Sample, text: str, piece: Piece) -> Sample:
    """The sample with its text, and with the likelihood of what the model added to it."""
    score = score_part(piece.choice, text[len(sample.text) :].removeprefix(piece.begun))
    if sample.logprob is None or score is None:
        return replace(sample, text=text, logprob=None, scored=0)
    logprob, scored = sample.logprob + score[0], sample.scored + score[1]
    return replace(sample, text=text, logprob=logprob, scored=scored)


def _read_continued(prefix: str, sample: Sample, piece: Piece) -> tuple[str, bool]:
    """What a begun answer goes on with, and whether that is all there will be."""
    choice, written = piece.choice, prefix + sample.text
    if not sample.text and begins_anew(f"{piece.begun if prefix else ''}{choice.text}"):
        return continuation(prefix, choice.text), False
    # Chat templates that trim messages make the model write the prefill's line ends again.
    begun = FENCE + written + piece.begun
    text = choice.text.removeprefix(begun[len(begun.rstrip()) :])
    for echo in (begun, written + piece.begun):  # some servers give back what was begun
        if echo.strip() and text.lstrip().startswith(echo.strip()):
            text = text.lstrip().removeprefix(echo.strip())
            break
    if text.strip() and not restates(text, piece.begun):
        text = piece.begun + _indented(text, piece.begun)
    fence = program_end(written, text)
    if fence is not None:
        return text[:fence], True
    stopped_by = choice.stopped_by
    if stopped_by is None and sample.free:
        stopped_by = ""  # without stop strings, only the model itself can have stopped
    return text, choice.finish == "stop" and stopped_by in ("", _CLOSING_FENCE)


def _indented(text: str, begun: str) -> str:
    """A body with the white space at its beginning, which some servers strip from answers."""
    if text[:1].isspace() or not begun.endswith(":"):
        return text
    head = margin_of(begun.rpartition("\n")[2])
    below = (margin_of(line) for line in text.split("\n")[1:] if line.strip())
    deeper = (margin for margin in below if len(margin) > len(head))
    return "\n" + min([f"{head}    ", *deeper], key=len) + text


def _read_instructed(written: str, choice: Choice) -> tuple[str, bool]:
    """The code of an answer to "write the next function", and whether there was none."""
    added = continuation(written, choice.text)
    return added, choice.finish == "stop" and bool(written) and not added.strip()


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


def pieces_of(reply: Reply, mode: Mode, until: Grain, begun: str = "") -> list[Piece]:
    """Each choice with the completion tokens it took, which add up to the reply's.

    Servers count per reply: shared out by tokens where they are listed, else by length. A
    server that counts nothing is taken to write `BYTES_PER_TOKEN`, thinking included.
    """
    choices = reply.choices
    listed = [len(choice.tokens) for choice in choices if choice.tokens is not None]
    weights = (
        listed
        if len(listed) == len(choices)
        else [len(f"{choice.thought}{choice.text}".encode(errors="replace")) for choice in choices]
    )
    total = reply.counts.written
    if total is None:
        total = sum(weights) if weights is listed else -(-sum(weights) // BYTES_PER_TOKEN)
    if not any(weights):
        weights = [1] * len(choices)
    # Differences of rounded running totals: whole numbers with the right sum.
    totals = [total * upto // sum(weights) for upto in accumulate(weights, initial=0)]
    return [
        Piece(choice, after - before, mode, until, begun)
        for choice, (before, after) in zip(choices, pairwise(totals), strict=True)
    ]
