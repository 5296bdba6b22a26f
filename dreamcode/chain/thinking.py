"""What a model says, without what it only thinks."""

import re
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from dreamcode.chain.indentation import dedent
from dreamcode.chain.markdown import LINE_END, fenced_blocks, first_fence
from dreamcode.chain.prose import programs_in
from dreamcode.chain.syntax import parse_module

_STEM = r"think|thought|reason|reflect|scratch_?pad|monologue|analysis|rationale|deliberat"
_TAG = rf"([\w:-]*(?:{_STEM})[\w-]*)"
_TOKEN = rf"((?:{_STEM})[a-z]*)"
_BRACKETS = r"(?-i:(THINK|THINKING|THOUGHT|REASONING)\])"
_ANSWER = r"(?:(?:final_)?(?:answer|response|solution|output)|final|box)"
_MESSAGE = r"\b[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>"
_OPENING = re.compile(
    rf"<\s*{_TAG}(?:\s[^<>\n]*)?(?<!/)>"  # <think>, <seed:think>, <thinking depth="2">
    rf"|<[|｜](?:(?:begin|start)[_▁](?:of[_▁])?)?{_TOKEN}(?:[_▁](?:begin|start))?[|｜]>"
    rf"|(?<![\w\])=(,+])(?<![=,+] )\[{_BRACKETS}|◁{_TOKEN}▷"  # no list of Python's
    rf"|<\|channel>\s*{_TOKEN}\b|<unused94>(?:thought\b)?"  # Gemma
    rf"|(?:<\|channel\|>|\A)\s*(analysis|commentary){_MESSAGE}",  # harmony
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"<\s*/\s*{_TAG}\s*>|\[/{_BRACKETS}|◁/{_TOKEN}▷|<channel\|>|<unused95>"
    rf"|<[|｜](?:/|end[_▁](?:of[_▁])?){_TOKEN}[|｜]>|<[|｜]{_TOKEN}[_▁]end[|｜]>",
    re.IGNORECASE,
)
_FINAL = re.compile(rf"(?:<\|start\|>\s*assistant\s*)?(?:<\|channel\|>|\A)\s*final{_MESSAGE}")
# The same where the special tokens got lost.
_BARE_CHANNELS = re.compile(r"\A\s*analysis(?=[A-Z])(?:.*assistantfinal|.*)", re.DOTALL)
_WRAPPER = re.compile(
    rf"<\s*/?\s*{_ANSWER}(?:\s[^<>\n]*)?>|<[|｜](?:begin|start|end)[_▁](?:of[_▁])?{_ANSWER}[|｜]>",
    re.IGNORECASE,
)
_SPECIAL = r"(?:<[|｜][^|｜<>\n]{1,40}[|｜]>|</?s>|<(?:eos|bos)>|<(?:start|end)_of_turn>)"
_TURN = re.compile(rf"{_SPECIAL}|\[/INST\]")
_BEGIN = re.compile(rf"\A(?:\s*{_SPECIAL}(?:(?:assistant|model)\b)?)+\s*")
_QUOTED = re.compile(
    r"""(?<!\w)[rRbBfFuU]{0,2}(["'])(?:\\.|(?!\1).)*?\1(?!\w)|(?<!`)(`{1,2})(?!`).*?(?<!`)\2(?!`)"""
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where thinking begins or ends.

    Attributes:
        start: where the mark stands.
        end: where it is over.
        name: of the kind of thinking, in small letters.
        kind: what the mark does; a final one ends all thinking before it.
        may_be_named: it stands in a sentence as if that spoke of it. It then needs its other
            half to count.
    """

    start: int
    end: int
    name: str
    kind: Literal["opening", "closing", "final"]
    may_be_named: bool


def spoken(answer: str) -> str:
    """What `answer` says outside of thinking, up to the end of the model's turn.

    Thinking stands between tags of many names and forms. A closing tag alone, as where the
    prompt held the opening one, ends thinking that began with the answer; an opening one
    alone begins thinking that never ended. Tags around the answer itself are taken away. A
    tag is text like any other inside quotes on its line, in code that parses, and in a block
    that is said to be no Python. An answer without any of these comes back as it is.
    """
    while (said := _spoken_once(answer)) != answer:
        answer = said  # what is left may be read anew: a fence may have begun in thinking
    return answer


def _spoken_once(answer: str) -> str:
    said = _aloud(_BARE_CHANNELS.sub("", answer))
    is_text = _texts(said)
    said = _WRAPPER.sub(lambda found: found[0] if is_text(found) else "", said)
    said = _BEGIN.sub("", said)
    is_text = _texts(said)
    ends = (found.start() for found in _TURN.finditer(said) if not is_text(found))
    return said[: next(ends, None)]


def _aloud(answer: str) -> str:
    """`answer` without the spans of thinking."""
    marks = _marks(answer)
    kept: list[str] = []
    position = number = 0
    while number < len(marks):
        mark = marks[number]
        closing = _closing(marks, number) if mark.kind == "opening" else number
        if mark.may_be_named and closing in (None, number):
            number += 1
            continue
        if mark.kind == "opening":
            kept.append(answer[position : mark.start])
            if closing is None:
                return "".join(kept)
            number, mark = closing, marks[closing]
        elif kept and mark.kind == "closing" and not answer[mark.end :].strip():
            kept.append(answer[position : mark.start])  # one closing tag too many
        else:
            kept = []
        if mark.kind == "final":
            kept = []
        position, number = mark.end, number + 1
    return "".join([*kept, answer[position:]])


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
    is_text = _texts(answer)
    kinds: dict[Literal["opening", "closing", "final"], re.Pattern[str]] = {
        "opening": _OPENING,
        "closing": _CLOSING,
        "final": _FINAL,
    }
    found = [
        _Mark(
            *mark.span(),
            next(filter(None, mark.groups()), "").lower(),
            kind,
            _is_named(answer[: mark.start()][-2:], answer[mark.end() :][:2], kind),
        )
        for kind, pattern in kinds.items()
        for mark in pattern.finditer(answer)
        if not is_text(mark)
    ]
    found.sort(key=lambda mark: mark.start)
    # The prompt may have written the opening tag, and the model have written it again.
    pairs = zip([None, *found], found, strict=False)
    return [mark for before, mark in pairs if not (before and _repeats(answer, before, mark))]


def _is_named(before: str, after: str, kind: str) -> bool:
    """Whether a tag between these characters is one that a sentence names."""
    in_sentence = re.fullmatch(r"[\w,] ", before) is not None
    goes_on = re.fullmatch(r" [a-z]|[.,;] ?", after) is not None
    return in_sentence and (kind == "opening" or (kind == "closing" and goes_on))


def _repeats(answer: str, before: _Mark, mark: _Mark) -> bool:
    """Whether an opening mark stands right behind another one of its kind."""
    is_same = (before.kind, before.name) == (mark.kind, mark.name)
    return is_same and mark.kind == "opening" and not answer[before.end : mark.start].strip()


def _texts(answer: str) -> Callable[[re.Match[str]], bool]:
    """Tells whether a match in `answer` is quoted, or part of a program's strings."""

    @cache
    def blocks() -> set[int]:
        return {number for span in _text_blocks(answer) for number in span}

    @cache
    def runs() -> set[int]:
        found = programs_in(LINE_END.sub("\n", answer).split("\n"))
        # Quotes left open in a draft may be closed by those of another block.
        good = (run for run in found if parse_module(run.text) and not first_fence(run.text))
        return {number for run in good for number in range(run.first, run.end)}

    @cache
    def starts() -> list[int]:
        return [0, *(end.end() for end in LINE_END.finditer(answer)), len(answer) + 1]

    def is_text(mark: re.Match[str]) -> bool:
        number = bisect(starts(), mark.start()) - 1
        start, end = starts()[number], starts()[number + 1]
        quoted = (found.span() for found in _QUOTED.finditer(answer, start, end))
        if any(first < mark.start() and mark.end() < last for first, last in quoted):
            return True
        if number in blocks():
            return True
        # Looking for programs in long prose takes its time.
        in_comment = "#" in answer[start : mark.start()]
        in_string = any(
            -1 < answer.find(quotes) < mark.start() and answer.rfind(quotes) > mark.start()
            for quotes in ('"""', "'''")
        )
        return (in_comment or in_string) and number in runs()

    return is_text


def _text_blocks(answer: str) -> Iterator[range]:
    """The numbers of the lines of fenced blocks in which a mark would be text."""
    for block in fenced_blocks(answer):
        is_other = block.closed and block.tag and not block.is_python
        if is_other or parse_module(dedent(block.text)) is not None:
            yield range(block.first, block.end)
