"""Python's own parser, with every way it can refuse a text made one."""

import ast
import warnings

from dreamcode.chain.newer import as_older, may_be_newer


def parse_module(source: str) -> ast.Module | None:
    """The syntax tree of `source`, or None if no Python would take it as a program.

    A program in the syntax of a later Python has the tree of its older form: the same
    statements on the same lines, to be looked at. `parse_exactly` gives no such tree.
    """
    found = _parse(source)
    return found if isinstance(found, ast.Module) else None


def parse_exactly(source: str) -> ast.Module | None:
    """The syntax tree of `source` that says all it says, or None if this Python refuses it."""
    found = _parse_here(source)
    return found if isinstance(found, ast.Module) else None


def first_error_line(source: str) -> int | None:
    """The line, counted from 1, where Python stops reading `source`; None if it reads all."""
    found = _parse(source)
    return None if isinstance(found, ast.Module) else found


def is_open_string(source: str) -> bool:
    """Whether `source` ends inside of a string in triple quotes."""
    return "unterminated triple-quoted" in _complaint(source)


def is_cut(source: str) -> bool:
    """Whether Python reads `source` as far as its end, and may read on behind it."""
    error = first_error_line(source)
    if error is None or error > source.rstrip().count("\n"):
        return True
    complaint = _complaint(source)
    return "unterminated triple-quoted" in complaint or "was never closed" in complaint


def _parse(source: str) -> ast.Module | int:
    here = _parse_here(source)
    if isinstance(here, ast.Module) or not may_be_newer(_statement_at(source, here)):
        return here
    later = _parse_here(as_older(source))
    return later if isinstance(later, ast.Module) else max(here, later)


def _statement_at(source: str, line: int) -> str:
    """The line of a mistake and the ones before it, where its statement may have begun."""
    return "\n".join(source.split("\n")[max(line - 4, 0) : line])


def _parse_here(source: str) -> ast.Module | int:
    found = _read(source)
    return found if isinstance(found, ast.Module) else found[0]


def _complaint(source: str) -> str:
    """What Python says of a mistake in `source`; "" where there is none."""
    found = _read(source)
    return "" if isinstance(found, ast.Module) else found[1]


def _read(source: str) -> ast.Module | tuple[int, str]:
    """The tree, or the line of a mistake with what Python says of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence" and the like
            return ast.parse(source)
    except SyntaxError as error:
        return max(int(error.lineno or 1), 1), error.msg
    except (ValueError, RecursionError, MemoryError):
        # ValueError: null bytes, lone surrogates; the last two: nested too deeply.
        return source.count("\n") + 1, "nothing it could read"
