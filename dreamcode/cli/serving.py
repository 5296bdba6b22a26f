"""What `dreamcode serve` does: services, application and server, until Ctrl-C."""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import uvicorn

from dreamcode.cli.assembly import check_settings, make_attempt, open_services
from dreamcode.cli.live import View
from dreamcode.cli.settings import Settings
from dreamcode.errors import InputError
from dreamcode.serving.app import make_app
from dreamcode.serving.workshop import Workshop

PATIENCE = 1
"""Seconds that answers under way get after Ctrl-C."""


def serve_searches(settings: Settings, host: str, port: int, api_key: str | None) -> None:
    """Serves until Ctrl-C.

    Raises:
        InputError: settings or address cannot be used, or the address is open to others and
            there is no key.
        InfrastructureError: the disk failed.
        SandboxError: there is no such sandbox here.
    """
    check_settings(settings)
    if api_key is not None and not api_key.strip():
        raise InputError("--api-key is empty; give clients a key, or leave it out")
    if api_key is None and not is_own(host):
        raise InputError(
            f"--host {host} lets others in, and there is no key; set --api-key or "
            "DREAMCODE_API_KEY, or listen on 127.0.0.1"
        )
    with listen(host, port) as listening, suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, listening, api_key))


def is_own(host: str) -> bool:
    """Whether only this machine can call an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        InputError: the address cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --port or --host"
        ) from error


async def _serve(settings: Settings, listening: socket.socket, api_key: str | None) -> None:
    view = View()
    with TemporaryDirectory(prefix="dreamcode-") as folder:
        async with open_services(settings, Path(folder), view.say, view.pulse) as services:
            workshop = Workshop(services, make_attempt(settings), settings.concurrency)
            host, port, *_ = listening.getsockname()
            shown = f"[{host}]" if ":" in host else host
            view.say(f"serving http://{shown}:{port}/v1 (model dreamcode); Ctrl-C ends it")
            await Server(workshop, api_key).serve(sockets=[listening])


class Server(uvicorn.Server):
    """Serves a workshop; ends its searches with itself, so that their clients hear of it.

    Args:
        workshop: who answers.
        api_key: what clients must name; see `make_app`.
    """

    def __init__(self, workshop: Workshop, api_key: str | None) -> None:
        app = make_app(workshop, api_key)
        super().__init__(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=PATIENCE)
        )
        self._workshop, self._loop = workshop, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by a signal."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._workshop.close)
