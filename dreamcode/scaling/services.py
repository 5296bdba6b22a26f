"""Services whose work is done on the nodes of a cluster; to searches they are as any other."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Request
from dreamcode.policies.pulse import Pulse
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, StepRewards
from dreamcode.scaling.crew import Crew
from dreamcode.scaling.workers import PolicyFacts, RewardFacts, SandboxFacts
from dreamcode_sandbox.cases import Limits, Report, Test


class ScaledPolicy:
    """A policy of which every node has one.

    Args:
        crew: the workers.
        facts: what they say of themselves.
        pulse: shows what is under way.
    """

    def __init__(
        self, crew: Crew[PolicyFacts], facts: PolicyFacts, pulse: Pulse | None = None
    ) -> None:
        self._crew = crew
        self._facts = facts
        self._pulse = pulse

    @property
    def name(self) -> str:
        """That of the policy itself: a run on a cluster is the same run."""
        return self._facts.name

    @property
    def grain(self) -> Grain:
        """That of the policy itself."""
        return self._facts.grain

    @property
    def wave(self) -> int:
        """That of the policy itself."""
        return self._facts.wave

    async def write(self, request: Request) -> Answer:
        """See `Policy.write`.

        Raises:
            InfrastructureError: besides, no node is left.
        """
        # What keeps parts and sets room aside stays here: local models need neither.
        sent = replace(request, memory=None, leave=None)
        with self._pulse.follow(1) if self._pulse else nullcontext():
            answer: Answer = await self._crew.ask(request.problem.id, "write", sent)
        return answer

    async def close(self) -> None:
        """Ends the workers."""
        await self._crew.close()


class ScaledReward:
    """A reward model of which every node has one."""

    def __init__(self, crew: Crew[RewardFacts], facts: RewardFacts) -> None:
        self._crew = crew
        self._facts = facts

    @property
    def name(self) -> str:
        """That of the reward model itself."""
        return self._facts.name

    @property
    def fingerprint(self) -> str:
        """That of the reward model itself."""
        return self._facts.fingerprint

    @property
    def aggregation(self) -> Aggregation:
        """That of the reward model itself."""
        return self._facts.aggregation

    @property
    def judges(self) -> Judged:
        """What the reward model itself judges."""
        return self._facts.judges

    @property
    def calibrated(self) -> bool:
        """Whether the reward model itself is."""
        return self._facts.calibrated

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """See `RewardModel.score`.

        Raises:
            InfrastructureError: besides, no node is left.
        """
        rewards: list[StepRewards] = await self._crew.ask(problem.id, "score", problem, drafts)
        return rewards

    async def close(self) -> None:
        """Ends the workers."""
        await self._crew.close()


class ScaledSandbox:
    """A sandbox on every node."""

    weaknesses: Sequence[str] = ()

    def __init__(self, crew: Crew[SandboxFacts], facts: SandboxFacts) -> None:
        self._crew = crew
        self._facts = facts

    @property
    def name(self) -> str:
        """What isolates the programs."""
        return self._facts.name

    @property
    def python(self) -> str:
        """The version of Python that programs run on."""
        return self._facts.python

    @property
    def facts(self) -> dict[str, Any]:
        """What a sandbox says of itself."""
        return self._facts.facts

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        """See `Sandbox.run`.

        Raises:
            InfrastructureError: besides, no node is left.
        """
        report: Report = await self._crew.ask(
            program, "run", program, tests, limits, stop_at_first_failure
        )
        return report

    async def close(self) -> None:
        """Ends the sandboxes and their workers."""
        await self._crew.close("close")
