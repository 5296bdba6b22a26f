"""What a policy is: whoever writes the next function of a program."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from dreamcode.problems import Problem
from dreamcode.prompting import Prompting


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a policy samples.

    Attributes:
        temperature: sampling temperature; 0 is greedy.
        top_p: nucleus mass in (0, 1]; 1 keeps everything.
        max_step_tokens: most tokens that one sample may take: a step, or all that is missing
            of a program, as the request wants.
    """

    temperature: float = 0.8
    top_p: float = 1.0
    max_step_tokens: int = 1024


Until = Literal["step", "program"]
"""How far a policy is to write: to the end of the next step, or of the program."""


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for what follows one prefix, `len(seeds)` times.

    Attributes:
        problem: what to solve.
        prefix: text of the finished steps; "" at the start.
        sampling: how to sample.
        seeds: one seed per sample. Engines that take one seed per request use the first.
        until: how far to write.
        prompting: how the model is asked. "plain" asks for a whole program in one answer,
            prose around it allowed; the prefix must then be "", and `until` "program".
    """

    problem: Problem
    prefix: str
    sampling: Sampling
    seeds: tuple[int, ...]
    until: Until = "step"
    prompting: Prompting = "cof"


class Ending(StrEnum):
    """Why a policy stopped writing."""

    STEP = "step"  # the next function would begin here
    PROGRAM = "program"  # the program is complete
    LENGTH = "length"  # out of tokens in the middle of a step: a dead end


@dataclass(frozen=True, slots=True)
class Proposal:
    """One sample: a step, or all steps up to the end of the program.

    Attributes:
        text: what follows the prefix; each step in it is ended as
            `dreamcode.chain.normalise_step` says.
        ending: why it stops there.
        tokens: completion tokens that were sampled for it.
        logprob: sum of the text's token log-likelihoods at temperature 1, in nats;
            None where the engine does not tell.
        scored_tokens: how many tokens `logprob` sums over.
    """

    text: str
    ending: Ending
    tokens: int
    logprob: float | None = None
    scored_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What answers of a policy cost.

    Attributes:
        calls: requests that were answered.
        prompt_tokens: prompt tokens that were read.
        completion_tokens: completion tokens that were written.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls - other.calls,
            self.prompt_tokens - other.prompt_tokens,
            self.completion_tokens - other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The proposals for a `Request`, one per seed and in their order, and their cost."""

    proposals: tuple[Proposal, ...]
    usage: Usage


class Policy(Protocol):
    """Writes the next function, or all that are missing."""

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy; part of every journal key."""
        ...

    async def write(self, request: Request) -> Answer:
        """Samples what follows `request.prefix`, as far as `request.until` says.

        Prefix and text joined are the program so far. A sample ends with LENGTH where it would
        take more than `request.sampling.max_step_tokens` tokens; one that was to be a program
        never ends with STEP.

        Raises:
            InfrastructureError: the model could not answer, retries included.
            InputError: the model cannot take this request (too long, wrong name).
        """
        ...

    async def close(self) -> None:
        """Frees what the policy holds; work under way stops soon."""
        ...


def derive_seed(run_seed: int, problem_id: str, prefix: str, sample: int) -> int:
    """A seed for one sample of one prefix, below 2**31 as some servers want it.

    The prefix names the place in the search tree, so the order in which requests happen
    to be batched cannot change which seed a request gets.
    """
    text = f"{run_seed}\x00{problem_id}\x00{prefix}\x00{sample}"
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 2**31
