"""Runners in Docker containers, one container per runner."""

import asyncio
import contextlib
import os
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dreamcode_sandbox.build import LABEL, build_image, first_line
from dreamcode_sandbox.engine import ask_engine
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.leftovers import OWNER, own_mark, remove_container, remove_leftovers
from dreamcode_sandbox.machine import AUTO
from dreamcode_sandbox.protocol import runner_command

if TYPE_CHECKING:
    from docker import DockerClient

_FIRST_UIDS = range(10_000, 50_000)
_FRAME = struct.Struct("!BxxxI")
_STDERR = 2
_PER_PROCESS = {"nofile": 1024, "nproc": 4096}
_ENGINE_SECONDS = 180  # a busy machine starts containers slowly
_PING_SECONDS = 10
_FAREWELL_SECONDS = 0.5
_LONGEST_FRAME = 1 << 26
MEMORY_MB = 4096
"""What a container may use in all: no test may ask for more than this less a reserve."""


class DockerStatus(NamedTuple):
    """Whether an engine answers.

    Attributes:
        reachable: it does.
        detail: its version, or why it does not and what to do: one line.
    """

    reachable: bool
    detail: str


def docker_status() -> DockerStatus:
    """Asks the engine named by the environment whether it is there."""
    try:
        client = connect()
        with contextlib.closing(client), _named_trouble():
            version = client.version()
    except SandboxError as error:
        return DockerStatus(False, str(error))
    return DockerStatus(True, f"Docker {version['Version']} on {version.get('Os', 'unknown')}")


class DockerBackend:
    """Starts runners as containers without network, rights or anything to write on."""

    name = "docker"

    def __init__(
        self, client: "DockerClient", image: str, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._client = client
        self._image = image
        self._tell = tell

    @classmethod
    async def open(
        cls, on_event: Callable[[str], None] = lambda _: None, python: str = AUTO
    ) -> "DockerBackend":
        """Connects, builds the image if need be, removes what dead processes left behind.

        Args:
            on_event: told in lines what takes time.
            python: what programs run on; see `build_image`.

        Raises:
            SandboxError: no engine, no such Python, or no image.
        """
        loop = asyncio.get_running_loop()

        def tell(line: str) -> None:
            loop.call_soon_threadsafe(on_event, line)

        def work() -> DockerBackend:
            client = connect()
            with _named_trouble():
                image = build_image(client, python=python, on_event=tell)
                remove_leftovers(client)
            return cls(client, image, on_event)

        return await ask_engine(work, on_event)

    async def start(self) -> "ContainerConnection":
        """Starts one container and its runner.

        Raises:
            SandboxError: the engine refused.
        """
        abandoned = threading.Event()

        def begin() -> ContainerConnection:
            connect().close()  # one that is frozen shows here, in seconds
            with _named_trouble():
                connection = self._start()
            if abandoned.is_set():
                remove_container(self._client, connection.container)
            return connection

        work = asyncio.ensure_future(ask_engine(begin, self._tell))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            abandoned.set()
            with contextlib.suppress(SandboxError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await (await work).kill()
            raise

    async def close(self) -> None:
        """Closes the connection to the engine."""
        self._client.close()

    def _start(self) -> "ContainerConnection":
        from docker.types import LogConfig, Ulimit

        settings = {"first_uid": random.choice(_FIRST_UIDS), "allow_writing": True}
        api = self._client.api
        container = api.create_container(
            self._image,
            command=runner_command(
                "python3", "/opt/sandbox", settings | {"packages": "/opt/packages"}
            ),
            name=f"dreamcode-sandbox-{os.getpid()}-{random.getrandbits(48):012x}",
            labels={LABEL: "runner", OWNER: own_mark()},
            environment={"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
            user="0:0",
            working_dir="/",
            stdin_open=True,
            network_disabled=True,
            host_config=api.create_host_config(
                auto_remove=True,
                network_mode="none",
                read_only=True,
                cap_drop=["ALL"],
                cap_add=["SETUID", "SETGID"],
                security_opt=["no-new-privileges"],
                pids_limit=256,
                mem_limit=MEMORY_MB << 20,
                memswap_limit=MEMORY_MB << 20,
                ipc_mode="none",
                # What an engine sets by itself may be more than it has the right to.
                ulimits=[Ulimit(name=what, soft=n, hard=n) for what, n in _PER_PROCESS.items()],
                log_config=LogConfig(type="none"),
            ),
        )
        name = container["Id"]
        try:
            attached = api.attach_socket(
                name, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
            stream = getattr(attached, "_sock", attached)
            if not isinstance(stream, socket.socket) or hasattr(stream, "getpeercert"):
                raise SandboxError(
                    "The sandbox needs an engine on a local socket or plain TCP.",
                    "Unset DOCKER_HOST, or use --sandbox local.",
                )
            api.start(name)
        except BaseException:
            with contextlib.suppress(Exception):
                api.remove_container(name, force=True)
            raise
        stream.settimeout(0)
        return ContainerConnection(self._client, name, stream, attached)


class ContainerConnection:
    """The streams of one container. The engine interleaves its outputs in small frames."""

    def __init__(
        self, client: "DockerClient", name: str, stream: socket.socket, attached: Any
    ) -> None:
        self.container = name
        self._client = client
        self._stream = stream
        self._attached = attached  # owns the socket: must live as long
        self._raw = bytearray()
        self._complaints = bytearray()
        self._killed = False

    @property
    def complaints(self) -> str:
        """The end of what the runner wrote on its standard error."""
        return self._complaints[-8000:].decode("utf-8", "replace")

    async def write(self, data: bytes) -> None:
        """Sends all of `data`."""
        await asyncio.get_running_loop().sock_sendall(self._stream, data)

    async def read(self) -> bytes:
        """Some bytes of what the runner wrote; b"" when it is gone."""
        while True:
            if len(self._raw) >= _FRAME.size:
                kind, size = _FRAME.unpack_from(self._raw)
                if kind > _STDERR or size > _LONGEST_FRAME:
                    raise OSError("the engine sent something else than a container's output")
                end = _FRAME.size + size
                if len(self._raw) >= end:
                    body = bytes(self._raw[_FRAME.size : end])
                    del self._raw[:end]
                    if kind != _STDERR:
                        return body
                    self._complaints += body
                    continue
            data = await asyncio.get_running_loop().sock_recv(self._stream, 1 << 18)
            if not data:
                return b""
            self._raw += data

    async def kill(self) -> None:
        """Ends the container and all that runs inside. Harmless when repeated."""
        if self._killed:
            return
        self._killed = True
        # Hanging up alone would end it too, a little later. A descriptor that is waited on must
        # not be closed: whoever waits is woken first.
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
        try:
            await ask_engine(lambda: remove_container(self._client, self.container))
        finally:
            self._attached.close()
            self._stream.close()

    async def probe(self) -> None:
        """Raises OSError where the engine, through which all goes, does not answer."""
        try:
            await ask_engine(lambda: connect().close())
        except SandboxError as error:
            raise OSError(str(error)) from error


def connect() -> "DockerClient":
    """A client of the engine that the environment names.

    Raises:
        SandboxError: there is no engine, or it may not be used.
    """
    try:
        import docker
    except ImportError as error:
        raise SandboxError(
            "The Docker SDK for Python is not installed.", "Type: pip install docker"
        ) from error
    with _named_trouble():
        client = docker.from_env(timeout=_PING_SECONDS)
        client.ping()
        client.api.timeout = _ENGINE_SECONDS
        return client


@contextlib.contextmanager
def _named_trouble() -> Iterator[None]:
    """A context in which an engine is asked: whatever it does wrong becomes a SandboxError."""
    try:
        yield
    except SandboxError:
        raise
    except Exception as error:  # an engine may answer anything, on which the SDK fails anyhow
        raise SandboxError(*_explain(error)) from error


def _explain(error: Exception) -> tuple[str, str]:
    text = str(error)
    if "PermissionError" in text or "Permission denied" in text:
        return (
            "The Docker socket may not be opened by this user.",
            "Add yourself to the group `docker` and log in again, or use --sandbox local.",
        )
    if "FileNotFoundError" in text or "ConnectionRefused" in text or "refused" in text:
        where = os.environ.get("DOCKER_HOST", "its usual socket")
        return (
            f"No Docker engine answers on {where}.",
            "Start it (`systemctl start docker`, or Docker Desktop), or use --sandbox local.",
        )
    return f"The Docker engine does not answer: {first_line(error)}.", "See `docker info`."
