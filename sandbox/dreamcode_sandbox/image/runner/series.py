"""Several inputs in one child, one after the other, each with a fresh module.

A child per test costs more than most tests do. What ends normally here would have ended so in a
child of its own, as far as one can tell from outside: all of it together has used no more than
one test may. The first input that does not, and all behind it, are left to children of their own.
"""

import builtins
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from . import job
from .files import read_file, write_all

_DEPTH = sys.getrecursionlimit()


def run_series(program: bytes, given: bytes, names: dict[str, Any]) -> int:
    """Runs the program on input after input; a line of JSON on the result tells of each.

    Args:
        program: its source, which is replaced by what it is compiled to, or that.
        given: JSON: whether it is source, and the inputs.
        names: the globals a program starts with.
    """
    order = json.loads(given)
    if order["source"]:
        program = job.compile_source(program)
        os.ftruncate(job.PROGRAM, 0)
        os.lseek(job.PROGRAM, 0, os.SEEK_SET)
        write_all(job.PROGRAM, program)
    os.close(job.PROGRAM)
    untouched = dict(vars(builtins))
    for one in order["inputs"]:
        started = time.process_time()
        sys.setrecursionlimit(_DEPTH)
        for written in (1, 2):
            os.lseek(written, 0, os.SEEK_END)
        status, result = _run(program, one, names)
        if status or _is_marked(untouched):
            break
        record = {
            "result": result.decode("ascii"),
            "output": os.fstat(1).st_size,
            "error": os.fstat(2).st_size,
            "cpu": time.process_time() - started,
        }
        write_all(job.RESULT, json.dumps(record).encode() + b"\n")
    return 0


def read_answers(
    files: tuple[int, int, int], tests: int, reply: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The answers to the tests that a series has recorded, as single runs would give them.

    The program may have written on the same descriptors: then it has spoiled its own answers.

    Args:
        files: descriptors of output, error, result.
        tests: how many there were.
        reply: how the child ended.
    """
    output, error, result = (read_file(number) for number in files)
    printed = complained = 0
    for line in result.split(b"\n")[:tests]:
        try:
            record = json.loads(line)
            ends = int(record["output"]), int(record["error"])
            cpu = min(max(float(record["cpu"]), 0.0), reply["cpu"])
            answer = {
                "output": output[printed : ends[0]].decode("utf-8"),
                "error": error[complained : ends[1]][-job.ERROR_TAIL :].decode(
                    "utf-8", "backslashreplace"
                ),
                "result": str(record["result"]),
            }
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return
        if not (printed <= ends[0] <= len(output) and complained <= ends[1] <= len(error)):
            return
        printed, complained = ends
        faults = {"status": 0, "stopped": "", "overflow": False, "out_of_memory": False}
        yield {**answer, **faults, "cpu": cpu, "wall": cpu}


def _run(program: bytes, given: dict[str, Any], names: dict[str, Any]) -> tuple[int, bytes]:
    if "call" in given:
        return job.call(program, given["call"], names)
    os.ftruncate(0, 0)
    os.lseek(0, 0, os.SEEK_SET)
    write_all(0, given["stdin"].encode("utf-8", "surrogatepass"))
    os.lseek(0, 0, os.SEEK_SET)
    return job.run_main(program, names, _join), b""


def _join() -> None:
    """Waits for threads that are no daemons; unlike Python's own way, this can be repeated."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            if threading._threading_atexits:  # type: ignore[attr-defined]
                raise RuntimeError("a pool of threads ends with its process only")
            thread.join()


def _is_marked(untouched: dict[str, Any]) -> bool:
    """Whether the program left something behind that the next input would meet."""
    return threading.active_count() > 1 or vars(builtins) != untouched
