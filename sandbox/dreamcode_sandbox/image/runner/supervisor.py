"""Talks to the host, holds what jobs read and write, and has the nursery run them."""

import base64
import contextlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from . import files, framing, jail, job, series

_COMPILE_SECONDS = 10.0
_COMPILE_MEMORY = 1 << 30
_COMPILED_BYTES = 64 << 20
_BOUNDS = ("cpu", "wall", "patience", "memory", "output", "names")


def supervise(settings: jail.Settings) -> NoReturn:
    """Serves the host on standard input and output until it hangs up; ends the process."""
    jail.hide_from_jobs()
    host_in, host_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    nursery = os.fork()
    if nursery == 0:
        _become_nursery(theirs, ours, (host_in, host_out), settings)
    theirs.close()
    supervisor = _Supervisor(ours, host_in)
    try:
        framing.send(host_out, supervisor.next_reply())
        while (message := framing.receive(host_in)) is not None:
            # The host knows its answer by a word that no job has seen.
            framing.send(host_out, supervisor.answer(message) | {"id": message["id"]})
    except (BrokenPipeError, _HostGoneError, _NurseryGoneError):
        pass  # the nursery has said why by itself
    except Exception:
        traceback.print_exc()  # reaches the host, which names it when it replaces the runner
    finally:
        with contextlib.suppress(OSError):
            os.kill(nursery, signal.SIGKILL)
        os._exit(0)


def _become_nursery(
    control: socket.socket,
    other: socket.socket,
    host: tuple[int, int],
    settings: jail.Settings,
) -> NoReturn:
    from .nursery import raise_children

    try:
        jail.die_with_parent()
        other.close()
        for descriptor in host:
            os.close(descriptor)
        raise_children(control, settings)
    finally:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


class _HostGoneError(Exception):
    """The host hung up in the middle of a job."""


class _NurseryGoneError(Exception):
    """The nursery ended: the runner has to be replaced."""


class _Supervisor:
    def __init__(self, nursery: socket.socket, host: int) -> None:
        self._nursery = nursery
        self._host = host
        self._compiled: int | None = None

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the host asked for: "load" a program, "run" it on one input or on a "series"."""
        asked = {"load": self._load, "run": self._run, "series": self._series}
        return asked[message["ask"]](message)

    def next_reply(self) -> dict[str, Any]:
        """The nursery's next message, unless the host is gone first."""
        ready, _, _ = select.select([self._nursery.fileno(), self._host], [], [])
        if self._nursery.fileno() not in ready:
            raise _HostGoneError  # the host says nothing while a job runs: this is the end
        body = self._nursery.recv(1 << 16)
        if not body:
            raise _NurseryGoneError
        reply: dict[str, Any] = json.loads(body)
        return reply

    def _load(self, message: dict[str, Any]) -> dict[str, Any]:
        self._forget()
        source = files.make_file(message["program"].encode("utf-8", "surrogatepass"))
        bounds = {
            "cpu": _COMPILE_SECONDS,
            "wall": 3 * _COMPILE_SECONDS,
            "patience": 30 * _COMPILE_SECONDS,
            "memory": _COMPILE_MEMORY,
            "output": _COMPILED_BYTES,
            "names": False,
        }
        reply, output, error, result = self._job("compile", source, files.make_file(), bounds)
        os.close(source)
        os.close(output)
        reply["error"] = _tail(error)[0]
        if reply["status"] == 0 and not reply["stopped"]:
            self._compiled = result
        else:
            os.close(result)
        return reply

    def _run(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._compiled is None:
            raise RuntimeError("no program was loaded")
        if "call" in message:
            task, given = "call", json.dumps(message["call"]).encode("ascii")
        else:
            task, given = "stdin", message["stdin"].encode("utf-8", "surrogatepass")
        bounds = _bounds(message)
        reply, output, error, result = self._job(
            task, self._compiled, files.make_file(given), bounds
        )
        size = max(os.fstat(number).st_size for number in (output, error, result))
        reply["overflow"] = size > bounds["output"]
        kept = files.read_file(output, size=bounds["output"])
        reply["error"], starved = _tail(error)
        reply["out_of_memory"] |= starved and reply["status"] == job.FAILED
        reply["result"] = files.read_file(result, size=bounds["output"]).decode("ascii", "replace")
        os.close(output)
        os.close(result)
        try:
            reply["output"] = kept.decode("utf-8")
        except UnicodeDecodeError:
            reply["bytes"] = base64.b64encode(kept).decode("ascii")
        return reply

    def _series(self, message: dict[str, Any]) -> dict[str, Any]:
        """Answers for the first tests, as far as all went well; compiles a program on the way."""
        tests, source = message["tests"], message.get("program")
        if source is not None:
            self._forget()
            self._compiled = files.make_file(source.encode("utf-8", "surrogatepass"))
        if self._compiled is None:
            raise RuntimeError("no program was loaded")
        given = json.dumps({"source": source is not None, "inputs": tests}).encode("ascii")
        reply, *written = self._job(
            "series", self._compiled, files.make_file(given), _bounds(message)
        )
        answers = list(series.read_answers((written[0], written[1], written[2]), len(tests), reply))
        for descriptor in written:
            os.close(descriptor)
        if source is not None and not answers:
            self._forget()  # nobody knows whether it was compiled
        return {"answers": answers}

    def _forget(self) -> None:
        if self._compiled is not None:
            os.close(self._compiled)
            self._compiled = None

    def _job(
        self, task: str, program: int, given: int, bounds: dict[str, Any]
    ) -> tuple[dict[str, Any], int, int, int]:
        output, error, result = files.make_file(), files.make_file(), files.make_file()
        request = json.dumps({"task": task, **bounds}).encode()
        socket.send_fds(self._nursery, [request], [program, given, output, error, result])
        os.close(given)
        reply = self.next_reply()
        if not reply["confined"]:
            raise RuntimeError(f"a job could not be confined: {_tail(error)[0]}")
        return reply, output, error, result


def _bounds(message: dict[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in _BOUNDS}


def _tail(descriptor: int) -> tuple[str, bool]:
    """The end of a job's standard error, and whether it says that memory was too little."""
    size = os.fstat(descriptor).st_size
    text = files.read_file(descriptor, start=max(0, size - job.ERROR_TAIL))
    os.close(descriptor)
    starved = text.endswith(job.OUT_OF_MEMORY)
    return text.removesuffix(job.OUT_OF_MEMORY).decode("utf-8", "backslashreplace"), starved
