"""Services that remember: asked the same again, they answer from the journal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dreamcode.chain.prompts import templates_hash
from dreamcode.codec import encode
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Ending, Policy, Request, step_tokens_of, wave_of
from dreamcode.problems import Problem
from dreamcode.prompting import PYTHON, Grain
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import Judged, RewardModel, StepRewards, is_calibrated
from dreamcode.runs.journal import Journal
from dreamcode.search.search import OnPrune
from dreamcode_sandbox.cases import Limits, Report, Sandbox, Test

T = TypeVar("T")


class RememberedPolicy:
    """A policy whose every answer is on record before anybody sees it."""

    def __init__(self, policy: Policy, journal: Journal) -> None:
        self._policy = policy
        self._journal = journal

    @property
    def name(self) -> str:
        """The name of the policy underneath."""
        return self._policy.name

    @property
    def grain(self) -> Grain:
        """That of the policy underneath."""
        return self._policy.grain

    @property
    def step_tokens(self) -> int:
        """Those of the policy underneath."""
        return step_tokens_of(self._policy)

    @property
    def wave(self) -> int:
        """That of the policy underneath."""
        return wave_of(self._policy)

    async def write(self, request: Request) -> Answer:
        """The answer on record to the same request, else the policy's."""
        asked = {
            "model": self.name,
            "problem": request.problem.id,
            "prefix": request.prefix,
            "until": request.until,
            "sampling": encode(request.sampling),
            "seed": request.seed,
            "prompting": request.prompting,
        }
        if request.head:
            asked["head"] = request.head
        if request.feedback:
            asked["feedback"] = request.feedback
        inputs = asked | {"prompt": _describe_prompt(request.problem, request.python)}
        request = replace(request, memory=_Parts(self._journal, inputs, asked))
        return await self._journal.remember(
            "write", inputs, lambda: self._policy.write(request), Answer, asked
        )

    async def close(self) -> None:
        """Closes the policy underneath."""
        await self._policy.close()


@dataclass(slots=True)
class _Parts:
    """The memory of one sample, one record for each part."""

    journal: Journal
    inputs: dict[str, Any]
    asked: dict[str, Any]
    number: int = 0

    def recall(self, kind: type[T]) -> T | None:
        """What was kept last; what follows is kept behind it."""
        last = None
        while (part := self.journal.recall("part", self._numbered, kind)) is not None:
            last, self.number = part, self.number + 1
        return last

    def keep(self, part: object) -> None:
        """Puts a part on record."""
        self.journal.keep("part", self._numbered, encode(part), self.asked)
        self.number += 1

    @property
    def _numbered(self) -> dict[str, Any]:
        return self.inputs | {"number": self.number}


class RememberedReward:
    """A reward model whose every answer is on record, one per draft, before it is used."""

    def __init__(self, reward: RewardModel, journal: Journal) -> None:
        self._reward = reward
        self._journal = journal

    @property
    def name(self) -> str:
        """The name of the reward model underneath."""
        return self._reward.name

    @property
    def fingerprint(self) -> str:
        """That of the reward model underneath."""
        return self._reward.fingerprint

    @property
    def aggregation(self) -> Aggregation:
        """That of the reward model underneath."""
        return self._reward.aggregation

    @property
    def judges(self) -> Judged:
        """What the reward model underneath judges."""
        return self._reward.judges

    @property
    def calibrated(self) -> bool:
        """Whether the rewards of the model underneath are chances."""
        return is_calibrated(self._reward)

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """The rewards on record of the same drafts; the reward model's for the others, at once."""

        async def score(places: Sequence[int]) -> list[StepRewards]:
            return await self._reward.score(problem, [drafts[place] for place in places])

        shared = {
            "model": [self.name, self.fingerprint],
            "problem": problem.id,
            "prompt": _describe_prompt(problem),
        }
        inputs = [shared | {"draft": _describe_draft(draft)} for draft in drafts]
        told = {"model": self.name, "aggregation": self.aggregation}
        asked = [told | {"steps": list(draft.steps)} | _tell_origins(draft) for draft in drafts]
        return await self._journal.remember_all("score", inputs, score, StepRewards, asked)

    async def close(self) -> None:
        """Closes the reward model underneath."""
        await self._reward.close()


class RememberedSandbox:
    """A sandbox that runs no program twice on the same tests.

    Args:
        sandbox: where programs run.
        journal: what they did before.
        kind: the kind of its records: "run" for public tests, "observe" for inputs of our own.
    """

    def __init__(self, sandbox: Sandbox, journal: Journal, kind: str = "run") -> None:
        self._sandbox = sandbox
        self._journal = journal
        self._kind = kind

    @property
    def name(self) -> str:
        """The name of the sandbox underneath."""
        return self._sandbox.name

    @property
    def python(self) -> str:
        """That of the sandbox underneath."""
        return self._sandbox.python

    async def run(
        self,
        program: str,
        tests: Sequence[Test],
        limits: Limits = Limits(),
        *,
        stop_at_first_failure: bool = False,
    ) -> Report:
        """The report on record of the same run, else the sandbox's."""

        async def run() -> Report:
            return await self._sandbox.run(
                program, tests, limits, stop_at_first_failure=stop_at_first_failure
            )

        inputs = {
            "program": program,
            "tests": [encode(test) for test in tests],
            "limits": encode(limits),
            "stop": stop_at_first_failure,
        }
        asked = {"sandbox": self.name, "program": program}
        return await self._journal.remember(self._kind, inputs, run, Report, asked)


def note_prunes(problem: Problem, journal: Journal) -> OnPrune:
    """Puts on record what a search of `problem` drops, one record per draft.

    Samples with the same text that are dropped for the same reason are numbered, so that a
    resumed run, which drops them once more, finds each record and writes none twice.
    """
    told: Counter[tuple[tuple[str, ...], str]] = Counter()

    def on_prune(draft: Draft, reason: str) -> None:
        number = told[draft.steps, str(reason)]
        told[draft.steps, str(reason)] += 1
        journal.note(
            "prune",
            {
                "problem": problem.id,
                "steps": list(draft.steps),
                "reason": str(reason),
                "number": number,
            },
        )

    return on_prune


def _describe_prompt(problem: Problem, python: str = PYTHON) -> list[str]:
    """What a prompt is made of: an edited template makes old answers miss, on purpose."""
    return [problem.statement, problem.starter_code, templates_hash(python)]


def _tell_origins(draft: Draft) -> dict[str, Any]:
    """Which samples the steps of a finished program came from: no other record tells."""
    origins = [proposal.origin for proposal in draft.proposals]
    known = draft.ending is Ending.PROGRAM and any(origins)
    return {"origins": origins} if known else {}


def _describe_draft(draft: Draft) -> dict[str, Any]:
    """All that a reward model may go by: the steps, whether they are all, how likely they were."""
    return {
        "steps": list(draft.steps),
        "finished": draft.ending is Ending.PROGRAM,
        "logprobs": [[one.logprob, one.scored_tokens] for one in draft.proposals],
    }
