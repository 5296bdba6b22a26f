"""What a statement says of answers that differ from the expected one and are right all the same."""

import re
from dataclasses import dataclass
from typing import Literal

from dreamcode_sandbox.comparison import Comparison

Freedom = Literal["tolerance", "order", "answers"]

_TINY = (
    r"(?:\b10\s*(?:\^|\*\*|<sup>)?\s*[{(]*\s*-\s*[{(]?\s*(?P<power>\d{1,2})\b"
    r"|(?P<plain>1?\.?\d*e\s?-\s?\d+|0?\.0+[1-9]\d*|0[.,][01]\b))"
)
_BOUND = (
    r"(?:at most|less than|no more than|not more than|more than|not exceed\w*|exceeds?|exceeding"
    r"|within|up to|under|below|smaller than|greater than|larger than|<|≤|\\leq?q?|of)"
)
_OFF = r"(?:errors?|differ\w*|deviat\w+|off|precision|accura\w+|toleran\w+|correct|inaccura\w+)"
_TOLERANCE = [
    r"(?<!mean )(?:absolute|relative)\s*(?:(?:,|/|or|and|and/or)\s*)+(?:absolute|relative)\s+"
    r"(?:error|difference|precision|tolerance|deviation)s?",
    r"(?<!mean )(?:absolute|relative)\s+(?:error|tolerance|precision|inaccuracy)s?",
    rf"\b{_OFF}\b[^.\n]{{0,80}}?{_BOUND}[^.\n\w]{{0,6}}{_TINY}",
    rf"\b(?:precision|accuracy|tolerance|epsilon|eps)\b[^.\n]{{0,24}}?{_TINY}",
    rf"\bwithin\b\W{{0,4}}{_TINY}[^.\n]{{0,30}}\b(?:of|accepted|error|correct)\b",
    rf"{_TINY}\W{{0,4}}(?:absolute|relative|error|tolerance|precision)\b",
    r"\b(?:accurate|correct|precise)\s+(?:up\s+)?to\s+(?:at least\s+|within\s+)?\w+\s+"
    r"(?:decimal|significant|digits|places)\w*",
    r"\bat least\s+\w+\s+(?:correct |exact |significant )?(?:decimal places|decimals|digits after"
    r"|decimal digits|significant (?:digits|figures)|digits of precision)",
    r"\b(?:small|floating[- ]point|rounding)\s+(?:\w+\s+)?(?:errors?|inaccurac\w+|differences)\s+"
    r"(?:is|are|will be|would be)\s+(?:accepted|allowed|tolerated|ignored|ok)",
    r"\btolerance of\s+(?:\.?\d|one\b|two\b)",
    r"\bprecision of\s+(?:at least\s+)?\w+\s+(?:decimal|significant|digits|places)",
]
_RIGHT = (
    r"(?:answers?|solutions?|outputs?|orderings?|constructions?|sequences?|permutations?|pairs?"
    r"|triples?|triplets?|paths?|subsets?|strings?|arrays?|arrangements?|assignments?|partitions?"
    r"|colou?rings?|ways?|options?|possibilities|schedules?|trees?|graphs?|plans?|lists?|sets?"
    r"|matrices|matrix|grids?|results?|cycles?|combinations?|indices|choices|strategies)"
)
_KIND = r"(?:valid|correct|possible|suitable|acceptable|optimal|such|feasible|legal|appropriate)"
_SAY = r"(?:print|output|return|report|write|display|submit|provide|give|show|name)"
_IS = r"(?:is|are|will be|would be|may be|can be)"
_FIND = r"(?:find|construct|produce|build|determine)"
_ANSWERS = [
    rf"\b{_SAY}\s+(?:out\s+)?any\s+(?:one|of|{_KIND}|{_RIGHT})\b",
    r"\b(?:print|output|return)\s+any\s+(?:integer|number|value)\b(?! of)",
    r"\b(?:choose|pick|select|take)\s+any\s+(?:one\s+)?of\s+(?:them|these|those)\b",
    rf"\b{_SAY}\s+(?:an?\s+)?arbitrary\s+(?:one|of|{_KIND}|{_RIGHT})",
    rf"\b{_FIND}\s+any\s+(?:one|of (?:them|these|those)|{_KIND}|(?:answer|solution)s?)\b",
    rf"\b{_SAY}\s+(?:(?:only|just|exactly)\s+)?one\s+of\s+(?:them|these|those)\b",
    r"\bany\s+(?:one\s+)?(?:of\s+)?(?:(?:the|these|them|those|such)\s+)?"
    rf"(?:{_KIND}\s+)*(?:{_RIGHT}\s+)?(?:that [^.\n]{{0,60}} )?{_IS}\s+(?:all\s+)?"
    r"(?:accepted|acceptable|considered correct|correct|allowed|fine|ok|okay|judged correct)",
    rf"\b(?:multiple|several|all|different)\s+(?:{_KIND}\s+)*(?:answers|solutions|outputs)\s+"
    rf"{_IS}\s+(?:all\s+)?(?:accepted|allowed|acceptable|permitted)",
    r"\b(?:answer|solution|output)s?\s+(?:\w+\s+){0,3}(?:not|n't)\s+(?:be\s+)?"
    r"(?:necessarily\s+)?unique",
    r"\b(?:multiple|several|many|more than one|various|different)\s+\w+[^.\n]{0,80}?[,.;]?\s+"
    rf"(?:{_SAY}|{_FIND}|choose|pick|select|use)\s+(?:any|an arbitrary|whichever|either)\b"
    r"(?!\s+(?:\w+\s+)?(?:two|three|number|other|additional)\b)",
    r"\b(?:multiple|several|many|more than one|various|different)\s+\w+[^.\n]{0,80}?[,.;]?\s+"
    r"any(?:\s+one)?\s+(?:of them\s+)?(?:will do|suffices|is enough|works)\b",
    rf"\b(?:enough|sufficient|suffices)\s+to\s+{_SAY}\s+(?:just\s+|only\s+)?(?:any|one)\b",
    r"\bspecial (?:judge|checker)\b",
    rf"\b{_SAY}\s+either\s+(?:one|of (?:them|these|those))\b",
]
_ORDER = [
    r"\bin\s+(?:any|arbitrary|whatever|an arbitrary|any arbitrary|no particular|random)\s+order\b",
    r"\border(?:\s+of\s+[^.\n]{1,60}?|\s+in which[^.\n]{1,60}?)?\s+"
    r"(?:does\s*(?:n't|n’t| not)\s+matter"
    r"|is\s+(?:irrelevant|arbitrary|not important|unimportant|not significant))",
    r"\bin any (?:sequence|arrangement)\b",
]
_ABOUT_ANSWER = re.compile(
    r"\b(?:return\w*|print\w*|output\w*|report\w*|answers?|results?|solutions?|display\w*"
    r"|list them)\b",
    re.IGNORECASE,
)
_ONE_NUMBER = re.compile(
    r"\b(?:return|print|output)\s+(?:the\s+|a\s+)?(?:\w+\s+)?"
    r"(?:number of|count|minimum|maximum|min\b|max\b|sum|total|length|size|smallest|largest|true"
    r"|false|yes|no|whether)",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"(?:\bnot|n't|n’t|\bnever|\bcannot|\bwithout|\bavoid)\s+(?:\w+\s+){0,3}$", re.IGNORECASE
)
_PICKY = re.compile(
    r"[^.\n]{0,60}\b(?:lexicographically|smallest|largest|minimal|first one|earliest)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.\n]*(?:\.(?=\S)[^.\n]*)*")
_INNER = re.compile(
    r"subsets?|combinations?|triplets?|quadruplets?|\bgroups?\b|anagrams?", re.IGNORECASE
)

_PATTERNS: dict[Freedom, list[re.Pattern[str]]] = {
    "tolerance": [re.compile(pattern, re.IGNORECASE) for pattern in _TOLERANCE],
    "order": [re.compile(pattern, re.IGNORECASE) for pattern in _ORDER],
    "answers": [re.compile(pattern, re.IGNORECASE) for pattern in _ANSWERS],
}
_ALLOWED_BY = {
    "tolerance": ("floats", "checker"),
    "order": ("unordered", "unordered-deep", "checker"),
    "answers": ("checker",),
}
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–\u00a0", "0123456789--- ", "$`*_")


@dataclass(frozen=True, slots=True)
class Hint:
    """That a statement allows what its comparison does not.

    Attributes:
        freedom: what it allows.
        words: where it says so.
        tolerance: how far off a number may be, where it says that; "" otherwise.
    """

    freedom: Freedom
    words: str
    tolerance: str = ""


def find_hints(statement: str) -> list[Hint]:
    """Each kind of freedom that a statement speaks of, with the first words about it."""
    text = statement.translate(_PLAIN)
    found = (_find(text, freedom) for freedom in _PATTERNS)
    return [hint for hint in found if hint is not None]


def explain_freedom(statement: str, comparison: Comparison) -> str:
    """What to do where the statement allows more than the comparison; "" if nothing."""
    return " ".join(
        _explain(hint)
        for hint in find_hints(statement)
        if comparison.kind not in _ALLOWED_BY[hint.freedom]
    )


def any_order(statement: str) -> Comparison | None:
    """The comparison of lists whose order the statement leaves open; None if it does not."""
    if not any(hint.freedom == "order" for hint in find_hints(statement)):
        return None
    return Comparison("unordered-deep" if _INNER.search(statement) else "unordered")


def _find(text: str, freedom: Freedom) -> Hint | None:
    for pattern in _PATTERNS[freedom]:
        for match in pattern.finditer(text):
            if _counts(text, match, freedom):
                words = " ".join(match[0].split())
                amount = _tolerance(text, match) if freedom == "tolerance" else ""
                return Hint(freedom, words[:80], amount)
    return None


def _counts(text: str, match: re.Match[str], freedom: Freedom) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    if freedom == "answers":
        return not _NEVER.search(before) and not _PICKY.match(text, match.end())
    if freedom == "order":
        start = max(text.rfind("\n", 0, match.start()), text.rfind(". ", 0, match.start())) + 1
        sentence = _SENTENCE.match(text, start)
        own = sentence[0] if sentence else ""
        return bool(_ABOUT_ANSWER.search(own)) and not _ONE_NUMBER.search(own)
    return True


def _tolerance(text: str, match: re.Match[str]) -> str:
    tiny = re.compile(_TINY, re.IGNORECASE).search(text, match.start(), match.end() + 80)
    if tiny is None:
        return ""
    return f"1e-{int(tiny['power'])}" if tiny["power"] else "".join(tiny["plain"].split())


def _explain(hint: Hint) -> str:
    if hint.freedom == "tolerance":
        amount = hint.tolerance or "1e-6"
        return (
            f'The statement speaks of a tolerance ("{hint.words}"), and answers are compared '
            f"exactly: --tolerance {amount}, or tolerance: {amount} in the front matter."
        )
    if hint.freedom == "order":
        return (
            f'The statement leaves the order open ("{hint.words}"), and the expected one is asked '
            "for: --compare unordered, or compare: unordered in the front matter."
        )
    return (
        f'The statement allows several answers ("{hint.words}"), and one alone is known: a '
        "checker decides, --checker check.py, or checker: check.py in the front matter."
    )
