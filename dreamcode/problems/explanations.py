"""Where an output without a fence ends and the explanation below it begins."""

import re
from collections.abc import Sequence

from dreamcode.problems.columns import UnclearError

_WORD = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?")
_BULLET = re.compile(r"\s*(?:[-*•‣–]|\d+[.)])\s+\S*[^\W\d_]")
_LAST_WORD = re.compile(r"(?:^|\s)[^\W\d_]{2,}\.$")
_CODE = re.compile(r"[;{}]\s*$|^\s*[{}]")
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


def _goes_on(output: Sequence[str], below: Sequence[str]) -> bool:
    explains = any(_is_sentence(line) or _is_formula(line, output) for line in below)
    if not explains:
        if _has_letters(below) and not _has_letters(output):
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
    if len(_ASIAN.findall(text)) >= 5:
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


def _has_letters(lines: Sequence[str]) -> bool:
    return any(_WORD.search(line) for line in lines)


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
