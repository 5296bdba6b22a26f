"""Python's own parser, with every way it can refuse a text made one."""

import ast
import warnings


def parse_module(source: str) -> ast.Module | None:
    """The syntax tree of `source`, or None if Python would not take it as a program."""
    found = _parse(source)
    return found if isinstance(found, ast.Module) else None


def first_error_line(source: str) -> int | None:
    """The line, counted from 1, where Python stops reading `source`; None if it reads all."""
    found = _parse(source)
    return None if isinstance(found, ast.Module) else found


def _parse(source: str) -> ast.Module | int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" and the like
        try:
            return ast.parse(source)
        except SyntaxError as error:
            return max(int(error.lineno or 1), 1)
        except (ValueError, RecursionError, MemoryError):
            # ValueError: null bytes, lone surrogates; the last two: nested too deeply.
            return source.count("\n") + 1
