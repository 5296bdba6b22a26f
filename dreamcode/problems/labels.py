"""The lines of a statement, and which of them announce a sample."""

import re
from dataclasses import dataclass, replace
from enum import Enum

_MARK = r"[\s*_`#>]*+"  # possessive: a long row of # must not cost quadratic time
_NUMBER = r"[#№]?(?P<number>\d*)"
_SIDE = re.compile(
    rf"{_MARK}(?P<word>samples?|examples?)?{_MARK}(?P<side>inputs?|outputs?)"
    rf"{_MARK}(?P<after>samples?|examples?|copy)?{_MARK}{_NUMBER}(?:\s*copy)?\**"
    r"(?::[*_]*(?P<rest>.*)|[\s*_#]*)",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    rf"{_MARK}(?:examples?|samples?)(?:\s+(?:tests?|cases?))?{_MARK}{_NUMBER}{_MARK}:?{_MARK}",
    re.IGNORECASE,
)
_END = re.compile(
    rf"{_MARK}(?:explanations?|notes?|constraints|remarks?|hints?|follow[- ]?up)\b"
    rf"{_MARK}{_NUMBER}{_MARK}(?::.*)?",
    re.IGNORECASE,
)
# Some dumps of statements lost the line break before the heading.
_GLUED = re.compile(r"(?<=\S)(?=Sample (?:Input|Output) ?\d*:?[ \t]*$)", re.MULTILINE)
_FENCE = re.compile(r"\s*(?:> ?)?(```+|~~~+)")


class Kind(Enum):
    """What a label announces."""

    INPUT = "input"
    OUTPUT = "output"
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
    labels = (_read_label(line.text, at) for at, line in enumerate(lines) if not line.fence)
    return [label for label in labels if label is not None]


def _unwrap(fenced: list[Line]) -> list[Line]:
    kinds = {
        label.kind
        for line in fenced[1:-1]
        if ":" in line.text and (label := _read_label(line.text, 0)) is not None
    }
    if {Kind.INPUT, Kind.OUTPUT} <= kinds:
        return [Line(""), *(replace(line, fence="") for line in fenced[1:-1]), Line("")]
    return fenced


def _read_label(text: str, at: int) -> Label | None:
    if side := _SIDE.fullmatch(text):
        kind = Kind.INPUT if side["side"].lower().startswith("input") else Kind.OUTPUT
        after = (side["after"] or "").lower()
        explicit = bool(side["word"] or after not in ("", "copy"))
        return Label(kind, at, side["number"], explicit, (side["rest"] or "").strip())
    if example := _EXAMPLE.fullmatch(text):
        return Label(Kind.EXAMPLE, at, example["number"])
    return Label(Kind.END, at) if _END.fullmatch(text) else None
