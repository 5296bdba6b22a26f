"""Which files a job may read, and whom it may touch, where the kernel has Landlock (5.13).

A job behind this wall traces nothing outside of it, whoever its user is: memory, descriptors
and environment of the runner, of the host and of the user's other processes are out of reach.
Source: Linux, Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import stat
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every machine
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FIRST_FILES, _REFER, _TRUNCATE, _DEVICES = (1 << 13) - 1, 1 << 13, 1 << 14, 1 << 15
_TCP, _SIGNALS_AND_SOCKETS = 0b11, 0b11
_WRITABLE = "/dev/null"
_system_call = ctypes.CDLL(None, use_errno=True).syscall


def find_version() -> int:
    """What the kernel offers; 0 for nothing."""
    if sys.platform != "linux":
        return 0
    version: int = _system_call(_CREATE_RULESET, None, 0, _VERSION)
    return max(0, version)


def install(version: int, readable: tuple[str, ...]) -> None:
    """Puts this process, and those it starts, behind the wall, for good.

    It may read what is below `readable` and its own folder in /proc, and write on `/dev/null`.

    Args:
        version: what `find_version` says; not 0.
        readable: files and folders; what is not there is passed over.

    Raises:
        OSError: the kernel refused.
    """
    files = _FIRST_FILES
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _DEVICES)):
        files |= right if version >= since else 0
    tcp = _TCP if version >= 4 else 0
    scope = _SIGNALS_AND_SOCKETS if version >= 6 else 0
    handled = struct.pack("QQQ", files, tcp, scope)
    # Older kernels know the first fields only.
    size = 8 * (1 + (version >= 4) + (version >= 6))
    ruleset = _call(_CREATE_RULESET, handled, size, 0)
    reading = _EXECUTE | _READ_FILE | _READ_DIR
    for path in (*readable, f"/proc/{os.getpid()}"):
        _allow(ruleset, path, reading)
    _allow(ruleset, _WRITABLE, _READ_FILE | _WRITE_FILE | (files & (_TRUNCATE | _DEVICES)))
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= ~_READ_DIR
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result: int = _system_call(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
