"""The runner: lives inside the sandbox, runs programs, says what they did.

It needs the standard library only. Two processes: the *supervisor* talks to the host and
holds the programs and their inputs; the *nursery* has imported what programs import, has
never seen any of their data, and forks one child per test. So a child is born warm, and
there is nothing of an earlier job in its memory.
"""

import json
import os
import resource
import sys

STACK = 1 << 30
"""Bytes the main thread's stack may grow to: room for recursion a million frames deep."""


def serve() -> None:
    """Talks to the host on standard input and output until it hangs up.

    `sys.argv[1]` holds the settings as JSON: see `jail.Settings`.
    """
    _raise_stack_limit()
    from .jail import Settings
    from .supervisor import supervise

    sys.path.pop(0)
    supervise(Settings(**json.loads(sys.argv[1])))


def _raise_stack_limit() -> None:
    # How far the stack can grow is laid out when a process starts: hence the second start.
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    if soft == wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
    except (OSError, ValueError):
        return
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
