"""From the name after `--model` to a policy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from dreamcode.errors import InputError
from dreamcode.plugins import import_part, make_part, names_part
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import Policy
from dreamcode.policies.prices import PricedPolicy, find_price, price_by
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions

NAMES = (
    "embedded",
    "hf/<folder or hub id>",
    "vllm/<folder or hub id>",
    "openai/<model>",
    "recorded/<journal.jsonl>",
)
"""What can be named."""


def check_model_name(spec: str) -> None:
    """Says early, before anything is loaded, whether `spec` can name a policy.

    Raises:
        InputError: `spec` cannot name a policy.
    """
    kind, _, rest = spec.partition("/")
    if spec == "embedded" or (kind in ("hf", "vllm", "openai", "recorded") and rest):
        return
    if not names_part(spec, "policies"):
        raise InputError(
            f"unknown model {spec!r}; use {', '.join(NAMES)}, or file.py:name of your own"
        )


@asynccontextmanager
async def open_policy(
    spec: str,
    server: ServerOptions | None = None,
    on_event: Callable[[str], None] | None = None,
    pulse: Pulse | None = None,
    engine: EngineOptions | None = None,
) -> AsyncIterator[Policy]:
    """The policy that `spec` names, closed when the context ends. Loads its libraries only now.

    Args:
        spec: `embedded`, `hf/<folder or hub id>`, `vllm/<folder or hub id>`, `openai/<model>`,
            `recorded/<journal>`, `file.py:name`, `package.module:name`, or an entry point of the
            group `dreamcode.policies`.
        server: how to reach the server of `openai/`.
        on_event: told about retries and fallbacks, one line each.
        pulse: shows what the policy has under way.
        engine: how `vllm/` uses the machine.

    Raises:
        InputError: no such policy, or it cannot be loaded.
    """
    server = server or ServerOptions()
    policy = await _load_policy(spec, server, on_event, pulse, engine or EngineOptions())
    if server.prices is not None:
        policy = PricedPolicy(policy, price_by(server.prices))
    try:
        yield policy
    finally:
        await policy.close()


async def _load_policy(
    spec: str,
    server: ServerOptions,
    on_event: Callable[[str], None] | None,
    pulse: Pulse | None,
    engine: EngineOptions,
) -> Policy:
    check_model_name(spec)
    kind, _, rest = spec.partition("/")
    if kind == "openai" and rest:
        from dreamcode.policies.openai import open_openai

        opened = open_openai(rest, server, on_event=on_event, pulse=pulse)
        return PricedPolicy(opened, find_price(rest, opened.base_url))
    if kind == "recorded" and rest:
        # It reads what runs leave behind, a layer above this one.
        recorded: Policy = import_part("dreamcode.runs.recorded", "open_recorded")(rest)
        return recorded
    if spec == "embedded" or kind == "hf":
        from dreamcode.policies import hf

        if spec == "embedded":
            return hf.load_embedded(pulse)
        return hf.load_hf(rest, on_event, pulse)
    if kind == "vllm":
        from dreamcode.policies.vllm import open_vllm

        return await open_vllm(rest, engine, on_event, pulse)
    policy: Policy = make_part(spec, "policies", NAMES)
    return policy
