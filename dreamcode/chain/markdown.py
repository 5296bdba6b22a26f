"""The fenced blocks of Markdown text, however a model sets its fences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dreamcode.chain.indentation import dedent, margin_of
from dreamcode.chain.prose import looks_like_code
from dreamcode.chain.syntax import is_open_string, parse_module

LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTE = re.compile(r"[ \t]*+>[ \t]?+")
_FENCE = re.compile(
    rf"(?P<indent>(?:{_QUOTE.pattern})*+[ \t]*+)(?P<mark>`{{3,}}|~{{3,}})[ \t]*"
    r"(?P<info>[^`\r\n]*?)[ \t]*"
)
_FENCE_LINE = re.compile(rf"^{_FENCE.pattern}$", re.MULTILINE)
_GLUED = re.compile(
    rf"(?P<indent>(?:{_QUOTE.pattern})*+)(?P<before>[^`]*[^`\s])[ \t]*(?P<mark>`{{3,}}|~{{3,}})"
    r"[ \t]*(?P<info>[^`]*?)[ \t]*"
)
_GLUED_END = re.compile(r"(?P<code>[^`~]*[^`~\s])[ \t]*(?P<mark>`{3,}|~{3,})(?:\s[^`]*)?")
_QUOTES_FENCE = re.compile(
    r"^(?P<mark>\'{3}|\"{3})(?P<tag>[ \t]*[ic]?py(?:thon)?[\d.]*[ \t]*\n)"
    r"(?P<text>.*?)(?:^(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_MOST = 16  # fences that are tried as a block's end
_DEEPEST = 8  # blocks within blocks
_LEADS_TO_CODE = re.compile(r"(?:[:*+-]|\d[.)])\Z")
_TAG = re.compile(r"[{.\s]*([\w+#.-]*)")
_PYTHON = re.compile(r"[ic]?py(?:thon)?[\d.]*|pypy3?|sage")
_CODE_IN_INFO = re.compile(r"\S+[ \t]+((?:import|from|def|class|print|@)\b.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one fence of an answer.

    Attributes:
        tag: the language named behind the opening fence, in small letters; "" if none.
        text: the lines between the fences, without the indentation of the opening one.
        first: number of its first line in the answer, from 0.
        end: number of the line behind its last.
        closed: whether a closing fence ends it.
    """

    tag: str
    text: str
    first: int = 0
    end: int = 0
    closed: bool = True

    @property
    def is_python(self) -> bool:
        """Whether the block is said to be Python."""
        return _PYTHON.fullmatch(self.tag) is not None


@dataclass(frozen=True, slots=True)
class _Opening:
    """An opening fence; `code` is what stands behind the language on its line."""

    indent: str
    mark: str
    tag: str
    code: str
    is_glued: bool


def fenced_blocks(answer: str) -> Iterator[Block]:
    """The fenced blocks of Markdown text, in order; an open last one ends with the text.

    Fences may stand in lists and block quotes, behind a text that leads to them
    ("code:```python"), and at the end of the last line of code. A block ends at the first
    closing or further opening fence up to which it parses, since a docstring may hold a fence
    of its own and a model may forget one; if it never parses, at the first of them. Where a
    block that does not parse has fences in it, those within are the blocks.
    """
    text = LINE_END.sub("\n", answer).removesuffix("\n")
    text = _QUOTES_FENCE.sub(_with_ticks, text)
    yield from _blocks(text.split("\n"), 0, _DEEPEST)


def _with_ticks(found: re.Match[str]) -> str:
    """A block with back ticks in the place of quotes, unless it is the docstring of a program."""
    return f"```{found['tag']}{found['text']}```" if looks_like_code(found["text"]) else found[0]


def first_fence(answer: str) -> re.Match[str] | None:
    """The first line of `answer` that is a code fence; its group "info" names the language."""
    return _FENCE_LINE.search(answer)


def _blocks(lines: list[str], before: int, depth: int) -> Iterator[Block]:
    """The blocks in `lines`, above which stand `before` others, down to a depth."""
    position = 0
    while position < len(lines):
        opening = _opening(lines[position])
        position += 1
        if not opening:
            continue
        first, end = position, _end(opening, lines, position)
        text = _body(opening, lines, first, end)
        position = end if end < len(lines) and _is_opening(lines[end]) else end + 1
        within: list[Block] = []
        if depth and not _parses(text):
            within = list(_blocks(lines[first:end], before + first, depth - 1))
        if within:
            yield from within
        else:
            last = end + (end < len(lines) and not _FENCE.fullmatch(lines[end]))
            is_closed = end < len(lines) and not _is_opening(lines[end])
            yield Block(opening.tag, text, before + first, before + last, is_closed)


def _opening(line: str) -> _Opening | None:
    alone = _FENCE.fullmatch(line)
    found = alone or _GLUED.fullmatch(line)
    if not found:
        return None
    name = _TAG.match(found["info"])
    tag = name[1].lower().strip(".") if name else ""
    if not alone and not _PYTHON.fullmatch(tag) and not _LEADS_TO_CODE.search(found["before"]):
        return None
    code = _CODE_IN_INFO.fullmatch(found["info"])
    is_code = code is not None and (code[1].endswith(":") or parse_module(code[1]) is not None)
    more = code[1] if code and is_code else ""
    return _Opening(found["indent"], found["mark"], tag, more, alone is None)


def _end(opening: _Opening, lines: list[str], first: int) -> int:
    """The number of the line with the fence that ends a block; that behind the last if none."""
    alone: list[int] = []
    glued: list[int] = []
    doubtful: list[int] = []  # too short, or in a comment
    for number in range(first, len(lines)):
        fence = _FENCE.fullmatch(lines[number])
        ending = fence or _GLUED_END.fullmatch(lines[number])
        if not ending or not ending["mark"].startswith(opening.mark):
            is_short = fence and not fence["info"] and opening.mark.startswith(fence["mark"])
            doubtful += [number] if is_short else []
        elif not fence and "#" in ending["code"]:
            doubtful.append(number)
        else:
            (alone if fence else glued).append(number)
            text = _body(opening, lines, first, number)
            if _parses(text):
                return number
            # No more lines will mend it, or too many fences stand in one string.
            if (fence and not is_open_string(dedent(text))) or len(alone + glued) == _MOST:
                break
    if not alone and not glued:
        texts = ((number, _body(opening, lines, first, number)) for number in doubtful[:_MOST])
        alone = [number for number, text in texts if _parses(text)] or doubtful
    return next(iter(alone + glued), len(lines))


def _body(opening: _Opening, lines: list[str], first: int, end: int) -> str:
    """The text of a block whose last fence stands in line `end`."""
    body = [_unindented(line, opening.indent) for line in lines[first:end]]
    is_glued = end < len(lines) and not _FENCE.fullmatch(lines[end])
    if is_glued and (last := _GLUED_END.fullmatch(lines[end])):
        body.append(_unindented(last["code"], opening.indent))
    if opening.code:
        body.insert(0, opening.code)
    text = "\n".join(body)
    if opening.is_glued:  # as in the first line of a list's item
        margin = margin_of(text)
        text = "\n".join(line.removeprefix(margin) for line in text.split("\n"))
    return f"{text}\n" if text else ""


def _unindented(line: str, indent: str) -> str:
    if not line.startswith(indent):
        for _ in range(indent.count(">")):
            line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    return line.removeprefix(indent)


def _is_opening(line: str) -> bool:
    found = _FENCE.fullmatch(line)
    return found is not None and found["info"] != ""


def _parses(text: str) -> bool:
    return parse_module(dedent(text)) is not None
