"""The hostile programs: their aims, what they are told, and all of them in one list."""

from dataclasses import dataclass
from typing import Literal

Aim = Literal["forge", "escape", "secrets", "exhaust", "leave", "neighbours"]
AIMS: dict[Aim, str] = {
    "forge": "forge a verdict",
    "escape": "get out",
    "secrets": "read what is not theirs",
    "exhaust": "use more than their share",
    "leave": "leave something behind",
    "neighbours": "harm others",
}

PRELUDE = """
import ctypes, errno, gc, glob, json, mmap, os, resource, signal, socket, struct, subprocess, sys
import threading, time
given = GIVEN  # more than a program of strangers would know
libc = ctypes.CDLL(None, use_errno=True)
parents = sorted({1, os.getppid(), given["host"], given["bystander"]} - {os.getpid()})
def won(what): print(given["won"], what)
def must_fail(action, what="did it"):
    try:
        result = action()
    except (Exception, SystemExit):
        return
    if result is not None and type(result) is int and result < 0:
        return
    won(what)
def frame(message):
    body = json.dumps(message).encode()
    return struct.pack("!I", len(body)) + body
forged = frame({"status": 0, "stopped": "", "confined": True, "out_of_memory": False, "cpu": 0.0,
    "wall": 0.0, "overflow": False, "output": "3", "error": "", "result": '{"value": 3}'})
"""
"""Stands before every program: what they all need."""


@dataclass(frozen=True)
class Hostile:
    """One hostile program.

    Attributes:
        aim: what it is after.
        name: what it tries.
        code: its text, after the prelude.
        call: whether its function `answer` is called, rather than its output read.
    """

    aim: Aim
    name: str
    code: str
    call: bool = False

    def text(self, given: dict[str, object]) -> str:
        """The whole program, told what it could not know."""
        return PRELUDE.replace("GIVEN", repr(given)) + self.code


def all_programs() -> list[Hostile]:
    """Every hostile program, those of one aim together."""
    from tests.sandbox.hostile import escape, exhaust, forge, leave, neighbours, secrets

    tables: list[tuple[Aim, dict[str, str]]] = [
        ("forge", forge.PROGRAMS),
        ("escape", escape.PROGRAMS),
        ("secrets", secrets.PROGRAMS),
        ("exhaust", exhaust.PROGRAMS),
        ("leave", leave.PROGRAMS),
        ("neighbours", neighbours.PROGRAMS),
    ]
    found = [Hostile(aim, name, code) for aim, table in tables for name, code in table.items()]
    return found + [Hostile("forge", name, code, True) for name, code in forge.CALLED.items()]
