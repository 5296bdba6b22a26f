"""Search trees made to order: a policy that offers every option, a reward that knows which is good.

A step is named by its level and option; a chain by its options: `chain(2, 0)` is the program
that takes option 2 first and option 0 then.
"""

from collections.abc import Mapping, Sequence

from dreamcode.policies.batching import Gatherer
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage
from dreamcode.problems import Problem
from dreamcode.prompting import Grain
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.reward import StepRewards

Options = tuple[int, ...]


def step(level: int, option: int) -> str:
    return f"def f{level}():\n    return {option}\n\n\n"


def chain(*options: int) -> str:
    return "".join(step(level, option) for level, option in enumerate(options))


class Spread:
    """Sample j of a moment takes option j, modulo the number of options; it reads no seeds.

    Attributes:
        requests: what it was asked together, in order.
    """

    name = "spread"
    grain: Grain = "step"

    def __init__(
        self,
        options: int,
        depth: int,
        *,
        ends: Sequence[Options] = (),
        logprobs: Mapping[int, float] | None = None,
    ) -> None:
        """`options` a level; chains of `depth` steps, and those in `ends`, are programs.

        An option's token has the log-likelihood that `logprobs` gives, else none.
        """
        self._options = options
        self._depth = depth
        self._ends = {chain(*end) for end in ends}
        self._logprobs = logprobs or {}
        self.requests: list[list[Request]] = []

        self._gatherer: Gatherer[Request, Answer] = Gatherer(self._serve)

    async def write(self, request: Request) -> Answer:
        answer = await self._gatherer.ask(request.prefix, request)
        assert answer is not None
        return answer

    async def _serve(self, requests: list[Request]) -> list[Answer]:
        self.requests.append([*requests])
        return [self._write(request, sample) for sample, request in enumerate(requests)]

    def _write(self, request: Request, sample: int) -> Answer:
        option = sample % self._options
        level = request.prefix.count("def ")
        text = step(level, option)
        ends = level + 1 == self._depth or request.prefix + text in self._ends
        ending = Ending.PROGRAM if ends else Ending.STEP
        proposal = Proposal(text, ending, 1, self._logprobs.get(option), 1)
        return Answer(proposal, Usage(0 if sample else 1, 1, 1))

    async def close(self) -> None:
        pass


class Table:
    """Rewards by table: what is not in it gets `other`.

    Attributes:
        scored: the source of every draft it was asked to score, in order.
    """

    name = "table"
    fingerprint = ""

    def __init__(
        self,
        rewards: Mapping[Options, float | None],
        *,
        other: float | None = 0.1,
        aggregation: Aggregation = "last",
        judges: str = "prefixes",
    ) -> None:
        self._rewards = {chain(*options): reward for options, reward in rewards.items()}
        self._other = other
        self.aggregation: Aggregation = aggregation
        self.judges = judges
        self.scored: list[str] = []

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        self.scored += [draft.source for draft in drafts]
        return [
            tuple(
                self._rewards.get("".join(draft.steps[:length]), self._other)
                for length in range(1, len(draft.steps) + 1)
            )
            for draft in drafts
        ]

    async def close(self) -> None:
        pass


class Prunes:
    """Remembers what a search drops and why."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, draft: Draft, reason: str) -> None:
        self.told.append((draft.source, reason))
