"""A small real policy: copies programs it was given, one step at a time."""

import asyncio
from collections.abc import Sequence

from dreamcode.chain.parse import parse
from dreamcode.policies.batching import Gatherer
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage
from dreamcode.prompting import Grain


class Copyist:
    """Sample i of a prefix follows program number (seed % count) among those with that prefix.

    Attributes:
        requests: everything it was asked, in order.
    """

    name = "copyist"
    grain: Grain = "step"

    def __init__(
        self, programs: Sequence[str], *, delay: float = 0.0, logprob: bool = True
    ) -> None:
        self._chains = [[step.source for step in parse(program).steps] for program in programs]
        self._delay = delay
        self._logprob = logprob
        self.requests: list[Request] = []
        self.calls: list[list[Request]] = []
        self._gatherer: Gatherer[Request, Answer] = Gatherer(self._serve)

    async def write(self, request: Request) -> Answer:
        answer = await self._gatherer.ask((request.problem.id, request.prefix), request)
        assert answer is not None
        return answer

    async def _serve(self, requests: list[Request]) -> list[Answer]:
        self.requests += requests
        self.calls.append([*requests])
        await asyncio.sleep(self._delay)
        proposals = [self._write(request) for request in requests]
        return [
            Answer(one, Usage(0 if place else 1, 0 if place else 10, one.tokens))
            for place, one in enumerate(proposals)
        ]

    def _write(self, request: Request) -> Proposal:
        """A step, or the steps up to the end of the program."""
        draft = Draft()
        while draft.ending is Ending.STEP and (not draft.proposals or request.until == "program"):
            taken = sum(step.tokens for step in draft.proposals)
            draft = draft.extend(self._next_step(request, request.prefix + draft.source, taken))
        words = sum(step.tokens for step in draft.proposals)
        logprob = sum(step.logprob or 0.0 for step in draft.proposals) if self._logprob else None
        return Proposal(draft.source, draft.ending, words, logprob, words if self._logprob else 0)

    async def close(self) -> None:
        pass

    def _next_step(self, request: Request, written: str, taken: int) -> Proposal:
        matching = []
        for chain in self._chains:
            for length in range(len(chain)):
                if "".join(chain[:length]) == written:
                    matching.append((chain[length], length + 1 == len(chain)))
        text, last = matching[request.seed % len(matching)]
        words = len(text.split())
        most = None if request.most_tokens is None else request.most_tokens - taken
        if most is not None and words > most:
            return Proposal(" ".join(text.split()[:most]), Ending.LENGTH, most)
        ending = Ending.PROGRAM if last else Ending.STEP
        logprob = -0.1 * words if self._logprob else None
        return Proposal(text, ending, words, logprob, words if self._logprob else 0)
