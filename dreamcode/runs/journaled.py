"""Services that remember: asked again with the same inputs, they answer from the journal."""

from collections.abc import Awaitable, Callable, Sequence

from dreamcode.chain.prompts import templates_hash
from dreamcode.codec import decode, encode
from dreamcode.policies.policy import Policy, StepAnswer, StepRequest
from dreamcode.runs.journal import Journal, make_key
from dreamcode_sandbox.cases import Limits, Report, Sandbox, Test


class JournaledPolicy:
    """A policy whose every answer is journaled before anybody sees it."""

    def __init__(self, policy: Policy, journal: Journal) -> None:
        self._policy = policy
        self._journal = journal

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    async def propose(self, request: StepRequest) -> StepAnswer:
        """The journaled answer to the same request, else the policy's."""
        return await self._ask("propose", request, self._policy.propose)

    async def finish(self, request: StepRequest) -> StepAnswer:
        """The journaled answer to the same request, else the policy's."""
        return await self._ask("finish", request, self._policy.finish)

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()

    async def _ask(
        self, kind: str, request: StepRequest, ask: Callable[[StepRequest], Awaitable[StepAnswer]]
    ) -> StepAnswer:
        problem = request.problem
        asked = {
            "problem": problem.id,
            "prefix": request.prefix,
            "sampling": encode(request.sampling),
            "seeds": list(request.seeds),
            "prompting": request.prompting,
        }
        key = make_key(
            kind,
            asked
            | {
                "model": self.name,
                "prompt": [problem.statement, problem.starter_code, templates_hash()],
            },
        )
        if record := self._journal.find(key):
            return decode(StepAnswer, record["answer"])
        answer = await ask(request)
        self._journal.add(kind, key, model=self.name, request=asked, answer=encode(answer))
        return answer


class JournaledSandbox:
    """A sandbox that runs no program twice on the same tests."""

    def __init__(self, sandbox: Sandbox, journal: Journal) -> None:
        self._sandbox = sandbox
        self._journal = journal

    @property
    def name(self) -> str:
        """The name of the sandbox underneath."""
        return self._sandbox.name

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        """The journaled report of the same run, else the sandbox's."""
        key = make_key(
            "run",
            {
                "program": program,
                "tests": [encode(test) for test in tests],
                "limits": encode(limits),
                "stop": stop_at_first_failure,
            },
        )
        if record := self._journal.find(key):
            return decode(Report, record["report"])
        report = await self._sandbox.run(
            program, tests, limits, stop_at_first_failure=stop_at_first_failure
        )
        self._journal.add("run", key, sandbox=self.name, program=program, report=encode(report))
        return report
