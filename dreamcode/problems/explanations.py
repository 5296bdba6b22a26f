"""Where an output without a fence ends and the explanation below it begins."""

import re
from collections.abc import Sequence

from dreamcode.problems.columns import UnclearError

_WORD = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?")
_BULLET = re.compile(r"\s*(?:[-*•‣–]|\d+[.)])\s+\S*[^\W\d_]")
_LAST_WORD = re.compile(r"(?:^|\s)[^\W\d_]+[a-zà-ÿа-я]\.$")
_CODE = re.compile(r"[;{}]\s*$|^\s*[{}]")
_RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*")
_PICTURE = re.compile(r"!\[|<img|https?://", re.IGNORECASE)
_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_TEX = re.compile(r"\\[a-z]{2,}|\$\S")


def cut_explanation(texts: Sequence[str]) -> list[str]:
    """The lines of the output, blank ones inside it included.

    A paragraph that reads like sentences or formulas, where the output above does not, is the
    explanation; numbers, drawings and words like those above go on.

    Raises:
        UnclearError: a paragraph could be either.
    """
    end = 0
    for start, stop in _paragraphs(texts):
        if start and not _goes_on(texts[:end], texts[start:stop]):
            break
        end = stop
    return list(texts[:end])


def refuse_explained(texts: Sequence[str]) -> None:
    """Nothing where an input holds no sentences below lines that are none.

    Raises:
        UnclearError: it does: it may be explained before the output comes.
    """
    spans = _paragraphs(texts)
    for start, stop in spans[1:]:
        closed = [line for line in texts[start:stop] if line.rstrip().endswith((".", ":", "。"))]
        if any(map(_is_sentence, closed)) and not any(map(_is_sentence, texts[: spans[0][1]])):
            raise UnclearError(
                f"its input seems to hold an explanation: {closed[0].strip()[:40]!r}"
            )


def _goes_on(output: Sequence[str], below: Sequence[str]) -> bool:
    explains = any(_is_sentence(line) or _is_formula(line, output) for line in below)
    if not explains:
        if _is_rule(below) and not any(below[0].strip()[0] in line for line in output):
            return False
        if _count_words(below) > _count_words(output):
            raise UnclearError(f"{below[0].strip()[:40]!r} may belong to its output or explain it")
        return True
    ended = any(line.rstrip().endswith((".", "。")) for line in output)
    if ended and any(map(_is_sentence, output)):
        raise UnclearError("its output reads like sentences, and so does what follows")
    return False


def _is_sentence(line: str) -> bool:
    text = line.strip()
    if _CODE.search(text):
        return False
    if _PICTURE.match(text) or len(_ASIAN.findall(text)) >= 5:
        return True
    words = len(_WORD.findall(text))
    closed = text.endswith((".", ":", "!", "?", ",", ";"))
    if words >= 3 and (closed or text[0].isupper() or words >= 6):
        return True
    return words >= 1 and bool(_BULLET.match(line) or _LAST_WORD.search(text))


def _is_formula(line: str, output: Sequence[str]) -> bool:
    """Whether a line calculates, where the output does not."""
    signs = ("=" in line and not _CODE.search(line)) or _TEX.search(line)
    return bool(signs) and not any("=" in above for above in output)


def _is_rule(lines: Sequence[str]) -> bool:
    """Whether it is the line that Markdown draws between sections."""
    return len(lines) == 1 and _RULE.fullmatch(lines[0]) is not None


def _count_words(lines: Sequence[str]) -> int:
    """The most words in a line that is no code."""
    return max((len(_WORD.findall(line)) for line in lines if not _CODE.search(line)), default=0)


def _paragraphs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """First line and the line behind it of each run of lines that are not blank."""
    found: list[tuple[int, int]] = []
    for at, text in enumerate(texts):
        if not text.strip():
            continue
        if found and found[-1][1] == at:
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return found
