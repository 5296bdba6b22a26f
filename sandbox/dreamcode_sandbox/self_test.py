"""Whether a sandbox does what it is for: asked by `dreamcode doctor`."""

import os
from typing import NamedTuple

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest, Test
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict

_CONNECT = """
import socket
try:
    socket.create_connection(("1.1.1.1", 53), timeout=2)
    print("reached")
except OSError:
    print("unreachable")
"""
_WRITE = """
written = []
for folder in ("", "/", "/tmp", "/var/tmp", "/dev/shm", "/root"):
    try:
        with open(folder + "/dreamcode-was-here", "w") as file:
            file.write("x")
        written.append(folder)
    except OSError:
        pass
print(written)
"""
_SIGNAL = """
import os, signal
try:
    os.kill(os.getppid(), signal.SIGKILL)
    print("sent")
except PermissionError:
    print("refused")
"""
_FORK = """
import os
try:
    os.fork()
    print("forked")
except OSError:
    print("refused")
"""
_LOOK = f"""
seen = []
for name in ("mem", "environ", "maps", "fd/0", "cwd"):
    try:
        open("/proc/{os.getpid()}/" + name, "rb")
        seen.append(name)
    except OSError:
        pass
print(seen)
"""
_ADD = "print(sum(map(int, input().split())))"


class Check(NamedTuple):
    """One thing that was tried.

    Attributes:
        name: what must hold.
        ok: whether it did.
        detail: what was seen instead; "" where it held.
    """

    name: str
    ok: bool
    detail: str


async def self_test(sandbox: Pool) -> list[Check]:
    """Runs small programs, right, wrong and hostile, and compares what is said of them.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    quick = Limits(seconds=0.5, memory_mb=128, output_mb=1)
    wanted: list[tuple[str, str, Test, Verdict]] = [
        ("a right program is accepted", _ADD, StdinTest("1 2", "3"), Verdict.ACCEPTED),
        ("a wrong program is refused", _ADD, StdinTest("1 2", "4"), Verdict.WRONG_ANSWER),
        (
            "a method is called",
            "class Solution:\n    def twice(self, n: list[int]):\n        return n * 2",
            CallTest("twice", ([1, 2],), [1, 2, 1, 2]),
            Verdict.ACCEPTED,
        ),
        ("an error is seen", "1 / 0", StdinTest("", ""), Verdict.RUNTIME_ERROR),
        ("a syntax error is seen", "def f(:", StdinTest("", ""), Verdict.COMPILE_ERROR),
        ("the time limit holds", "while True: pass", StdinTest("", ""), Verdict.TIME_LIMIT),
        ("the memory limit holds", "a = [0] * 10**9", StdinTest("", ""), Verdict.MEMORY_LIMIT),
        (
            "the output limit holds",
            "while True: print('x' * 1000)",
            StdinTest("", ""),
            Verdict.OUTPUT_LIMIT,
        ),
        ("the network is out of reach", _CONNECT, StdinTest("", "unreachable"), Verdict.ACCEPTED),
        ("no file can be written", _WRITE, StdinTest("", "[]"), Verdict.ACCEPTED),
        ("no process can be started", _FORK, StdinTest("", "refused"), Verdict.ACCEPTED),
        ("this process cannot be looked into", _LOOK, StdinTest("", "[]"), Verdict.ACCEPTED),
        ("the runner cannot be killed", _SIGNAL, StdinTest("", "refused"), Verdict.ACCEPTED),
    ]
    checks = []
    for name, program, test, verdict in wanted:
        result = (await sandbox.run(program, [test], quick)).results[0]
        seen = "" if result.verdict is verdict else f"{result.verdict}: {result.output.strip()}"
        checks.append(Check(name, result.verdict is verdict, seen))
    return checks
