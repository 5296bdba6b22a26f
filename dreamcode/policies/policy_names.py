"""From the name after `--model` to a policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dreamcode.errors import InputError
from dreamcode.policies.policy import Policy


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to talk to an OpenAI-compatible server.

    Attributes:
        base_url: its address; None takes OPENAI_BASE_URL, else OpenAI's own.
        prefill: whether the answer may be begun for the model; "auto" tries.
        endpoint: "chat", or "completions" for base models.
        timeout: seconds until a request counts as lost.
        concurrency: most requests under way at once.
    """

    base_url: str | None = None
    prefill: Literal["auto", "on", "off"] = "auto"
    endpoint: Literal["chat", "completions"] = "chat"
    timeout: float = 120.0
    concurrency: int = 16


def check_model_name(spec: str) -> None:
    """Says early, before anything is loaded, whether `spec` can name a policy.

    Raises:
        InputError: it cannot.
    """
    kind, _, rest = spec.partition("/")
    if spec != "embedded" and (kind not in ("hf", "openai", "recorded") or not rest):
        raise InputError(
            f"unknown model {spec!r}; use embedded, hf/<folder or hub id>, openai/<model> or "
            "recorded/<journal.jsonl>"
        )


def open_policy(
    spec: str,
    server: ServerOptions | None = None,
    on_event: Callable[[str], None] | None = None,
) -> Policy:
    """The policy that `spec` names. Loads its libraries only now.

    Args:
        spec: `embedded`, `hf/<folder or hub id>`, `openai/<model>`, `recorded/<journal>`.
        server: used by `openai/`.
        on_event: told about retries and fallbacks, one line each.

    Raises:
        InputError: no such policy, or it cannot be loaded.
    """
    check_model_name(spec)
    kind, _, rest = spec.partition("/")
    if kind == "openai":
        from dreamcode.policies.openai import open_openai

        server = server or ServerOptions()
        return open_openai(
            rest,
            base_url=server.base_url,
            prefill=server.prefill,
            endpoint=server.endpoint,
            timeout=server.timeout,
            concurrency=server.concurrency,
            on_event=on_event,
        )
    if kind == "recorded":
        from dreamcode.runs.recorded import open_recorded

        return open_recorded(rest)
    from dreamcode.policies import hf

    return hf.load_embedded() if spec == "embedded" else hf.load_hf(rest)
