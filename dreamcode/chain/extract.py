"""Programs in the answers of chat models."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dreamcode.chain.indentation import dedent
from dreamcode.chain.joining import join_continued, joined
from dreamcode.chain.markdown import LINE_END, Block, fenced_blocks, first_fence
from dreamcode.chain.prose import looks_like_code, programs_in
from dreamcode.chain.quality import Quality, quality
from dreamcode.chain.syntax import parse_module
from dreamcode.chain.thinking import spoken
from dreamcode.chain.wrapped import unwrapped, without_markup

# What no program is written in: commands, data, what was printed, changes to a program.
_NO_PROGRAM = frozenset(
    {"bash", "sh", "shell", "zsh", "console", "terminal", "cmd", "powershell", "pycon", "doctest"}
    | {"json", "yaml", "toml", "xml", "csv", "text", "txt", "plaintext", "output", "input"}
    | {"diff", "patch", "stdout", "stdin", "log", "pytb", "traceback", "mermaid"}
)
_TRANSCRIPT = re.compile(r"\s*(?:>>>|In \[\d+\]:|\$ )")
# Behind a blank line: words, a heading, an item of a list, or letters of other languages.
_PROSE = re.compile(r"\n+(?:(?:\S+ ){3}\S|#{2,} |[*-] |.*[^\x00-\x7f])")
_CHANGED = re.compile(r"^[+-](?![+-])", re.MULTILINE)
_CHANGE = re.compile(r"^(?:@@ .*@@|(?:---|\+\+\+) \S+)", re.MULTILINE)

_Candidate = tuple[Quality, int, int, str]


def extract_program(answer: str, function: str | None = None) -> str:
    """The program in a model's answer; "" if there is none.

    It is looked for in what the answer says outside of thinking: in its code fences, else
    among its lines, else in HTML, JSON, a patch, a transcript. The last block that is a
    whole program is it: one that parses, provides the functions it calls and has the entry.
    Blocks that need each other are joined, and later definitions replace earlier ones;
    examples of use and output are left out. If nothing is whole it is the block that comes
    nearest, the later of two equal ones. A program that does not compile is still the
    model's answer.

    Args:
        answer: what the model wrote.
        function: what tests call, a top-level function or a method of `class Solution`; None
            for a program that reads input.
    """
    said = LINE_END.sub("\n", spoken(answer)).removeprefix("\ufeff")
    said = said if any(fenced_blocks(said)) else without_markup(said)
    best = _best(said, function)
    if best is None or not best[0].is_whole:
        texts = [said, *(block.text for block in fenced_blocks(said))]
        forms = {form: None for text in texts for form in unwrapped(text)}
        found = (_best(form, function) for form in forms if form not in texts)
        best = max((one for one in found if one and one[0].is_whole), default=best)
    return best[3] if best else ""


def _best(said: str, function: str | None) -> _Candidate | None:
    """The program in text without thinking."""
    lines = said.split("\n")
    blocks = [_without_prose(block) for block in _beside_code(fenced_blocks(said), lines)]
    best = max(_candidates(blocks, function), default=None)
    if best is None or not best[0].is_whole:
        blocks = sorted([*blocks, *_unfenced(lines, blocks)], key=lambda block: block.first)
        best = max(_candidates(blocks, function), default=None)
    return best


def _beside_code(blocks: Iterable[Block], lines: list[str]) -> Iterator[Block]:
    """`blocks` without those in the strings of a program that has no fence itself."""
    found = list(blocks)
    runs = [run for run in programs_in(lines) if first_fence(run.text)] if found else []
    wholes = [run for run in runs if parse_module(run.text) is not None]
    for block in found:
        if not any(run.first < block.first and block.end < run.end for run in wholes):
            yield block


def _without_prose(block: Block) -> Block:
    """A block without the prose behind its program, where a fence came late or never."""
    if parse_module(dedent(block.text)) is not None:
        return block
    lines = block.text.split("\n")
    run = next(programs_in(lines), None)
    if not run or not parse_module(run.text) or any(map(str.strip, lines[: run.first])):
        return block
    below = "\n".join(lines[run.end :])
    if block.closed and (not _PROSE.match(below) or looks_like_code(below)):
        return block  # a program with a mistake: nothing is cut out of it
    return replace(block, text=run.text, end=block.first + run.end)


def _unfenced(lines: list[str], blocks: list[Block]) -> Iterator[Block]:
    """The programs that stand outside of `blocks`."""
    lines = list(lines)
    for block in blocks:
        for number in range(max(block.first - 1, 0), min(block.end + 1, len(lines))):
            lines[number] = "```"  # no code goes on behind it
    for run in programs_in(lines):
        yield Block("", run.text, run.first, run.end)


def _candidates(blocks: list[Block], function: str | None) -> Iterator[_Candidate]:
    """The blocks and what they can be joined to, to be compared."""
    usable = _without_excerpts([b for b in blocks if not _is_no_program(b)], function)
    texts = join_continued([block.text for block in usable], function)
    for number, (block, text) in enumerate(zip(usable, texts, strict=True)):
        if parse_module(text) is None:
            text = dedent(text)
        yield (quality(text, function, is_python=block.is_python), number, 0, text)
    for number, text in joined(texts, function):
        yield (quality(text, function, is_python=usable[number].is_python), number, 1, text)


def _without_excerpts(blocks: list[Block], function: str | None) -> list[Block]:
    """`blocks` without those that only repeat a smaller part of a whole one, to explain it."""
    kept: list[Block] = []
    wholes: list[str] = []
    for block in blocks:
        text = "\n".join(
            ["", *(line.strip() for line in block.text.split("\n") if line.strip()), ""]
        )
        if not any(text in whole and 2 * len(text) < len(whole) for whole in wholes):
            kept.append(block)
            wholes += [text] if quality(dedent(block.text), function).is_whole else []
    return kept


def _is_no_program(block: Block) -> bool:
    if block.tag in _NO_PROGRAM or _TRANSCRIPT.match(block.text):
        return True
    is_changed = _CHANGED.search(block.text) and _CHANGE.search(block.text)
    return bool(is_changed) and parse_module(block.text) is None
