"""The child: locks itself in, then compiles or runs one program."""

import atexit
import builtins
import contextlib
import fcntl
import io
import json
import linecache
import marshal
import os
import random
import signal
import sys
import threading
import tokenize
import traceback
import types
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from . import nodes, series
from .files import make_file, read_file, write_all
from .jail import Bounds, Walls, confine
from .prelude import RECURSION_LIMIT
from .values import encode

OUT_OF_MEMORY = b"\n[out of memory]\n"
"""Ends the standard error of a job whose memory was too little; no exit status can say so."""

FAILED = 1

RESULT, _HEARER, PROGRAM = 3, 4, 5
ERROR_TAIL = 8_000
_FILE = "program.py"


def become_job(
    task: str,
    files: list[int],
    bounds: Bounds,
    uid: int | None,
    walls: Walls,
    names: dict[str, Any],
) -> NoReturn:
    """Turns this process into the job; never returns.

    Args:
        task: "compile" (program is source), "stdin", "call" (program is compiled) or "series".
        files: descriptors of program, input, output, error, result, and one that hears of it
            when the walls are up: whatever comes after that is the program's doing.
        bounds: what the job may use.
        uid: the user to become; None to stay.
        walls: what is put around it.
        names: the globals a program starts with.
    """
    leave = os._exit  # bound here: the program may replace it
    status, confined = FAILED, False
    try:
        os.setsid()
        program, given = _take_files(task, files)
        _reset_signals()
        confine(bounds, uid, walls)
        os.write(_HEARER, b"!")
        os.close(_HEARER)
        confined = True
        status = _TASKS[task](program, given, names)
    except BaseException as error:
        # The walls: a line for the host. Else the program broke our own last lines.
        if not confined:
            os.write(2, f"{type(error).__name__}: {error}".encode())
    finally:
        while True:  # where even local names can be replaced it ends by its limits
            leave(status)


def _take_files(task: str, files: list[int]) -> tuple[bytes, bytes]:
    program, given, *rest = files
    source = read_file(program)
    arguments = b""
    if task != "stdin":
        arguments = read_file(given)
        given = os.open(os.devnull, os.O_RDONLY)
    kept = [given, *rest]
    if task == "series":
        kept = [make_file(), *rest, program]
    # Out of the way first, then down to 0..5, then everything else is closed: the nursery's
    # socket, and whatever else was open.
    high = [fcntl.fcntl(number, fcntl.F_DUPFD, 32) for number in kept]
    for target, number in enumerate(high):
        os.dup2(number, target)
    os.closerange(len(kept), 4096)
    return source, arguments


def _reset_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.default_int_handler)


def compile_source(source: bytes) -> bytes:
    """What a program is compiled to, and its text; whatever the compiler raises."""
    text = source.decode("utf-8", "surrogatepass")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(_as_file(source, text), _FILE, "exec", dont_inherit=True)
    return marshal.dumps((code, text.removeprefix("\ufeff")))


def _as_file(source: bytes, text: str) -> bytes:
    """The bytes of the program's file: in the encoding that its own first lines name, if any.

    Byte order marks, line ends and encodings are then read, or refused, as Python does it.

    Raises:
        SyntaxError: there is no such encoding.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    try:
        return source if encoding.startswith("utf-8") else text.encode(encoding)
    except (UnicodeError, LookupError):
        return source  # Python says what is wrong with it


def run_main(program: bytes, names: dict[str, Any], join: Callable[[], None]) -> int:
    """The exit status of a program that reads and prints; `join` waits for its threads."""
    code, module = _prepare(program, "__main__", names)
    status = _guarded(lambda: exec(code, module.__dict__))
    return status or _guarded(lambda: _finish(module.__dict__, join))


def call(program: bytes, request: dict[str, Any], names: dict[str, Any]) -> tuple[int, bytes]:
    """The exit status of a call of one of the program's functions, and what it returned."""
    code, module = _prepare(program, "solution", names)
    result: list[bytes] = []

    def answer() -> None:
        nodes.provide(request, module.__dict__)
        exec(code, module.__dict__)
        solution = module.__dict__.get("Solution")
        holder = solution() if isinstance(solution, type) else module
        value = nodes.call(getattr(holder, request["function"]), request, module.__dict__)
        result.append(encode(value))

    status = _guarded(answer)
    return status, b"".join(result) if status == 0 else b""


def _compile(source: bytes, _: bytes, __: dict[str, Any]) -> int:
    try:
        compiled = compile_source(source)
    except BaseException as error:
        message = "".join(traceback.format_exception_only(error))
        os.write(2, message.encode("utf-8", "backslashreplace"))
        return FAILED
    write_all(RESULT, compiled)
    return 0


def _run_main(program: bytes, _: bytes, names: dict[str, Any]) -> int:
    os.close(RESULT)
    return run_main(program, names, threading_shutdown)


def _run_call(program: bytes, given: bytes, names: dict[str, Any]) -> int:
    status, result = call(program, json.loads(given), names)
    write_all(RESULT, result)
    return status


_TASKS: dict[str, Callable[[bytes, bytes, dict[str, Any]], int]] = {
    "compile": _compile,
    "stdin": _run_main,
    "call": _run_call,
    "series": series.run_series,
}


def _prepare(
    compiled: bytes, name: str, names: dict[str, Any]
) -> tuple[types.CodeType, types.ModuleType]:
    """A fresh module, and an interpreter that looks as if it had just started."""
    code, text = marshal.loads(compiled)
    sys.argv[:] = [_FILE]
    for known in [known for known in sys.modules if known.partition(".")[0] == "runner"]:
        del sys.modules[known]
    for number, stream in enumerate(("stdin", "stdout", "stderr")):
        opened = _text(number)
        setattr(sys, stream, opened)
        setattr(sys, f"__{stream}__", opened)
    if names:  # they are LiveCodeBench's, and so is the depth
        sys.setrecursionlimit(RECURSION_LIMIT)
        names = {**names, "stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    random.seed(0)  # a verdict must not depend on luck
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    linecache.cache[_FILE] = (len(text), None, text.splitlines(keepends=True), _FILE)
    module = types.ModuleType(name)
    module.__dict__.update(names, __builtins__=builtins, __file__=_FILE)
    sys.modules[name] = module
    return code, module


def _text(descriptor: int) -> io.TextIOWrapper:
    raw = io.FileIO(descriptor, "wb" if descriptor else "rb", closefd=False)
    if descriptor == 0:
        return io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8")
    errors = "strict" if descriptor == 1 else "backslashreplace"
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=descriptor == 2
    )


def _guarded(action: Callable[[], Any]) -> int:
    """Runs `action`; what escapes it is shown as Python would show it."""
    try:
        action()
    except SystemExit as error:
        # As in LiveCodeBench, whatever the status: what was printed decides. But a function
        # that never returned has no result, and the host sees that.
        if isinstance(error.code, str):
            with contextlib.suppress(Exception):
                sys.stderr.write(error.code + "\n")
        return 0
    except MemoryError as error:
        _show(error, OUT_OF_MEMORY)
        return FAILED
    except BaseException as error:
        _show(error)
        return FAILED
    return 0


def _show(error: BaseException, remark: bytes = b"") -> None:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != _FILE:
        frames = frames.tb_next
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    with contextlib.suppress(BaseException):
        lines = traceback.format_exception(type(error), error, frames, limit=-12)
        text = "".join(lines).encode("utf-8", "backslashreplace")
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        os.write(2, text[-16_000:] + remark)


threading_shutdown: Callable[[], None] = threading._shutdown  # type: ignore[attr-defined]


def _finish(names: dict[str, Any], shutdown: Callable[[], None]) -> None:
    """What Python does when a program ends, short of taking the interpreter down."""
    shutdown()  # waits for threads that are no daemons
    atexit._run_exitfuncs()
    for value in list(names.values()):
        if isinstance(value, io.IOBase) and not value.closed:
            value.flush()  # files left open would be flushed when the module is torn down
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
