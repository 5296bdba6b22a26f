"""What a policy is: whoever writes the next function of a program."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dreamcode.names import Prompting
from dreamcode.problems import Problem


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a policy samples.

    Attributes:
        temperature: 0 is greedy.
        top_p: nucleus mass in (0, 1]; 1 keeps everything.
        max_step_tokens: most tokens that one answer may take: one step of `Policy.propose`,
            the whole continuation of `Policy.finish`.
    """

    temperature: float = 0.8
    top_p: float = 1.0
    max_step_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A wish for the next step of one prefix, `len(seeds)` times.

    Attributes:
        problem: what to solve.
        prefix: text of the finished steps; "" at the start.
        sampling: how to sample.
        seeds: one seed a sample. Engines that take one seed a request use the first.
        prompting: how the model is asked. "plain" asks `Policy.finish` for a whole program in
            one answer, prose around it allowed; the prefix must then be "".
    """

    problem: Problem
    prefix: str
    sampling: Sampling
    seeds: tuple[int, ...]
    prompting: Prompting = "cof"


class Ending(StrEnum):
    """Why a policy stopped writing."""

    STEP = "step"  # the next function would begin here
    PROGRAM = "program"  # the program is complete
    LENGTH = "length"  # out of tokens in the middle of a step: a dead end


@dataclass(frozen=True, slots=True)
class Proposal:
    """One sampled step, or all steps up to the end of the program.

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
    """What an answer cost."""

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
class StepAnswer:
    """The proposals for a `StepRequest`, one a seed and in their order, and their cost."""

    proposals: tuple[Proposal, ...]
    usage: Usage


class Policy(Protocol):
    """Writes the next function, or all that are missing."""

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy; part of every journal key."""
        ...

    async def propose(self, request: StepRequest) -> StepAnswer:
        """Samples the next step of `request.prefix`.

        Raises:
            InfrastructureError: the model could not answer, retries included.
            InputError: the model cannot take this request (too long, wrong name).
        """
        ...

    async def finish(self, request: StepRequest) -> StepAnswer:
        """Samples the rest of the program behind `request.prefix`.

        Each proposal's text is everything that follows the prefix, so prefix and text joined
        are the program. It ends with PROGRAM, or with LENGTH where the continuation would
        take more than `request.sampling.max_step_tokens` tokens in all.

        Raises:
            InfrastructureError: the model could not answer, retries included.
            InputError: the model cannot take this request (too long, wrong name).
        """
        ...

    async def close(self) -> None:
        """Frees what the policy holds; work under way stops soon."""
        ...
