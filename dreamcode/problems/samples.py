"""Finds the samples in a statement, in the forms that contest sites use."""

from dataclasses import dataclass
from itertools import pairwise

from dreamcode.errors import InputError
from dreamcode.problems.labels import Kind, Label, Line, find_labels, split_lines
from dreamcode.problems.literals import is_named


@dataclass(frozen=True, slots=True)
class Sample:
    """The two sides of one sample as the statement writes them.

    Attributes:
        input: text after the input's label, without labels and fences; whole lines.
        output: text after the output's label, without labels and fences; whole lines.
        inline: whether the input begins on its label's line ("Input: nums = [1,2]").
    """

    input: str
    output: str
    inline: bool = False


def find_samples(statement: str) -> tuple[Sample, ...]:
    """The samples of a statement; empty if it has none.

    The first of these forms that is present counts, so that the headings of the input
    and output *formats* are not taken for samples:

    1. labels that say so: `Sample Input 1` / `Sample Output 1`, `Input 1`, `Example Output`;
    2. `Input` and `Output` under a heading `Example 1`, `Examples`, `Sample`;
    3. `Input` and `Output`, each directly followed by a code fence;
    4. `Input: name = value` and `Output: value`.

    What a label announces is the code fence below it, or, where there is none, the text
    up to the next label. An output without a fence ends at its first blank line, because
    explanations follow there.

    Raises:
        InputError: a label of form 1 has no partner.
    """
    lines = split_lines(statement)
    labels = find_labels(lines)
    pairs = (
        _explicit_pairs(labels)
        or _example_pairs(labels)
        or _fenced_pairs(lines, labels)
        or [pair for pair in _adjacent_pairs(labels) if is_named(pair[0].rest)]
    )
    return tuple(_read_sample(lines, labels, *pair) for pair in pairs)


Pair = tuple[Label, Label]
_BUTTONS = {"copy", "copied!", "content_copy", "save_alt"}  # what a copied web page brings along


def _explicit_pairs(labels: list[Label]) -> list[Pair]:
    sides = (Kind.INPUT, Kind.OUTPUT)
    numbered = [i for i in labels if i.kind in sides and (i.explicit or i.number)]
    pairs = _adjacent_pairs(numbered)
    paired = {label.line for pair in pairs for label in pair}
    for label in numbered:
        if label.explicit and label.line not in paired:
            missing = "output" if label.kind is Kind.INPUT else "input"
            raise InputError(
                f"the sample {label.kind.value} {label.number}".rstrip()
                + f" has no sample {missing}; add it, or give the tests in a file."
            )
    return pairs


def _example_pairs(labels: list[Label]) -> list[Pair]:
    """Pairs under example headings; a numbered example has one pair at most."""
    starts = [at for at, label in enumerate(labels) if label.kind is Kind.EXAMPLE]
    spans = pairwise([*starts, len(labels)])
    found = [(labels[start], _adjacent_pairs(labels[start:end])) for start, end in spans]
    return [pair for heading, pairs in found for pair in (pairs[:1] if heading.number else pairs)]


def _fenced_pairs(lines: list[Line], labels: list[Label]) -> list[Pair]:
    fenced = [label for label in labels if _next_text(lines, label.line + 1).fence]
    return [pair for pair in _adjacent_pairs(fenced) if not pair[0].rest]


def _adjacent_pairs(labels: list[Label]) -> list[Pair]:
    """Each input label with the output label right after it, if their numbers agree."""
    return [
        (first, second)
        for first, second in pairwise(labels)
        if (first.kind, second.kind) == (Kind.INPUT, Kind.OUTPUT) and first.number == second.number
    ]


def _read_sample(lines: list[Line], labels: list[Label], first: Label, second: Label) -> Sample:
    after = next((label.line for label in labels if label.line > second.line), len(lines))
    below_input, below_output = lines[first.line + 1 : second.line], lines[second.line + 1 : after]
    doubled = not first.rest and _is_doubled(below_input)
    given = _content(below_input, first.rest)
    expected = _content(below_output, second.rest, stop=2 if doubled else 1)
    if doubled:
        given = given[::2]
        expected = expected[::2] if _alternates(expected) else expected
    return Sample(_joined(given), _joined(expected), inline=bool(first.rest))


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _content(below: list[Line], rest: str, stop: int = 0) -> list[str]:
    """The lines a label announces: its fence's, or those up to `stop` blank lines in a row."""
    if rest:
        return _unindented([_without_backticks(rest), *_paragraphs([i.text for i in below], 1)])
    if _next_text(below, 0).fence:
        start = next(at for at, line in enumerate(below) if line.fence)
        inside = below[start + 1 :]
        end = next((at for at, line in enumerate(inside) if line.fence != "code"), len(inside))
        return [line.text for line in inside[:end]]
    texts = ["" if line.text.strip().lower() in _BUTTONS else line.text for line in below]
    blank = next((at for at, text in enumerate(texts) if text.strip()), len(texts))
    if stop and blank >= 2 and _is_prose(next(iter(texts[blank:]), "")):
        return []  # heading, blank line, *empty output*, blank line, explanation
    return _unindented(_paragraphs(texts[blank:], stop))


def _is_prose(text: str) -> bool:
    """Whether a line reads like a sentence rather than like a program's output."""
    words = sum(word.isalpha() for word in text.split())
    return text[:1].isupper() and text.rstrip().endswith(".") and words >= 3


def _paragraphs(texts: list[str], stop: int) -> list[str]:
    """The lines up to `stop` blank ones in a row (0: all of them), no blank ones at the end."""
    kept = texts
    for at in range(len(texts)) if stop else ():
        if not any(text.strip() for text in texts[at : at + stop]):
            kept = texts[:at]
            break
    while kept and not kept[-1].strip():
        kept = kept[:-1]
    return kept


def _is_doubled(below: list[Line]) -> bool:
    """Whether a blank line follows every line and two more the last, as in some dumps."""
    texts = [line.text.strip() for line in below]
    return not any(texts[-2:]) and _alternates(_paragraphs(texts, 0))


def _alternates(texts: list[str]) -> bool:
    blank = [not text.strip() for text in texts]
    return len(texts) > 2 and all(blank[1::2]) and not any(blank[::2])


def _unindented(texts: list[str]) -> list[str]:
    """Without the four spaces that make a Markdown code block."""
    indented = all(text.startswith("    ") for text in texts if text.strip())
    return [text[4:] for text in texts] if indented else texts


def _without_backticks(text: str) -> str:
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "`" else text


def _next_text(lines: list[Line], start: int) -> Line:
    return next((line for line in lines[start:] if line.text.strip()), Line(""))
