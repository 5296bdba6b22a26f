"""How a problem's answers are compared, as its author or the user says it."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from dreamcode.errors import InputError, shown
from dreamcode.files import read_text
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import Test
from dreamcode_sandbox.comparison import Checker, Comparison, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)

_OTHERS = {
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".c++", ".h"), "C++"),
    **dict.fromkeys((".c", ".java", ".kt", ".rs", ".go", ".js"), "no Python"),
    ".py2": "Python 2",
}


def make_comparison(
    kind: str | None, tolerance: Any, checker: Path | None, where: str = ""
) -> Comparison | None:
    """What three settings say together; None if they say nothing.

    Args:
        kind: one of `KINDS`.
        tolerance: how far numbers may be off, absolutely or relatively; or `absolute` and
            `relative` apart.
        checker: the checker's file.
        where: what names of settings stand behind in errors, such as "problem.md: ".

    Raises:
        InputError: a setting is none, or they contradict each other.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"{where}compare is {shown(kind)}; it can be {', '.join(KINDS)}.")
    if checker is not None:
        if kind not in (None, "checker") or tolerance is not None:
            raise InputError(
                f"{where}a checker decides alone; leave compare and tolerance out beside it."
            )
        return Comparison("checker", checker=read_checker(checker))
    if tolerance is not None:
        if kind not in (None, "floats", "tokens"):
            raise InputError(f"{where}compare {kind} knows no tolerance; leave one of them out.")
        absolute, relative = _read_tolerance(tolerance, where)
        return Comparison("floats", absolute=absolute, relative=relative)
    if kind == "checker":
        raise InputError(f"{where}compare is checker; name the checker's file too (checker).")
    if kind == "floats":
        raise InputError(f"{where}compare is floats; say how near too (tolerance: 1e-6).")
    return None if kind is None else Comparison(kind)


def read_checker(
    path: Path, beside: Iterable[Path] = (), arguments: tuple[str, ...] = ()
) -> Checker:
    """A checker from its file.

    Args:
        path: the program.
        beside: files that it may import.
        arguments: what its command line gets behind the three usual ones.

    Raises:
        InputError: a file is missing, in another language, or does not compile.
    """
    texts = [(file, _read_python(file)) for file in (path, *beside)]
    modules = tuple((file.stem, text) for file, text in texts[1:])
    return Checker(path.name, texts[0][1], modules, arguments)


def compare_problem(problem: Problem, comparison: Comparison | None) -> Problem:
    """The problem with another comparison for all of its tests; None keeps its own."""
    if comparison is None:
        return problem
    public = compare_tests(problem.public_tests, comparison)
    return replace(problem, public_tests=public, comparison=comparison)


def compare_exam(exam: Exam, comparison: Comparison | None) -> Exam:
    """The exam with another comparison for all tests, hidden ones too; None keeps its own.

    Raises:
        InputError: its tests are programs, which do not compare answers.
    """
    if comparison is None:
        return exam
    if exam.harness:
        raise InputError(
            f"{exam.problem.id}: its tests are programs that check answers by themselves; leave "
            "--compare, --tolerance and --checker out"
        )
    hidden = HiddenTests(partial(_open_compared, exam.hidden, comparison))
    return replace(exam, problem=compare_problem(exam.problem, comparison), hidden=hidden)


def compare_tests(tests: Iterable[Test], comparison: Comparison) -> tuple[Test, ...]:
    """The tests with another comparison."""
    return tuple(replace(test, comparison=comparison) for test in tests)


def _open_compared(hidden: HiddenTests, comparison: Comparison) -> tuple[Test, ...]:
    return compare_tests(hidden.open(), comparison)


def _read_tolerance(value: Any, where: str) -> tuple[float, float]:
    if isinstance(value, dict) and value and value.keys() <= {"absolute", "relative"}:
        sides = [_read_share(value.get(side, 0), where) for side in ("absolute", "relative")]
        return sides[0], sides[1]
    both = _read_share(value, where)
    return both, both


def _read_share(value: Any, where: str) -> float:
    # YAML takes 1e-6, without a point, for a text.
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise InputError(
            f"{where}tolerance is {shown(value)}; write a number, as 1e-6, or "
            "{absolute: 1e-6, relative: 1e-9}."
        )
    return number


def _read_python(path: Path) -> str:
    language = _OTHERS.get(path.suffix.lower())
    text = "" if language else read_text(path, "a checker")
    if re.match(r"#!.*python2", text):
        language = "Python 2"
    if language:
        raise InputError(
            f"{path}: the checker is {language}, and only Python 3 is run; write it in Python "
            "(--checker FILE), or say with --compare or --tolerance what is right; the "
            "statement's front matter has keys of the same names."
        )
    try:
        compile(text, path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise InputError(
            f"{path}{line}: the checker is no Python ({getattr(error, 'msg', error)})."
        ) from None
    return text
