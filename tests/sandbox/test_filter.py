"""The system call filter, by the numbers: run through a small BPF interpreter, so that the filter
of a machine that is not this one is tested too."""

import errno
import re
import struct
from pathlib import Path

import pytest

from dreamcode_sandbox.image.runner import seccomp

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EACCES = (0x50000 | number for number in (errno.EPERM, errno.ENOSYS, errno.EACCES))
CALLS = {
    "x86_64": {"read": 0, "openat": 257, "clone": 56, "kill": 62, "socket": 41, "prlimit64": 302},
    "aarch64": {
        "read": 63,
        "openat": 56,
        "clone": 220,
        "kill": 129,
        "socket": 198,
        "prlimit64": 261,
    },
}


def decide(
    program: bytes, number: int, arguments: tuple[int, ...] = (), architecture: int = 0
) -> int:
    """What the kernel would do: classic BPF, as far as the filter uses it."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    at, accumulator = 0, 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x06:
                return int(value)
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x25:
                at += if_true if accumulator > value else if_false
            case 0x45:
                at += if_true if accumulator & value else if_false
            case _:
                raise AssertionError(f"no such operation: {operation:#x}")


def make(machine: str, *, allow_writing: bool = False) -> bytes:
    program = seccomp.make_filter(machine, allow_writing=allow_writing)
    assert program is not None
    return program


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_what_is_allowed_and_what_is_not(machine: str) -> None:
    program, here, calls = make(machine), ARCHITECTURES[machine], CALLS[machine]

    def ask(name: str, *arguments: int) -> int:
        return decide(program, calls[name], arguments, here)

    assert ask("read") == ALLOWED
    assert ask("kill") == EPERM
    assert ask("socket") == EPERM
    assert ask("openat", 0, 0, 0) == ALLOWED
    for flags in (0x1, 0x2, 0x40, 0x241, 0x400000):
        assert ask("openat", 0, 0, flags) == EACCES
        assert decide(make(machine, allow_writing=True), calls["openat"], (0, 0, flags), here) == (
            ALLOWED
        )
    assert ask("clone", 0x3D0F00) == ALLOWED  # what the C library asks for a thread
    assert ask("clone", 0x1200011) == EPERM  # and for a process
    assert ask("clone", 0x10000000) == EPERM  # a user namespace
    assert decide(program, 435, (), here) == ENOSYS  # clone3
    assert ask("prlimit64", 0) == ALLOWED
    assert ask("prlimit64", 1) == EPERM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_foreign_and_unknown_calls(machine: str) -> None:
    program, here = make(machine), ARCHITECTURES[machine]
    assert decide(program, 0, (), 0x40000003) == KILLED  # 32-bit calls have other numbers
    assert decide(program, 9999, (), here) == ENOSYS
    assert decide(program, 0x40000000 + 57, (), here) == ENOSYS  # x32


def test_machines_without_a_filter() -> None:
    assert seccomp.make_filter("riscv64", allow_writing=False) is None


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_exactly_the_listed_calls_are_open_without_conditions(machine: str) -> None:
    """Checked against the kernel's own headers, where they are installed."""
    if not HEADERS[machine].exists():
        pytest.skip(f"needs {HEADERS[machine]} (package linux-libc-dev)")
    text = HEADERS[machine].read_text()
    numbers = {
        name: int(number)
        for name, number in re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text)
    }
    names = {number: name.replace("fstatat", "newfstatat") for name, number in numbers.items()}
    program, here = make(machine), ARCHITECTURES[machine]
    everything = (1 << 64) - 1
    open_to_all = {
        names[number].replace("newnewfstatat", "newfstatat")
        for number in numbers.values()
        if decide(program, number, (everything,) * 6, here) == ALLOWED
    }
    column = list(ARCHITECTURES).index(machine)
    listed = {name for name, pair in seccomp._ALLOWED.items() if pair[column] is not None}
    assert open_to_all - {"clone"} == listed
