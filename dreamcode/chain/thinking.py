"""What a model says, without what it only thinks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dreamcode.chain.indentation import dedent
from dreamcode.chain.markdown import LINE_END, fenced_blocks, first_fence
from dreamcode.chain.prose import looks_like_code, programs_in
from dreamcode.chain.syntax import parse_module

_STEM = r"think|thought|reason|reflect|scratch|monolog|analysis|rationale|deliberat|brainstorm"
_STEM += r"|ponder|musing|introspect|contemplat|inner_?(?:voice|speech)|self_?(?:talk|critique)"
_WORD = rf"(?:{_STEM}|(?<![a-z])(?:plan(?:s|ning)?|cot|drafts?)(?![a-z]))"
_TAG = rf"([\w:-]{{0,40}}{_WORD}[\w:-]{{0,40}})"
_TOKEN = rf"([a-z_▁]{{0,40}}{_WORD}[a-z]{{0,40}})"
_BRACKETS = r"((?-i:[A-Z_]*(?:THINK|THOUGHT|REASON|REFLECT|PLAN|SCRATCH)[A-Z]*))\]"
_ANSWER = r"(?:(?:final_)?(?:answer|response|solution|output)|final|box)"
_MESSAGE = r"\b[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>"
_EDGE = r"(?:\*\*|\#+ )?"
_OPENING = re.compile(
    rf"<\s*{_TAG}(?:\s[^<>\n]*)?(?<!/)>"  # <think>, <seed:think>, <thinking depth="2">
    rf"|<[|｜](?:(?:begin|start)[_▁](?:of[_▁])?)?{_TOKEN}(?:[_▁](?:begin|start))?[|｜]>"
    rf"|(?<![\w\])=(,+])(?<![=,+] )\[{_BRACKETS}|^\[(think)\]"  # no list of Python's
    rf"|◁{_TOKEN}▷|<\|inner_prefix\|>"
    rf"|<\|channel>\s*{_TOKEN}\b|<unused94>(?:thought\b)?"  # Gemma
    rf"|(?:<\|channel\|>|\A)\s*(analysis|commentary){_MESSAGE}"  # harmony
    rf"|\A\s*{_EDGE}Thinking(?:\.\.\.|…)[ \t]*$"  # Ollama
    rf"|^{_EDGE}(?P<told>Here(?: is|['’]s) my thought process:)",  # Granite
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(
    rf"<\s*/\s*{_TAG}\s*>|\[/{_BRACKETS}|\[/(think)\]|◁/{_TOKEN}▷|<\|inner_suffix\|>|<channel\|>|<unused95>"
    rf"|<[|｜](?:/|end[_▁](?:of[_▁])?){_TOKEN}[|｜]>|<[|｜]{_TOKEN}[_▁]end[|｜]>"
    rf"|^(?:\.\.\.|…)done thinking\.?|^{_EDGE}Here(?: is|['’]s) my response:(?:\*\*)?",
    re.IGNORECASE | re.MULTILINE,
)
_FINAL = re.compile(
    rf"(?:<\|start\|>\s*assistant\s*)?(?:<\|channel\|>|\A)\s*final{_MESSAGE}"
    r"|(?:<\|begin\|>\s*assistant\s*)?<\|content\|>"  # Solar
)
# The same where the special tokens got lost.
_BARE_CHANNELS = re.compile(r"\A\s*analysis(?=[A-Z])(?:.*assistantfinal|.*)", re.DOTALL)
# What stands behind a tag of which a sentence speaks.
_SPOKEN_OF = re.compile(
    r"\s?[.,;:)]|\s(?:tag|token|mark|element|block|section)s?\b|\s(?:markers?|and|or|is|are|was|were"
    r"|will|must|should|can|from|in|into|with)\b"
)
_DETAILS = re.compile(
    r"<details\b(?P<about>[^<>\n]*>\s*(?:<summary\b.*?</summary\s*>)?).*?(?:</details\s*>|(?P<open>\Z))",
    re.DOTALL | re.IGNORECASE,
)
_OF_THOUGHT = re.compile(
    rf"{_WORD}|思考|思路|推理|考え|생각|추론|рассужд|размышл|denk|gedank|überleg|réfl[eé]|raisonn|razon"
    r"|pensa|ragiona",
    re.IGNORECASE,
)
_OF_ANSWER = re.compile(r"solution|code|answer|program|implement", re.IGNORECASE)
_WRAPPER = re.compile(
    rf"<\s*/?\s*{_ANSWER}(?:\s[^<>\n]*)?>|<[|｜](?:begin|start|end)[_▁](?:of[_▁])?{_ANSWER}[|｜]>"
    rf"|<[|｜]{_ANSWER}[_▁](?:begin|start|end)[|｜]>",
    re.IGNORECASE,
)
_SPECIAL = (
    r"(?:<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|<(?:\w+:)?(?:eos|bos)>"
    r"|<\[?(?:start|end)_of_turn\]?>|<turn\|>|\[\|\w+\|\])"
)
_TURN = re.compile(rf"{_SPECIAL}|\[/INST\]")
_BEGIN = re.compile(rf"\A(?:\s*(?:{_SPECIAL}|<\|turn>)(?:(?:assistant|model)\b)?)+\s*")
_QUOTED = re.compile(
    r"""(?<!\w)[rRbBfFuU]{0,2}(["'])((?:\\.|(?!\1).)*?)\1(?!\w)"""
    r"""|(?<!`)(`{1,2})(?!`)(.*?)(?<!`)\3(?!`)"""
)
_IN_LINE = re.compile(r"[^\r\n]")
_IN_CODE = re.compile(r'"""(?:\\.|(?!""").)*"""' + r"|'''(?:\\.|(?!''').)*'''|#[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where thinking begins or ends.

    Attributes:
        start: where the mark stands.
        end: where it is over.
        name: of the kind of thinking, in small letters.
        kind: what the mark does; a final one ends all thinking before it.
    """

    start: int
    end: int
    name: str
    kind: Literal["opening", "closing", "final"]


def spoken(answer: str) -> str:
    """What `answer` says outside of thinking, up to the end of the model's turn.

    Thinking stands between tags of many names and forms. A closing tag alone, as where the
    prompt held the opening one, ends thinking that began with the answer; an opening one
    alone begins thinking that never ended. Tags around the answer itself are taken away. A
    tag is text like any other inside quotes on its line, in code, in a sentence that speaks
    of it, and in a block that is said to be no Python. An answer without any of these comes
    back as it is.
    """
    while (said := _spoken_once(answer)) != answer:
        answer = said  # what is left may be read anew: a fence may have begun in thinking
    return answer


def _spoken_once(answer: str) -> str:
    said = _unfolded(_aloud(_BARE_CHANNELS.sub("", answer)))
    said = _without(said, [found.span() for found in _found(_WRAPPER, said)])
    said = _BEGIN.sub("", said)
    ends = [found.start() for found in _found(_TURN, said)]
    return said[: ends[0]] if ends else said


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    ends = [0, *(end for _, end in spans)]
    return "".join(
        text[end:start] for end, (start, _) in zip(ends, [*spans, (len(text), 0)], strict=True)
    )


def _aloud(answer: str) -> str:
    """`answer` without the spans of thinking."""
    marks = _marks(answer)
    spans: list[tuple[int, int]] = []
    number = 0
    while number < len(marks):
        mark = marks[number]
        start, closing = mark.start, number
        if mark.kind == "opening":
            end = _closing(marks, number)
            if end is None:
                return _without(answer, [*spans, (start, len(answer))])
            closing = end
        is_one_too_many = number and mark.kind == "closing" and not answer[mark.end :].strip()
        if marks[closing].kind == "final" or (mark.kind == "closing" and not is_one_too_many):
            spans, start = [], 0
        spans.append((start, marks[closing].end))
        number = closing + 1
    return _without(answer, spans)


def _unfolded(answer: str) -> str:
    """`answer` without what it folds away, if that is thinking or the code is elsewhere."""
    spans: list[tuple[int, int]] = []
    for found in _found(_DETAILS, answer):
        start, end = found.span()
        about = answer[slice(*found.span("about"))]
        is_beside = not _OF_ANSWER.search(about) and looks_like_code(answer[:start] + answer[end:])
        if _OF_THOUGHT.search(about) or (is_beside and found["open"] is None):
            spans.append((start, end))
    return _without(answer, spans)


def _closing(marks: list[_Mark], opening: int) -> int | None:
    """The number of the mark that ends the thinking begun by mark number `opening`."""
    name, depth = marks[opening].name, 1
    others: list[int] = []
    for number in range(opening + 1, len(marks)):
        mark = marks[number]
        if mark.kind == "final":
            return number
        if mark.kind == "closing":
            depth -= mark.name == name
            if depth == 0 or not mark.name:
                return number
            others.append(number)
        else:
            depth += mark.name == name
    # Never closed as often as opened, or closed by another name.
    same = [number for number in others if marks[number].name == name]
    return next(iter(same[-1:] or others), None)


def _marks(answer: str) -> list[_Mark]:
    """The marks of thinking in `answer` that are not part of its text."""
    kinds: dict[Literal["opening", "closing", "final"], re.Pattern[str]] = {
        "opening": _OPENING,
        "closing": _CLOSING,
        "final": _FINAL,
    }
    found = [
        _Mark(*mark.span(), next(filter(None, mark.groups()), "").lower(), kind)
        for kind, pattern in kinds.items()
        for mark in _found(pattern, answer)
        if not _is_named(answer, mark)
    ]
    found.sort(key=lambda mark: mark.start)
    closed = any(mark.kind == "closing" and not mark.name for mark in found)
    return [mark for mark in found if closed or not mark.name.startswith("here")]


def _is_named(text: str, mark: re.Match[str]) -> bool:
    """Whether a sentence speaks of the tag."""
    in_sentence = re.fullmatch(r"[\w,(] ?", text[: mark.start()][-2:]) is not None
    return in_sentence and _SPOKEN_OF.match(text, mark.end()) is not None


def _found(pattern: re.Pattern[str], answer: str) -> list[re.Match[str]]:
    """The matches that are no text like any other: not in quotes, and not in code."""
    return list(pattern.finditer(_masked(answer))) if pattern.search(answer) else []


def _masked(answer: str) -> str:
    """`answer` with another character wherever a mark would be text."""
    spans = [found.span(2 if found[1] else 4) for found in _QUOTED.finditer(answer)]
    starts = [0, *(end.end() for end in LINE_END.finditer(answer)), len(answer)]
    for first, end, text in _texts(answer):
        start, stop = starts[first], starts[min(end, len(starts) - 1)]
        if text and parse_module(text) is None:
            # What quotes enclose that a draft left open is code.
            quoted = _IN_CODE.finditer(answer, start, stop)
            spans += [found.span() for found in quoted if not looks_like_code(found[0])]
        else:
            spans.append((start, stop))
    masked = list(answer)
    for start, stop in spans:
        masked[start:stop] = _IN_LINE.sub("\0", answer[start:stop])
    return "".join(masked)


def _texts(answer: str) -> Iterator[tuple[int, int, str]]:
    """The lines, from and to, that are code, and what they say; "" where that is no Python."""
    for block in fenced_blocks(answer):
        is_other = block.closed and block.tag and not block.is_python
        yield block.first, block.end, "" if is_other else dedent(block.text)
    for run in programs_in(LINE_END.sub("\n", answer).split("\n")):
        # Quotes left open in a draft may be closed by those of another block.
        if not first_fence(run.text):
            yield run.first, run.end, run.text
