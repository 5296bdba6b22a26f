"""Lets functions that C code calls, as `@cache` does, recur as deeply as there is stack.

Python 3.12 and 3.13 count such calls apart and stop at a few hundred or thousand, whatever
`sys.setrecursionlimit` says; those before and after go by that limit or by the stack. There is
no call to raise the count, so it is found in the thread's state, where it follows the limit.
"""

import ctypes
import sys
import threading

_COUNTED = ((3, 12), (3, 13))
_MARK = 76_543
_WORDS = 64
_MOST = 20_000  # no build starts with more
_DEPTH = 400_000  # of some 2 KiB of stack each


def lift_recursion() -> None:
    """Raises the count in this thread and in those that are started from now on."""
    if sys.version_info[:2] not in _COUNTED:
        return
    _lift()
    bootstrap = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def lifted(thread: threading.Thread) -> None:
        _lift()
        bootstrap(thread)

    threading.Thread._bootstrap_inner = lifted  # type: ignore[attr-defined]


def _lift() -> None:
    place = ctypes.pythonapi.PyThreadState_Get
    place.restype = ctypes.c_void_p
    words = (ctypes.c_int * _WORDS).from_address(place())
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_MARK)
    try:
        # What may be called yet, the limit, then the count of C calls that may be made yet.
        for at in range(1, _WORDS - 1):
            before, mark, count = words[at - 1 : at + 2]
            if mark == _MARK and 0 < before < _MARK and 0 < count <= _MOST:
                words[at + 1] = _DEPTH
                return
    finally:
        sys.setrecursionlimit(limit)
