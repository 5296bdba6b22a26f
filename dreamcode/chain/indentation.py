"""Moving code left and right without touching anything else in it."""

from itertools import takewhile

_SPACE = " \t"


def dedent(text: str) -> str:
    """`text` without the indentation that all its lines share; blank lines do not count.

    Unlike `textwrap.dedent` it leaves the white space of blank lines alone.
    """
    return indent(text, "")


def indent(text: str, to: str) -> str:
    """`text` with the indentation that all its lines share replaced by `to`."""
    margin = margin_of(text)
    if margin == to:
        return text
    lines = text.split("\n")
    return "\n".join(to + line[len(margin) :] if line.strip() else line for line in lines)


def margin_of(text: str) -> str:
    """The white space with which every line of `text` begins that is not blank."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return ""
    # What the first and the last in order share, all between them share.
    low, high = min(lines), max(lines)
    shared = takewhile(
        lambda pair: pair[0] == pair[1] and pair[0] in _SPACE, zip(low, high, strict=False)
    )
    return "".join(character for character, _ in shared)
