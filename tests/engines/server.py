"""A real server of vLLM, for as long as a `with` block runs."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from dreamcode.policies.engine import CPU_CACHE_GIB

READY = 300.0
"""Most seconds until it answers."""


@dataclass
class EngineServer:
    """One server of vLLM.

    Attributes:
        port: where it listens.
        process: what runs it, a group of its own.
    """

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    def kill(self) -> None:
        """Kills all of it, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def serve(model: Path, *options: str, count: int = 1) -> Iterator[EngineServer]:
    """Serves the model of a folder under its name, as vLLM's documentation starts it."""
    with serve_many(model, *options, count=1) as servers:
        yield servers[0]


@contextlib.contextmanager
def serve_many(model: Path, *options: str, count: int) -> Iterator[list[EngineServer]]:
    """The same by several servers."""
    with tempfile.TemporaryDirectory() as scratch:
        servers = [start(model, options, Path(scratch) / f"{place}.log") for place in range(count)]
        try:
            for place, server in enumerate(servers):
                wait(server, Path(scratch) / f"{place}.log")
            yield servers
        finally:
            for server in servers:
                server.kill()


def start(model: Path, options: tuple[str, ...], log: Path) -> EngineServer:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": str(CPU_CACHE_GIB),
        "TORCH_COMPILE_DISABLE": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(model), "--served-model-name", model.name, "--dtype", "float32"),
        *("--host", "127.0.0.1", "--port", str(port), "--generation-config", "vllm"),
        *("--enforce-eager", "--no-enable-chunked-prefill", "--max-num-batched-tokens", "32768"),
        *("--block-size", "32", "--enable-prompt-tokens-details", *options),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    return EngineServer(port, process)


def wait(server: EngineServer, log: Path) -> None:
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{server.port}/health").status_code == 200:
                return
        time.sleep(0.5)
    raise RuntimeError(f"vLLM did not start: {log.read_text('utf-8', 'replace')[-3000:]}")
