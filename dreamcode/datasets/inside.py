"""What stands behind a program while it is graded. Runs in the sandbox, with the program.

`harness.py` puts this file's text behind the program, executed in a namespace of its own, so
that a program may name its functions and variables as it likes. Standard library only.
"""

import hashlib
import sys
import types
from functools import partial
from typing import Any

Plan = dict[str, Any]
"""What `harness.py` hands over: `entry`, `given`, `needs` and `tests`, as told there."""


def begin(frame: types.FrameType, plan: Plan) -> None:
    """Adds to the program what it lacks, and the functions `dreamcode_check_1`, ...

    Args:
        frame: the program's own frame, at its end.
        plan: what is checked.
    """
    program = frame.f_globals
    tests = types.ModuleType("dreamcode_tests")
    sys.modules[tests.__name__] = tests
    space = tests.__dict__
    _execute(plan["given"], "given.py", space)
    space.pop(plan["entry"], None)  # its signature without a body
    for name, value in space.items():
        program.setdefault(name, value)
    space.update((name, program[name]) for name in plan["needs"] if name in program)
    checks = {
        f"dreamcode_check_{number}": partial(check, program, space, plan, number)
        for number in range(1, len(plan["tests"]) + 1)
    }
    program.update(checks)
    solution = program.get("Solution")
    if isinstance(solution, type):  # then the sandbox calls its methods, whatever it is for
        if plan["entry"] in program and not hasattr(solution, plan["entry"]):
            checks[plan["entry"]] = program[plan["entry"]]
        for name, function in checks.items():
            setattr(solution, name, staticmethod(function))


def check(program: dict[str, Any], space: dict[str, Any], plan: Plan, number: int) -> str:
    """Executes one of the tests, which raises if it fails; gives its seal."""
    if plan["entry"] not in program:
        raise NameError(f"the program defines no {plan['entry']!r}")
    _execute(plan["tests"][number - 1], "tests.py", space)
    return seal(plan, number)


def seal(plan: Plan, number: int) -> str:
    """What passing a test is answered with: a digest of the problem's code and the test's."""
    parts = [plan["entry"], plan["given"], str(number), plan["tests"][number - 1]]
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:32]


def _execute(code: str, file: str, space: dict[str, Any]) -> None:
    # The program's `from __future__` is not the tests'.
    exec(compile(code, file, "exec", dont_inherit=True), space)
