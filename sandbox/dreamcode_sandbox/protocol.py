"""How the host starts a runner and talks to it: framed JSON, one question at a time."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.image.runner.framing import HEADER, pack

_LONGEST_MESSAGE = 1 << 30
_SILENCE = 10.0
"""Seconds without an answer after which the way to the runner is tried."""

_CODE = "import sys; sys.path.insert(0, {!r}); import runner; runner.serve()"


def runner_command(python: str, folder: str, settings: dict[str, Any]) -> list[str]:
    """Starts `runner` from `folder` under `python`.

    Args:
        python: the interpreter, as found where the runner lives.
        folder: what holds the package `runner` there.
        settings: the fields of `runner.jail.Settings`.
    """
    # -S -s: no packages but ours; -P: none from the current folder; -B: writes no files.
    # Not -I, which would ignore PYTHONHASHSEED: with it, sets iterate alike in every run.
    return [python, "-SsPB", "-c", _CODE.format(folder), json.dumps(settings)]


class Connection(Protocol):
    """A started runner: two byte streams and a way to end it."""

    async def write(self, data: bytes) -> None:
        """Sends all of `data`."""
        ...

    async def read(self) -> bytes:
        """Some bytes of what the runner wrote; b"" when it is gone."""
        ...

    async def kill(self) -> None:
        """Ends the runner and all that runs inside. Harmless when repeated."""
        ...

    async def probe(self) -> None:
        """Looks, while the runner is silent, whether it can still be heard.

        Raises:
            OSError: it cannot.
        """
        ...

    @property
    def complaints(self) -> str:
        """The end of what the runner wrote on its standard error."""
        ...


class Backend(Protocol):
    """A way to start runners."""

    @property
    def name(self) -> str:
        """What isolates the programs, for people."""
        ...

    async def start(self) -> Connection:
        """Starts one runner.

        Raises:
            SandboxError: it could not be started.
        """
        ...

    async def close(self) -> None:
        """Gives back what the backend itself holds."""
        ...


class RunnerDiedError(Exception):
    """The runner ended, hung or spoke nonsense. Its job can be repeated on another one."""


@contextmanager
def sense_expected() -> Iterator[None]:
    """A context in which an answer is read: one of another form is a runner's end."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RunnerDiedError(f"sent an answer of another form: {error!r}") from error


class Conversation:
    """Questions and answers over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._received = bytearray()

    async def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Sends `question`, returns the answer.

        Raises:
            RunnerDiedError: no sensible answer to it came within `seconds`.
            SandboxError: the question is no JSON.
        """
        word = secrets.token_hex()
        try:
            message = pack(question | {"id": word})
        except (TypeError, ValueError, RecursionError) as error:
            raise SandboxError(
                f"A test cannot be sent as JSON: {error}.", "Use JSON values as arguments."
            ) from error
        answer = await self._exchange(message, seconds, "no answer")
        if answer.pop("id", None) != word:
            raise RunnerDiedError("sent an answer to no question of ours")
        return answer

    async def hear(self, seconds: float) -> dict[str, Any]:
        """The greeting that a runner sends by itself.

        Raises:
            RunnerDiedError: none came within `seconds`.
        """
        return await self._exchange(b"", seconds, "did not start")

    async def _exchange(self, message: bytes, seconds: float, late: str) -> dict[str, Any]:
        answer = asyncio.ensure_future(self._send_and_receive(message))
        try:
            async with asyncio.timeout(seconds):
                while not (await asyncio.wait({answer}, timeout=_SILENCE))[0]:
                    await self.connection.probe()
                return answer.result()
        except TimeoutError:
            raise RunnerDiedError(f"{late} within {seconds:.0f} seconds") from None
        except OSError as error:
            raise RunnerDiedError(f"the connection broke: {error}") from error
        finally:
            answer.cancel()

    async def _send_and_receive(self, message: bytes) -> dict[str, Any]:
        if message:
            await self.connection.write(message)
        return await self._receive()

    async def _receive(self) -> dict[str, Any]:
        (size,) = HEADER.unpack(await self._take(HEADER.size))
        if size > _LONGEST_MESSAGE:
            raise RunnerDiedError(f"announced a message of {size} bytes")
        try:
            message = json.loads(await self._take(size))
        except (ValueError, RecursionError) as error:
            raise RunnerDiedError(f"sent no JSON: {error}") from error
        if not isinstance(message, dict):
            raise RunnerDiedError("sent JSON that is no object")
        return message

    async def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            data = await self.connection.read()
            if not data:
                said = self.connection.complaints.strip().rpartition("\n")[2]
                raise RunnerDiedError("it ended" + (f", saying: {said[:1000]}" if said else ""))
            self._received += data
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken
