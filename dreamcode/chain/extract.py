"""Programs in the answers of chat models."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dreamcode.chain.indentation import dedent, margin_of
from dreamcode.chain.syntax import first_error_line, parse_module

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\r\n]*?)[ \t]*")
_FENCE_LINE = re.compile(rf"^{_FENCE.pattern}$", re.MULTILINE)
_PYTHON_TAGS = frozenset({"python", "python3", "py", "py3", "python2"})
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one fence of an answer.

    Attributes:
        tag: the language named behind the opening fence, in small letters; "" if none.
        text: the lines between the fences, without the indentation of the opening one.
    """

    tag: str
    text: str


def extract_program(answer: str) -> str:
    """The program in a model's answer; "" if there is none.

    In an answer with code fences it is the longest block that parses and does more than name
    values; if no block does, the longest block said to be Python, else the longest of all,
    since a program that does not compile is still the model's answer. An answer without
    fences is searched for the longest run of lines that is a program.
    """
    block = best_block(answer)
    return longest_program(answer) if block is None else block.text


def best_block(answer: str) -> Block | None:
    """The fenced block that is the answer's program, as `extract_program` chooses it."""
    blocks = fenced_blocks(answer)
    return max(blocks, key=lambda block: (_quality(block), len(block.text)), default=None)


def fenced_blocks(answer: str) -> Iterator[Block]:
    """The fenced blocks of Markdown text, in order; an open last one ends with the text.

    A block ends at the first closing or further opening fence up to which it parses, since a
    docstring may hold a fence of its own and a model may forget one; if it never parses, at
    the first of them.
    """
    lines = _LINE_END.sub("\n", answer).removesuffix("\n").split("\n")
    position = 0
    while position < len(lines):
        opening = _FENCE.fullmatch(lines[position])
        position += 1
        if not opening:
            continue
        indent, mark = opening["indent"], opening["mark"]
        tag = opening["info"].partition(" ")[0].strip("{}.").lower()
        ends = [n for n in range(position, len(lines)) if _is_fence(lines[n], mark)]
        first = ends[0] if ends else len(lines)
        end = next((n for n in ends if _parses(lines[position:n], indent)), first)
        yield Block(tag, _unindented(lines[position:end], indent))
        position = end if end < len(lines) and _is_opening(lines[end]) else end + 1


def longest_program(text: str) -> str:
    """The longest run of lines that parses and does more than name values; "" if there is none."""
    lines = _LINE_END.sub("\n", text).split("\n")
    best = ""
    start = 0
    while start < len(lines):
        region = _region(lines, start)
        length = _run_length(region)
        if length:
            best = max(best, _without_bare_ends("\n".join(region[:length])), key=len)
        start += max(length, 1)
    return best


def first_fence(answer: str) -> re.Match[str] | None:
    """The first line of `answer` that is a code fence; its group "info" names the language."""
    return _FENCE_LINE.search(answer)


def does_something(source: str) -> bool:
    """Whether `source` parses and is more than names, values and annotations."""
    tree = parse_module(source)
    return tree is not None and any(not _is_bare(node) for node in tree.body)


def _region(lines: list[str], start: int) -> list[str]:
    """The lines from `start` on that are indented at least as it is, without that indentation."""
    margin = margin_of(lines[start])
    end = start
    while end < len(lines) and (lines[end].startswith(margin) or not lines[end].strip()):
        end += 1
    return [line.removeprefix(margin) for line in lines[start:end]]


def _is_fence(line: str, mark: str) -> bool:
    """Whether `line` is a fence that may end a block opened with `mark`."""
    found = _FENCE.fullmatch(line)
    return found is not None and found["mark"].startswith(mark)


def _is_opening(line: str) -> bool:
    found = _FENCE.fullmatch(line)
    return found is not None and found["info"] != ""


def _parses(lines: list[str], indent: str) -> bool:
    return parse_module(dedent(_unindented(lines, indent))) is not None


def _unindented(lines: list[str], indent: str) -> str:
    text = "\n".join(line.removeprefix(indent) for line in lines)
    return text + "\n" if text else ""


def _quality(block: Block) -> int:
    if does_something(dedent(block.text)):
        return 2
    return 1 if block.tag in _PYTHON_TAGS else 0


def _run_length(lines: list[str]) -> int:
    """How many of the first lines parse together, at most."""
    length = len(lines)
    while length:
        error = first_error_line("\n".join(lines[:length]))
        if error is None:
            break
        # What parses ends above the error; the error may also stem from a line further up.
        length = min(error, length) - 1
    return length


def _without_bare_ends(run: str) -> str:
    """`run` without names and values at its ends: words of prose that happen to parse."""
    tree = parse_module(run)
    body = tree.body if tree else []
    real = [node for node in body if not _is_bare(node)]
    if not real:
        return ""
    lines = run.split("\n")
    first = _first_line(real[0]) - 1
    index = body.index(real[0])
    above = _last_line(body[index - 1]) if index else 0
    comments = next((n for n in range(above, first) if lines[n].strip()), first)
    return "\n".join(lines[comments : _last_line(real[-1])]) + "\n"


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _is_bare(node: ast.stmt) -> bool:
    """Whether a statement does nothing: values without a call, `word: word`, a lone `pass`."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    calls = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return isinstance(node, ast.Expr) and not any(isinstance(n, calls) for n in ast.walk(node))
