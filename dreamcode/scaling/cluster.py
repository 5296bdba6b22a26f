"""A Ray cluster, and what can be opened on its nodes."""

import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from dreamcode.errors import InfrastructureError
from dreamcode.extras import require
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import Policy
from dreamcode.policies.policy_names import check_model_name, open_policy
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import RewardModel
from dreamcode.rewards.reward_names import open_reward
from dreamcode_sandbox.opening import Kind

REACH_SECONDS = 10.0
"""Longest wait for the head of a cluster."""


class Cluster:
    """The nodes of a cluster that this process is connected to.

    What runs behind a URL (`openai/`, `served/`, `judge/`) is asked from here, and so is what
    costs nothing; models that compute are opened on every node.

    Args:
        say: told who comes and goes.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    @asynccontextmanager
    async def open_policy(
        self,
        spec: str,
        server: ServerOptions,
        engine: EngineOptions,
        pulse: Pulse | None = None,
    ) -> AsyncIterator[Policy]:
        """As `dreamcode.policies.policy_names.open_policy`, on every node."""
        check_model_name(spec)
        if not _computes(spec):
            async with open_policy(spec, server, self._say, pulse) as policy:
                yield policy
            return
        from dreamcode.scaling.crew import Crew
        from dreamcode.scaling.services import ScaledPolicy
        from dreamcode.scaling.workers import PolicyFacts, PolicyWorker

        crew: Crew[PolicyFacts] = Crew(
            "policy",
            lambda node: (PolicyWorker, (spec, server, engine), _needs(node, engine.gpus)),
            self._say,
        )
        try:
            yield ScaledPolicy(crew, await crew.open(), pulse)
        finally:
            await crew.close()

    @asynccontextmanager
    async def open_reward(
        self,
        spec: str,
        aggregation: Aggregation | None,
        server: ServerOptions,
        engine: EngineOptions,
    ) -> AsyncIterator[RewardModel]:
        """As `dreamcode.rewards.reward_names.open_reward`, on every node."""
        if not _computes(spec):
            async with open_reward(spec, aggregation, self._say, server, engine) as reward:
                yield reward
            return
        from dreamcode.scaling.crew import Crew
        from dreamcode.scaling.services import ScaledReward
        from dreamcode.scaling.workers import RewardFacts, RewardWorker

        crew: Crew[RewardFacts] = Crew(
            "reward model",
            lambda node: (
                RewardWorker,
                (spec, aggregation, server, engine),
                _needs(node, engine.gpus),
            ),
            self._say,
        )
        try:
            yield ScaledReward(crew, await crew.open())
        finally:
            await crew.close()

    @asynccontextmanager
    async def open_sandbox(
        self, kind: Kind, workers: int | None, python: str
    ) -> "AsyncIterator[Any]":
        """As `dreamcode_sandbox.open_sandbox`, on every node, with a runner per processor."""
        from dreamcode.scaling.crew import Crew
        from dreamcode.scaling.services import ScaledSandbox
        from dreamcode.scaling.workers import SandboxFacts, SandboxWorker

        def make(node: dict[str, Any]) -> tuple[type, tuple[Any, ...], dict[str, float]]:
            places = workers or max(1, int(node["Resources"].get("CPU", 1)))
            return SandboxWorker, (kind, places, python), {"num_cpus": 0}

        crew: Crew[SandboxFacts] = Crew("sandbox", make, self._say)
        try:
            yield ScaledSandbox(crew, await crew.open())
        finally:
            await crew.close("close")


@contextmanager
def connect(address: str, say: Callable[[str], None]) -> Iterator[Cluster]:
    """A connection to a cluster, for as long as the context lasts.

    Args:
        address: of its head, "auto" for the one that this machine is part of, "local" for one
            of this machine alone, which ends with the context.
        say: told who comes and goes.

    Raises:
        InputError: Ray is not installed.
        InfrastructureError: there is no cluster.
    """
    require("ray", what="--ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    own = {"include_dashboard": False} if address == "local" else {}
    try:
        _reach(address)
        ray.init(address=address, log_to_driver=False, logging_level="error", **own)
    except (OSError, RuntimeError, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise InfrastructureError(
            f"no Ray cluster at {address!r}: {first_line}. Start one with ray start --head, or "
            "use --ray local"
        ) from error
    try:
        say(f"Ray cluster {address}: {sum(node['Alive'] for node in ray.nodes())} nodes")
        yield Cluster(say)
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Finds out at once whether somebody is there: Ray itself would try for minutes.

    Raises:
        OSError: nobody is.
    """
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "://" not in address:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()


def _computes(spec: str) -> bool:
    """Whether it is a model that runs where it is opened."""
    return spec == "embedded" or spec.startswith(("hf/", "vllm/"))


def _needs(node: dict[str, Any], gpus: int) -> dict[str, float]:
    """What of its node a model takes: processors are shared, GPUs where there are any are not."""
    return {"num_cpus": 0, "num_gpus": gpus if node["Resources"].get("GPU") else 0}
