"""Runners in Docker containers, one container per runner."""

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from dreamcode_sandbox.build import LABEL, build_image, first_line
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.leftovers import OWNER, own_mark, remove_container, remove_leftovers
from dreamcode_sandbox.machine import AUTO
from dreamcode_sandbox.protocol import runner_command

if TYPE_CHECKING:
    from docker import DockerClient

_FIRST_UIDS = range(10_000, 50_000)
_FRAME = struct.Struct("!BxxxI")
_STDERR = 2
_ENGINE_SECONDS = 180  # a busy machine starts containers slowly
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
    except SandboxError as error:
        return DockerStatus(False, str(error))
    from docker.errors import DockerException

    with contextlib.closing(client):
        try:
            version = client.version()
        except (DockerException, OSError) as error:
            return DockerStatus(False, " ".join(_explain(error)))
    return DockerStatus(True, f"Docker {version['Version']} on {version.get('Os', 'unknown')}")


class DockerBackend:
    """Starts runners as containers without network, rights or anything to write on."""

    name = "docker"

    def __init__(self, client: "DockerClient", image: str) -> None:
        self._client = client
        self._image = image

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
            from docker.errors import DockerException

            try:
                image = build_image(client, python=python, on_event=tell)
                remove_leftovers(client)
            except (DockerException, OSError) as error:
                raise SandboxError(*_explain(error)) from error
            return cls(client, image)

        return await asyncio.to_thread(work)

    async def start(self) -> "ContainerConnection":
        """Starts one container and its runner.

        Raises:
            SandboxError: the engine refused.
        """
        from docker.errors import DockerException

        work = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread goes on: wait for the container, so as not to leave it behind.
            with contextlib.suppress(DockerException, SandboxError):
                await (await work).kill()
            raise
        except (DockerException, OSError) as error:
            raise SandboxError(
                f"A sandbox container could not be started: {error}", "See `docker info`."
            ) from error

    async def close(self) -> None:
        """Closes the connection to the engine."""
        await asyncio.to_thread(self._client.close)

    def _start(self) -> "ContainerConnection":
        from docker.types import LogConfig

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
        await asyncio.shield(asyncio.to_thread(remove_container, self._client, self.container))
        self._attached.close()
        self._stream.close()


def connect() -> "DockerClient":
    """A client of the engine that the environment names.

    Raises:
        SandboxError: there is no engine, or it may not be used.
    """
    try:
        import docker
        from docker.errors import DockerException
    except ImportError as error:
        raise SandboxError(
            "The Docker SDK for Python is not installed.", "Type: pip install docker"
        ) from error
    try:
        client = docker.from_env(timeout=_ENGINE_SECONDS)
        client.ping()
        return client
    except (DockerException, OSError) as error:
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
