"""Stands between us and a Docker engine, and does to the talk what engines in trouble do."""

import contextlib
import os
import socket
import threading
from pathlib import Path


class Proxy:
    """An engine's socket that can fall silent, hang up, or send nonsense.

    Attributes:
        address: what DOCKER_HOST has to be.
        mood: "well"; "silent" (nothing is passed on any more, connections stay); "dead" (what is
            open is cut, what is new is refused); "mad" (the engine's bytes become random ones).
    """

    def __init__(self, folder: Path, mood: str = "well") -> None:
        self._path = folder / "engine.sock"
        self.address = f"unix://{self._path}"
        self.mood = mood
        self._open: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def turn(self, mood: str) -> None:
        """Changes the mood; "dead" cuts what is open."""
        self.mood = mood
        if mood == "dead":
            self.close()

    def close(self) -> None:
        for one in [self._server, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._server.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")[7:])
                self._open += [ours, engine]
                for ends in ((ours, engine, False), (engine, ours, True)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                while self.mood == "silent":
                    threading.Event().wait(0.05)
                mad = answers and self.mood == "mad"
                target.sendall(os.urandom(len(data)) if mad else data)
            target.shutdown(socket.SHUT_WR)
