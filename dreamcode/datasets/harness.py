"""Exams whose tests are programs: each becomes a call, answered with a seal if it passes.

A harness stands behind the program and defines `dreamcode_check_1`, `dreamcode_check_2`, ...
Each executes one piece of test code and returns its seal, which the sandbox's judge compares.
What a program prints, and how it exits, decides nothing: a test that was not run to its end
was not passed.

Test code runs in a namespace of its own. There it finds what the problem gives (imports,
helper functions), then the program's entry point, and nothing else of the program: one that
defines `check`, `sorted` or the problem's helpers anew changes no test.

Programs find what the official evaluations let them find, and nothing else: HumanEval's and
BigCodeBench's run their prompts before the program (`Problem.given`), MBPP's imports come
after it, where functions find them when they are called.

**This does not stop** a program that is out to deceive its tests. It shares their process: it can
read the test code and compute the seal, replace parts of the standard library, or return
objects that claim to be equal to anything. Public tests, where a problem has some, are
compared outside, as JSON, and see through the last of these.
"""

import ast
import builtins
from collections.abc import Sequence
from importlib import resources

from dreamcode.datasets.inside import Plan, seal
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import CallTest

_START = """

import builtins as _dreamcode_builtins, sys as _dreamcode_sys
_dreamcode = {{"__name__": "dreamcode_checks"}}
_dreamcode_builtins.exec({code!r}, _dreamcode)
_dreamcode["begin"](_dreamcode_sys._getframe(), {plan!r})
"""
# The first line of it is neither a `def` nor a `class`: a decorator that a program ends with
# has nothing to decorate, and does not compile.


def make_exam(problem: Problem, given: str, tests: Sequence[str], needs: set[str]) -> Exam:
    """An exam whose hidden tests execute code.

    Args:
        problem: the problem, whose `function` is the entry point.
        given: what the problem provides, as a whole program; it may define the entry point,
            which tests do not take from there.
        tests: code that raises unless the program is right, one hidden test each.
        needs: what else tests need of the program, where it has it, besides the entry point.
    """
    plan: Plan = {
        "entry": problem.function,
        "given": given,
        "needs": sorted({str(problem.function), *needs}),
        "tests": list(tests),
    }
    hidden = tuple(
        CallTest(f"dreamcode_check_{number}", (), seal(plan, number))
        for number in range(1, len(tests) + 1)
    )
    code = resources.files(__package__).joinpath("inside.py").read_text("utf-8")
    harness = _START.format(code=code, plan=plan)
    return Exam(problem, HiddenTests(lambda: hidden), harness, graded_by_public=False)


def free_names(code: ast.Module, *before: ast.Module) -> set[str]:
    """Names that `code` uses and that neither it, what ran before it, nor Python defines."""
    known = {name for tree in (code, *before) for name in _bound_names(tree)}
    used = {
        node.id
        for node in ast.walk(code)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return used - known - set(dir(builtins))


def _bound_names(tree: ast.Module) -> set[str]:
    """All names that code defines, imports or assigns, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
    return found
