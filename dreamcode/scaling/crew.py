"""Workers of one kind, one per node: the least busy is asked, the work of a lost one moves on."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from zlib import crc32

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from dreamcode.errors import InfrastructureError

Facts = TypeVar("Facts")

LOOK_SECONDS = 10.0
"""How often it is looked for nodes that have joined."""

SLACK = 16
"""How much busier than the least busy one a worker may be that knows a problem already."""

OPEN_SECONDS = 1_800.0
"""Longest wait for a worker to open: a model may have to be fetched first."""

TRIES = 5
"""How many workers may be lost over one piece of work: it may be what kills them."""


@dataclass(slots=True, eq=False)
class Worker(Generic[Facts]):
    """One of them.

    Attributes:
        node: id of its node.
        address: of the node, for people.
        actor: Ray's handle.
        facts: what it says of itself.
        busy: calls that it has under way.
    """

    node: str
    address: str
    actor: Any
    facts: Facts
    busy: int = 0


class Crew(Generic[Facts]):
    """The workers of one kind.

    Args:
        kind: what they are called, for people.
        make: the class, arguments and resources of a worker, given what Ray knows of its node.
        say: told who comes and goes.
    """

    def __init__(
        self,
        kind: str,
        make: Callable[[dict[str, Any]], tuple[type, tuple[Any, ...], dict[str, float]]],
        say: Callable[[str], None],
    ) -> None:
        self._kind = kind
        self._make = make
        self._say = say
        self._workers: list[Worker[Facts]] = []
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    async def open(self) -> Facts:
        """Opens a worker on every node; what the first says of itself.

        Raises:
            InputError, InfrastructureError, SandboxError: as the service itself, or no node
                could open one.
        """
        await self._look(first=True)
        if not self._workers:
            raise InfrastructureError(f"no node of the cluster could open a {self._kind}")
        return self._workers[0].facts

    async def ask(self, affinity: str, method: str, *arguments: Any) -> Any:
        """What a worker answers; what a lost one had under way is asked of another.

        Args:
            affinity: work of the same one goes to the same worker, unless that is too busy.
            method: of the worker.
            arguments: for the method.

        Raises:
            InfrastructureError: all are lost, or too many were over this work.
            Exception: what the service raised.
        """
        for _ in range(TRIES):
            await self._look()
            worker = self._choose(affinity)
            worker.busy += 1
            try:
                return await getattr(worker.actor, method).remote(*arguments)
            except RayTaskError as error:
                raise _cause(error) from None
            except RayError as error:
                self._lose(worker, error)
            finally:
                worker.busy -= 1
        raise InfrastructureError(
            f"{TRIES} nodes were lost over the same piece of work of a {self._kind}; give them "
            "more memory, or look at their logs (docs/scaling.md). --resume goes on"
        )

    async def close(self, method: str | None = None) -> None:
        """Ends all workers, after calling this method of each."""
        workers, self._workers = self._workers, []
        if method is not None:
            ends = [getattr(worker.actor, method).remote() for worker in workers]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await asyncio.gather(*ends, return_exceptions=True)
        for worker in workers:
            ray.kill(worker.actor)

    def _choose(self, affinity: str) -> Worker[Facts]:
        if not self._workers:
            raise InfrastructureError(
                f"the cluster has lost every {self._kind}; bring nodes back. --resume goes on"
            )
        least = min(self._workers, key=lambda worker: worker.busy)
        home = max(self._workers, key=lambda worker: crc32(f"{affinity}\x00{worker.node}".encode()))
        return home if home.busy <= least.busy + SLACK else least

    def _lose(self, worker: Worker[Facts], error: RayError) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            self._looked = float("-inf")  # its node may have lost the process alone
            what = "node is lost" if isinstance(error, RayActorError) else type(error).__name__
            self._say(f"{worker.address}: its {self._kind} is gone ({what}); others go on")

    async def _look(self, *, first: bool = False) -> None:
        """Opens workers on nodes that have none, now and then."""
        if time.monotonic() < self._looked + LOOK_SECONDS:
            return
        if self._looking.locked() and self._workers:
            return  # somebody does
        async with self._looking:
            if time.monotonic() < self._looked + LOOK_SECONDS:
                return
            known = {worker.node for worker in self._workers}
            nodes = [
                node
                for node in await asyncio.to_thread(ray.nodes)
                if node["Alive"] and node["NodeID"] not in known
            ]
            opened = await asyncio.gather(*map(self._open, nodes), return_exceptions=True)
            self._looked = time.monotonic()
            for node, one in zip(nodes, opened, strict=True):
                if isinstance(one, Worker):
                    self._workers.append(one)
                    self._say(f"{one.address}: a {self._kind} is open")
                elif isinstance(one, RayError | TimeoutError):
                    self._say(f"{_address(node)}: no {self._kind} could be opened: {one}")
                elif first or not isinstance(one, Exception):
                    raise one

    async def _open(self, node: dict[str, Any]) -> Worker[Facts]:
        made, arguments, resources = self._make(node)
        there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        # Calls wait for each other in the service, not in Ray.
        options = {**resources, "scheduling_strategy": there, "max_concurrency": 10_000}
        actor = ray.remote(made).options(**options).remote(*arguments)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                facts = await actor.open.remote()
        except RayTaskError as error:
            raise _cause(error) from None
        return Worker(node["NodeID"], _address(node), actor, facts)


def _address(node: dict[str, Any]) -> str:
    return f"node {node['NodeManagerAddress']}:{node['NodeManagerPort']}"


def _cause(error: RayTaskError) -> Exception:
    """What the service raised."""
    cause = error.cause
    return cause if isinstance(cause, Exception) else InfrastructureError(str(error))
