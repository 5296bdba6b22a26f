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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" and the like
        try:
            return ast.parse(source)
        except SyntaxError as error:
            return max(int(error.lineno or 1), 1)
        except (ValueError, RecursionError, MemoryError):
            # ValueError: null bytes, lone surrogates; the last two: nested too deeply.
            return source.count("\n") + 1
