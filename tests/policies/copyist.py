"""A small real policy: copies programs it was given, one step at a time."""

import asyncio
from collections.abc import Sequence

from dreamcode.chain.parse import parse
from dreamcode.policies.finishing import write_by_steps
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage


class Copyist:
    """Sample i of a prefix follows program number (seed % count) among those with that prefix.

    Attributes:
        requests: everything it was asked, in order.
    """

    name = "copyist"

    def __init__(
        self, programs: Sequence[str], *, delay: float = 0.0, logprob: bool = True
    ) -> None:
        self._chains = [[step.source for step in parse(program).steps] for program in programs]
        self._delay = delay
        self._logprob = logprob
        self.requests: list[Request] = []

    async def write(self, request: Request) -> Answer:
        if request.until == "program":
            return await write_by_steps(self, request)
        self.requests.append(request)
        await asyncio.sleep(self._delay)
        proposals = tuple(self._next_step(request, seed) for seed in request.seeds)
        tokens = sum(proposal.tokens for proposal in proposals)
        return Answer(proposals, Usage(1, 10, tokens))

    async def close(self) -> None:
        pass

    def _next_step(self, request: Request, seed: int) -> Proposal:
        matching = []
        for chain in self._chains:
            for length in range(len(chain)):
                if "".join(chain[:length]) == request.prefix:
                    matching.append((chain[length], length + 1 == len(chain)))
        text, last = matching[seed % len(matching)]
        words = len(text.split())
        if words > request.sampling.max_step_tokens:
            cut = " ".join(text.split()[: request.sampling.max_step_tokens])
            return Proposal(cut, Ending.LENGTH, request.sampling.max_step_tokens)
        ending = Ending.PROGRAM if last else Ending.STEP
        logprob = -0.1 * words if self._logprob else None
        return Proposal(text, ending, words, logprob, words if self._logprob else 0)
