"""The system calls a job may make: what Python needs to compute, and nothing else.

Everything not listed fails with EPERM: no process, socket, signal, shared memory, mount or
clock can be made or touched. Calls newer than the list fail with ENOSYS, so that the C library
falls back to the older ones it knows. Numbers: Linux `asm/unistd_64.h` (x86_64) and
`asm-generic/unistd.h` (aarch64).
"""

import ctypes
import errno
import os
import struct

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEWEST_KNOWN = 450

# name: (x86_64, aarch64); the most frequent first, because the filter is tried in order.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "futex": (202, 98),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "mprotect": (10, 226),
    "clock_gettime": (228, 113),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "stat": (4, None),
    "lstat": (6, None),
    "statx": (332, 291),
    "close": (3, 57),
    "close_range": (436, 436),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "getdents64": (217, 61),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "ftruncate": (77, 46),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "fadvise64": (221, 223),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "clock_getres": (229, 114),
    "times": (100, 153),
    "alarm": (37, None),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "pause": (34, None),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "wait4": (61, 260),
    "waitid": (247, 95),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "getpriority": (140, 141),
    "getcpu": (309, 168),
    "getrlimit": (97, 163),
    "setrlimit": (160, 164),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "umask": (95, 166),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "gettid": (186, 178),
    "getpgrp": (111, None),
    "getpgid": (121, 155),
    "getsid": (124, 156),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getresuid": (118, 148),
    "getresgid": (120, 150),
    "getgroups": (115, 158),
    "getrandom": (318, 278),
    "arch_prctl": (158, None),
}

_CLONE = (56, 220)
_CLONE3 = (435, 435)
_PRLIMIT = (302, 261)
_PRCTL = (157, 167)
_IOCTL = (16, 29)
_FCNTL = (72, 25)
_OPEN = (2, None)
_OPENAT = (257, 56)

_CLONE_THREAD = 0x10000
_WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE
_PRCTL_ALLOWED = (15, 16)  # PR_SET_NAME, PR_GET_NAME
_IOCTL_ALLOWED = (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451)  # reads of terminals, FIO*
_FCNTL_ALLOWED = (0, 1, 2, 3, 4, 1030, 1032)  # dup, get and set flags, pipe size

_LOAD, _JEQ, _JGT, _JSET, _RET = 0x20, 0x15, 0x25, 0x45, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_NUMBER, _ARCH = 0, 4
_PR_SET_SECCOMP, _FILTER_MODE = 22, 2


def make_filter(machine: str, *, allow_writing: bool) -> bytes | None:
    """The BPF program for Linux on `machine`; None where there is none for it.

    Args:
        machine: as `os.uname` names it.
        allow_writing: whether files may be opened for writing; no where the file system
            around the job is the host's.
    """
    if machine not in _AUDIT_ARCH:
        return None
    column = list(_AUDIT_ARCH).index(machine)

    code = [_op(_LOAD, _ARCH), _op(_JEQ, _AUDIT_ARCH[machine], 1, 0), _op(_RET, _KILL)]
    code.append(_op(_LOAD, _NUMBER))
    for numbers in _ALLOWED.values():
        code += _when(numbers[column], [_op(_RET, _ALLOW)])
    for numbers, position in ((_OPEN, 1), (_OPENAT, 2)):
        code += _when(numbers[column], _open_rule(position, allow_writing))
    code += _when(_CLONE[column], [*_argument(0), _op(_JSET, _CLONE_THREAD, 0, 1), *_verdicts()])
    code += _when(_PRLIMIT[column], _one_of(0, (0,)))
    code += _when(_PRCTL[column], _one_of(0, _PRCTL_ALLOWED))
    code += _when(_IOCTL[column], _one_of(1, _IOCTL_ALLOWED))
    code += _when(_FCNTL[column], _one_of(1, _FCNTL_ALLOWED))
    code += _when(_CLONE3[column], [_op(_RET, _ERRNO | errno.ENOSYS)])
    code += [_op(_JGT, _NEWEST_KNOWN, 0, 1), _op(_RET, _ERRNO | errno.ENOSYS)]
    code.append(_op(_RET, _ERRNO | errno.EPERM))
    return b"".join(code)


def install(filter_code: bytes) -> None:
    """Puts the calling thread, and those it starts, behind the filter, for good.

    The caller has set PR_SET_NO_NEW_PRIVS.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(filter_code, len(filter_code))
    program = struct.pack("HxxxxxxP", len(filter_code) // 8, ctypes.addressof(instructions))
    if libc.prctl(_PR_SET_SECCOMP, _FILTER_MODE, program, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")


def _op(code: int, value: int, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, jump_true, jump_false, value)


def _when(number: int | None, body: list[bytes]) -> list[bytes]:
    """`body`, which always returns, for one system call."""
    return [] if number is None else [_op(_JEQ, number, 0, len(body)), *body]


def _argument(position: int) -> list[bytes]:
    return [_op(_LOAD, 16 + 8 * position)]  # the low half: both machines are little-endian


def _verdicts() -> list[bytes]:
    return [_op(_RET, _ALLOW), _op(_RET, _ERRNO | errno.EPERM)]


def _one_of(position: int, values: tuple[int, ...]) -> list[bytes]:
    last = len(values) - 1
    tests = [_op(_JEQ, value, last - i, int(i == last)) for i, value in enumerate(values)]
    return [*_argument(position), *tests, *_verdicts()]


def _open_rule(position: int, allow_writing: bool) -> list[bytes]:
    if allow_writing:
        return [_op(_RET, _ALLOW)]
    refused, allowed = _op(_RET, _ERRNO | errno.EACCES), _op(_RET, _ALLOW)
    return [*_argument(position), _op(_JSET, _WRITING, 0, 1), refused, allowed]
