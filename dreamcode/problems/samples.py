"""Finds the samples in a statement, in the forms that contest sites use."""

import re
from dataclasses import dataclass
from itertools import pairwise

from dreamcode.problems.columns import (
    Sides,
    UnclearError,
    find_columns,
    first_column,
    iterate_tables,
    split_columns,
)
from dreamcode.problems.explanations import cut_explanation, refuse_explained
from dreamcode.problems.html_text import plain_text
from dreamcode.problems.labels import Kind, Label, Line, find_labels, split_lines
from dreamcode.problems.literals import is_named

_INTERACTIVE = re.compile(
    r"\b(?:is|are) (?:an )?\W{0,2}interactive\W{0,2} (?:problem|task)"
    r"|(?:problem|task) is \W{0,2}interactive"
    r"|интерактивн\w+ задач|インタラクティブ(?:な|形式)|交互题|인터랙티브",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\W{0,8}(?:samples?|examples?)\b.{0,40}"
    r"|\W{0,8}(?:input|output)\b.{0,20}\b(?:sample|example).{0,20}"
    r"|.{0,10}(?:入力例|出力例|サンプル|样例|示例|예제|Пример).{0,20}",
    re.IGNORECASE,
)
_BUTTONS = {"copy", "copied!", "content_copy", "save_alt"}  # what a copied web page brings along

Pair = tuple[Label, Label]


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


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a statement.

    Attributes:
        samples: the samples that could be read.
        doubts: what looks like samples and could not be read, and why.
    """

    samples: tuple[Sample, ...] = ()
    doubts: tuple[str, ...] = ()


def find_samples(statement: str) -> Found:
    """The samples of a statement; none is better than a false one.

    The first of these forms that is present counts, so that the headings of the input
    and output *formats* are not taken for samples:

    1. tables and columns headed by an input and an output;
    2. labels that say so: `Sample Input 1` / `Sample Output 1`, `Input 1`, `Example Output`,
       and what other languages say (see `words`);
    3. `Input` and `Output` under a heading `Example 1`, `Examples`, `Sample`;
    4. `Input` and `Output`, each directly followed by a code fence;
    5. `Input: name = value` and `Output: value`.

    What a label announces is the code fence below it, or, where there is none, the text
    up to the next label, in outputs without the explanation that follows (see `explanations`).
    Statements in HTML are read as their text; `<pre>` is a fence.
    """
    lines = split_lines(plain_text(statement))
    if _INTERACTIVE.search(statement):
        return Found(doubts=("the problem is interactive, which is not supported",))
    try:
        sides = [pair for *_, rows in iterate_tables(lines) for pair in rows]
        sides = sides or _read_columns(lines)
    except UnclearError as error:
        return Found(doubts=(f"its samples could not be told apart: {error}",))
    if sides:
        return Found(tuple(Sample(*pair) for pair in sides))
    return _read_labelled(lines, find_labels(lines))


def _read_labelled(lines: list[Line], labels: list[Label]) -> Found:
    pairs, doubts = _explicit_pairs(labels)
    pairs = (
        pairs
        or _example_pairs(labels)
        or _fenced_pairs(lines, labels)
        or [pair for pair in _adjacent_pairs(labels) if is_named(pair[0].rest)]
        or _headed_pairs(labels)
    )
    samples = []
    for number, pair in enumerate(pairs, start=1):
        try:
            samples.append(_read_sample(lines, labels, *pair))
        except UnclearError as error:
            doubts.append(f"sample {pair[0].number or number} could not be read: {error}")
    if not samples and not doubts and _seems_to_have(lines, labels):
        doubts.append("it seems to have samples, and none could be read")
    return Found(tuple(samples), tuple(doubts))


def _seems_to_have(lines: list[Line], labels: list[Label]) -> bool:
    """Whether headings speak of samples, or input and output are announced more than once."""
    inputs = sum(label.kind is Kind.INPUT for label in labels)
    outputs = sum(label.kind is Kind.OUTPUT for label in labels)
    return (
        any(label.explicit for label in labels)
        or min(inputs, outputs) > 1
        or any(_HINT.fullmatch(line.text) for line in lines if not line.fence)
    )


def _explicit_pairs(labels: list[Label]) -> tuple[list[Pair], list[str]]:
    """Pairs that say that they are samples, and which of them lack a side."""
    sides = (Kind.INPUT, Kind.OUTPUT)
    numbered = [i for i in labels if i.kind in sides and (i.explicit or i.number)]
    pairs = _adjacent_pairs(numbered)
    paired = {label.line for pair in pairs for label in pair}
    doubts = []
    for label in numbered:
        if label.explicit and label.line not in paired:
            missing = "output" if label.kind is Kind.INPUT else "input"
            name = f"the sample {label.kind.value} {label.number}".rstrip()
            doubts.append(f"{name} has no sample {missing}")
    return pairs, doubts


def _example_pairs(labels: list[Label]) -> list[Pair]:
    """Pairs under example headings; a numbered example has one pair at most."""
    starts = [at for at, label in enumerate(labels) if label.kind is Kind.EXAMPLE or _heads(label)]
    spans = pairwise([*starts, len(labels)])
    found = [(labels[start], _adjacent_pairs(labels[start:end])) for start, end in spans]
    return [pair for heading, pairs in found for pair in (pairs[:1] if heading.number else pairs)]


def _heads(label: Label) -> bool:
    """Whether a label is a heading such as "Sample Input and Output"."""
    return label.kind is Kind.BOTH and label.explicit


def _headed_pairs(labels: list[Label]) -> list[Pair]:
    """Headings that announce both sides at once, with no other label below them."""
    under = [False, *(label.kind is Kind.EXAMPLE for label in labels)]
    return [
        (label, label)
        for label, in_example in zip(labels, under, strict=False)
        if label.kind is Kind.BOTH and (label.explicit or in_example)
    ]


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
    if not first.rest and not second.rest and not any(map(_is_content, below_input)):
        return Sample(*_read_stacked(below_output))
    doubled = not first.rest and _is_doubled(below_input)
    given = _content(below_input, first.rest)
    if doubled:
        given = given[::2]
        expected = _content(below_output, second.rest, stop=2)
        expected = expected[::2] if _alternates(expected) else expected
    else:
        expected = _content(below_output, second.rest, stop=1)
    return Sample(first_column(_joined(given)), _joined(expected), inline=bool(first.rest))


def _is_content(line: Line) -> bool:
    return bool(line.fence or (line.text.strip() and line.text.strip().lower() not in _BUTTONS))


def _read_stacked(below: list[Line]) -> Sides:
    """Input and output that stand one after the other below both their labels.

    Raises:
        UnclearError: they are not two fences and not two paragraphs.
    """
    if _next_text(below, 0).fence:
        blocks = _fences(below)
        if len(blocks) == 1:  # the input has nothing to show
            blocks.insert(0, [])
    else:
        texts = [line.text if _is_content(line) else "" for line in below]
        blocks = [block.split("\n") for block in re.split(r"\n\s*\n", "\n".join(texts).strip("\n"))]
    if len(blocks) != 2:
        raise UnclearError(
            "its labels stand together, and what follows is not two blocks, input and output"
        )
    return _joined(blocks[0]), _joined(blocks[1])


def _fences(below: list[Line]) -> list[list[str]]:
    """What stands in the fences."""
    blocks: list[list[str]] = []
    opened = False
    for line in below:
        if line.fence == "```":
            opened = not opened
            if opened:
                blocks.append([])
        elif line.fence == "code":
            blocks[-1].append(line.text)
    return blocks


def _read_columns(lines: list[Line]) -> list[Sides]:
    """Samples below lines that name an input and an output side by side.

    Raises:
        UnclearError: what belongs to which side cannot be told.
    """
    found = [(at, find_columns(line.text)) for at, line in enumerate(lines)]
    heads = [(at, column) for at, column in found if column is not None]
    ends = [label.line for label in find_labels(lines)] + [at for at, _ in heads] + [len(lines)]
    sides = []
    for at, column in heads:
        below = lines[at + 1 : min(end for end in ends if end > at)]
        if _next_text(below, 0).fence == "```" and not lines[at].fence:
            sides.append(_read_stacked(below))
            continue
        texts = [line.text if line.fence == lines[at].fence else "" for line in below]
        while texts and (not texts[0].strip() or not re.search(r"[^\s|:+=-]", texts[0])):
            texts.pop(0)  # blanks, and the rule below the head
        stop = next((i for i, text in enumerate(texts) if not text.strip(" |")), len(texts))
        if not texts[:stop]:
            raise UnclearError("nothing stands below the head of their columns")
        sides.append(split_columns(texts[:stop], column))
    return sides


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _content(below: list[Line], rest: str, stop: int = 0) -> list[str]:
    """The lines a label announces: its fence's, or those up to `stop` blank lines in a row.

    Where `stop` is 1, lines of an output go on behind blank lines; see `cut_explanation`.
    """
    if rest:
        return _unindented([_without_backticks(rest), *_paragraphs([i.text for i in below], 1)])
    if _next_text(below, 0).fence:
        return next(iter(_fences(below)), [])
    texts = [line.text if _is_content(line) else "" for line in below]
    blank = next((at for at, text in enumerate(texts) if text.strip()), len(texts))
    if stop and blank >= 2 and _is_prose(next(iter(texts[blank:]), "")):
        return []  # heading, blank line, *empty output*, blank line, explanation
    texts = texts[blank:]
    if not texts and stop:
        raise UnclearError("nothing stands below its output's label; an empty fence says so")
    if not stop:
        refuse_explained(texts)
    return _unindented(cut_explanation(texts) if stop == 1 else _paragraphs(texts, stop))


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
