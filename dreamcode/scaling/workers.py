"""What lives on a node: services of dreamcode, opened there and asked from afar."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from dreamcode.policies.draft import Draft
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import Answer, Policy, Request, wave_of
from dreamcode.policies.policy_names import open_policy
from dreamcode.policies.server_options import ServerOptions
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, RewardModel, StepRewards, is_calibrated
from dreamcode.rewards.reward_names import open_reward
from dreamcode_sandbox import Limits, Report, Sandbox, Test, open_sandbox


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What a policy says of itself."""

    name: str
    grain: Grain
    wave: int


@dataclass(frozen=True, slots=True)
class RewardFacts:
    """What a reward model says of itself."""

    name: str
    fingerprint: str
    aggregation: Aggregation
    judges: Judged
    calibrated: bool


@dataclass(frozen=True, slots=True)
class SandboxFacts:
    """What a sandbox says of itself."""

    name: str
    python: str
    facts: dict[str, Any]


class PolicyWorker:
    """A policy on a node."""

    _policy: Policy

    def __init__(self, spec: str, server: ServerOptions, engine: EngineOptions) -> None:
        self._stack = AsyncExitStack()
        self._how = spec, server, engine

    async def open(self) -> PolicyFacts:
        """Loads it."""
        spec, server, engine = self._how
        opened = open_policy(spec, server, engine=engine)
        self._policy = await self._stack.enter_async_context(opened)
        return PolicyFacts(self._policy.name, self._policy.grain, wave_of(self._policy))

    async def write(self, request: Request) -> Answer:
        """See `Policy.write`."""
        return await self._policy.write(request)


class RewardWorker:
    """A reward model on a node."""

    _reward: RewardModel

    def __init__(
        self,
        spec: str,
        aggregation: Aggregation | None,
        server: ServerOptions,
        engine: EngineOptions,
    ) -> None:
        self._stack = AsyncExitStack()
        self._how = spec, aggregation, server, engine

    async def open(self) -> RewardFacts:
        """Loads it."""
        spec, aggregation, server, engine = self._how
        opened = open_reward(spec, aggregation, None, server, engine)
        reward = self._reward = await self._stack.enter_async_context(opened)
        return RewardFacts(
            reward.name,
            reward.fingerprint,
            reward.aggregation,
            reward.judges,
            is_calibrated(reward),
        )

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """See `RewardModel.score`."""
        return await self._reward.score(problem, drafts)


class SandboxWorker:
    """A sandbox on a node."""

    _sandbox: Sandbox

    def __init__(self, kind: Any, workers: int, python: str) -> None:
        self._stack = AsyncExitStack()
        self._how = kind, workers, python

    async def open(self) -> SandboxFacts:
        """Starts it."""
        kind, workers, python = self._how
        opened = open_sandbox(kind, workers, None, python)
        pool = await self._stack.enter_async_context(opened)
        self._sandbox = pool
        return SandboxFacts(pool.name, pool.python, pool.facts)

    async def run(
        self, program: str, tests: Sequence[Test], limits: Limits, stop_at_first_failure: bool
    ) -> Report:
        """See `Sandbox.run`."""
        return await self._sandbox.run(
            program, tests, limits, stop_at_first_failure=stop_at_first_failure
        )

    async def close(self) -> None:
        """Ends what it started, which a node that dies would leave behind."""
        await self._stack.aclose()
