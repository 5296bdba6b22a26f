"""The lines of a statement, and which of them announce a sample."""

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import Enum

from dreamcode.problems.words import ENDING, WORD

_MARKUP = " \t\u3000*_`#>=-–—―【】[]<"
_BETWEEN = re.compile(r"[\s*_`#№>|()\[\]/\-–—―・.'’【】]+")
_FILE = re.compile(
    r"\((?:(?:from|to|file|standard)?\s*[\w.-]+\.(?:in|out|txt|dat)|std(?:in|out))\)",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\b(?:for|zu|für|para|pour|per|для|till|voor)\b", re.IGNORECASE)
_HEADING = re.compile(r"\s{0,3}+#{1,6}+\s++\W*+[^\W\d_]{2}")
_ASIDE = re.compile(r"(?:for|för|par)\b", re.IGNORECASE)  # "for example" is no heading
_LONGEST = 60
# Some dumps of statements lost the line break before the heading.
_GLUED = re.compile(r"(?<=\S)(?=Sample (?:Input|Output) ?\d*:?[ \t]*$)", re.MULTILINE)
_FENCE = re.compile(r"\s*(?:> ?)?(```+|~~~+)")


class Kind(Enum):
    """What a label announces; BOTH is the head of two columns, or of what follows."""

    INPUT = "input"
    OUTPUT = "output"
    BOTH = "input and output"
    EXAMPLE = "example"
    END = "end"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement.

    Attributes:
        text: the line without its line ending.
        fence: "" outside code fences, "```" on the fences themselves, "code" inside.
    """

    text: str
    fence: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A line that announces a part of a sample, or the end of one.

    Attributes:
        kind: what it announces.
        line: its position among the lines, from 0.
        number: the sample's number as written; "" if none.
        explicit: whether it says "sample" or "example", so it cannot be the heading of a format.
        rest: what follows the colon on the same line.
    """

    kind: Kind
    line: int
    number: str = ""
    explicit: bool = False
    rest: str = ""


def split_lines(statement: str) -> list[Line]:
    """The statement's lines, each knowing whether it stands in a code fence.

    A fence that itself holds an "Input:" and an "Output:" line wraps a whole example, so
    its lines count as ordinary ones.
    """
    lines: list[Line] = []
    opened, opening = "", 0
    for text in _GLUED.sub("\n", statement).split("\n"):
        fence = _FENCE.match(text)
        if not opened and fence:
            opened, opening = fence[1], len(lines)
            lines.append(Line(text, "```"))
        elif opened and fence and text.strip(" >").rstrip() == opened:
            lines.append(Line(text, "```"))
            lines[opening:] = _unwrap(lines[opening:])
            opened = ""
        else:
            lines.append(Line(text, "code" if opened else ""))
    return lines


def find_labels(lines: list[Line]) -> list[Label]:
    """The labels outside code fences, in order."""
    found = []
    for at, line in enumerate(lines):
        label = None if line.fence else read_label(line.text, at)
        if label is None and not line.fence and _HEADING.match(line.text):
            blank = at == 0 or not lines[at - 1].text.strip()
            label = Label(Kind.END, at) if blank else None
        if label is not None:
            found.append(label)
    return found


def read_label(text: str, at: int = 0) -> Label | None:
    """What a line announces; None if nothing."""
    head, colon, rest = text.replace("：", ":", 1).partition(":")
    head = unicodedata.normalize("NFC", head.strip(_MARKUP))
    if not head or len(head) > _LONGEST:
        return None
    rest = re.sub(r"^[*_]+", "", rest).strip()
    if (label := _read_words(head, at)) is not None:
        if label.kind in (Kind.EXAMPLE, Kind.BOTH):
            return None if rest.strip(_MARKUP) else label
        return replace(label, rest=rest) if colon else label
    capital = not head[0].islower()
    return Label(Kind.END, at) if capital and ENDING.fullmatch(head) else None


def _unwrap(fenced: list[Line]) -> list[Line]:
    inside = [line.text for line in fenced[1:-1] if line.text.strip()]
    bare = (
        bool(inside) and (first := read_label(inside[0])) is not None and first.kind is Kind.INPUT
    )
    kinds = {
        label.kind
        for text in inside
        if (bare or re.search("[:：]", text)) and (label := read_label(text)) is not None
    }
    if {Kind.INPUT, Kind.OUTPUT} <= kinds:
        return [Line(""), *(replace(line, fence="") for line in fenced[1:-1]), Line("")]
    return fenced


def _read_words(head: str, at: int) -> Label | None:
    """The label, if the line has no other words than those of labels."""
    found: list[tuple[str, str]] = []
    plain = _FILE.sub(" ", head)
    place = 0
    while place < len(plain):
        match = WORD.match(plain, place)
        if match is None:
            match = _BETWEEN.match(plain, place)
            if match is None:
                return None
        elif match.lastgroup is not None:
            found.append((match.lastgroup, match[0]))
        place = match.end()
    sides = [group for group, _ in found if group in ("input", "output")]
    explicit = any(group == "sample" for group, _ in found)
    numbers = {text for group, text in found if group == "number"}
    if len(numbers) > 1:
        return None
    number = "".join(numbers)
    match sides:
        case [] if explicit and not _ASIDE.match(plain):
            return Label(Kind.EXAMPLE, at, number, explicit)
        case ["input"] | ["input", "input"]:
            return Label(Kind.INPUT, at, number, explicit)
        case ["output"] | ["output", "output"]:
            return Label(Kind.OUTPUT, at, number, explicit)
        case ["output", "input"] if _TARGET.search(plain):
            return Label(Kind.OUTPUT, at, number, explicit=True)
        case ["input", "output"]:
            return Label(Kind.BOTH, at, number, explicit)
    return None
