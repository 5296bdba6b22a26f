"""How to talk to an OpenAI-compatible server."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Endpoint = Literal["chat", "completions", "responses"]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to talk to an OpenAI-compatible server.

    Attributes:
        base_urls: its address, or those of several with the same model; none takes
            OPENAI_BASE_URL, else OpenAI's own.
        prefill: whether chat answers are begun for the model; "auto" begins them for models
            that do not think, on servers that go on with what was begun.
        endpoint: "chat" (and "responses" for models that are served nowhere else),
            "completions" continues raw text, for base models.
        timeout: seconds until a request counts as lost.
        retries: how often a request that failed is sent again.
        max_wait: longest wait that a server may ask for, in seconds.
        concurrency: most requests under way at once, per server.
        effort: how hard a model that thinks shall think; None leaves it to the server.
        extra: further fields of every request's body.
        prices: dollars per million tokens read and written, of any policy; None looks up what
            a server's model costs.
        backoff: seconds before the first retry; doubles with each.
        learnt: a file that keeps what is found out about the server, so that a run that goes on
            asks as it did before; None keeps nothing.
    """

    base_urls: tuple[str, ...] = ()
    prefill: Literal["auto", "on", "off"] = "auto"
    endpoint: Endpoint = "chat"
    timeout: float = 600.0
    retries: int = 8
    max_wait: float = 900.0
    concurrency: int = 16
    effort: str | None = None
    extra: Mapping[str, Any] | None = None
    prices: tuple[float, float] | None = None
    backoff: float = 0.5
    learnt: Path | None = None
