"""What a policy is: whoever writes the next function of a program."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from dreamcode.problems import Problem
from dreamcode.prompting import PYTHON, Grain, Prompting

T = TypeVar("T")

STEP_TOKENS = 1024
"""Most tokens of a step, where nobody says otherwise."""

BATCH = 4
"""Programs at once that take hardly longer than one, where samples are batched."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a policy samples.

    Attributes:
        temperature: sampling temperature; 0 is greedy.
        top_p: nucleus mass in (0, 1]; 1 keeps everything.
        max_step_tokens: most tokens that one sample may take: a step, or all that is missing
            of a program, as the request wants, thinking included. None: `STEP_TOKENS` for a
            step, for a program what the model itself allows.
    """

    temperature: float = 0.8
    top_p: float = 1.0
    max_step_tokens: int | None = None


class Leave(Protocol):
    """Moves a sample out of the call that room was set aside for, into another one."""

    async def __call__(self, *, alone: bool) -> None:
        """Returns when there is room.

        Args:
            alone: whether no other sample can be part of the new call; else those share it
                that leave in the same moment.

        Raises:
            Exception: there is none, and will be none.
        """
        ...


class Memory(Protocol):
    """Keeps what there is of a sample while a policy needs several answers for it."""

    def recall(self, kind: type[T]) -> T | None:
        """What was kept last of this sample, be it by an earlier session; None if nothing."""
        ...

    def keep(self, part: object) -> None:
        """Keeps what there is by now.

        Raises:
            DiskError: the disk does not take it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for what follows one prefix, once.

    Attributes:
        problem: what to solve.
        prefix: text of the finished steps; "" at the start.
        sampling: how to sample.
        seed: of this sample.
        until: how far to write.
        prompting: how the model is asked. "plain" asks for a whole program in one answer,
            prose around it allowed; the prefix must then be "", and `until` "program". "bare"
            is for models that continue text.
        step_tokens: most tokens of a step where `sampling` does not say; models that think
            before they write take more.
        room: most tokens that a limit leaves for this sample; None if there is no limit. The
            answer to a question does not depend on it, so it is no part of journal keys.
        memory: keeps what was paid for before the sample is whole; None keeps nothing.
        python: the version that the program will run on, as in "3.13"; prompts name it.
        head: how the model had begun what follows when the prefix was cut off; "" where that is
            not known.
        feedback: what is known of the failure of an earlier program that began like this one;
            policies that follow instructions show it to their model. "" if there is nothing.
        leave: for policies whose samples do not always share a call with those that are asked
            for in the same moment: awaited before such a sample is asked for; None if calls
            are not limited.
    """

    problem: Problem
    prefix: str
    sampling: Sampling
    seed: int
    until: Grain = "step"
    prompting: Prompting = "cof"
    step_tokens: int = STEP_TOKENS
    room: int | None = None
    memory: Memory | None = field(default=None, compare=False, repr=False)
    python: str = PYTHON
    head: str = ""
    feedback: str = ""
    leave: Leave | None = field(default=None, compare=False, repr=False)

    @property
    def most_tokens(self) -> int | None:
        """Most tokens of this sample; None where only the model itself sets a bound."""
        most = self.sampling.max_step_tokens
        if most is None and self.until == "step":
            most = self.step_tokens
        bounds = [most, self.room]
        return min((bound for bound in bounds if bound is not None), default=None)


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
        head: how the model had begun the next step when this one was cut off; "" where that is
            not known.
        origin: number of the sampled program that the text was written in, counted from 1 in
            order of writing, of equal ones the first; 0 where that does not matter. Searches that
            recombine programs set it, also in those that they keep as they were written. It is
            no part of an answer, so records of answers leave it out.
    """

    text: str
    ending: Ending
    tokens: int
    logprob: float | None = None
    scored_tokens: int = 0
    head: str = ""
    origin: Annotated[int, Field(exclude=True)] = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What answers of a policy cost.

    Attributes:
        calls: requests that were answered.
        prompt_tokens: that were read.
        completion_tokens: that were written, thinking included.
        cached_tokens: of those read, from a cache.
        thinking_tokens: of those written, before an answer.
        dollars: what the calls cost; None where the model's price is not known.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    thinking_tokens: int = 0
    dollars: float | None = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        known = self.dollars is not None and other.dollars is not None
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.thinking_tokens + other.thinking_tokens,
            (self.dollars or 0.0) + (other.dollars or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The sample for a `Request`, and its cost.

    Samples that shared a call share its cost: one of them says what the call and its prompt
    took, and each what was written for it.

    Attributes:
        proposal: the sample.
        usage: its part of the cost.
        alone: whether its call held no sample that was asked for in the same moment.
    """

    proposal: Proposal
    usage: Usage
    alone: bool = False


class Policy(Protocol):
    """Writes the next function, or all that are missing.

    It is asked for many samples at once, one request each, and batches for itself: what is
    asked for in one moment can share a call, and every sample is handed over when it is there.
    """

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy; part of every journal key."""
        ...

    @property
    def grain(self) -> Grain:
        """How far it writes best in one answer; "auto" if it finds out by asking its model."""
        ...

    async def write(self, request: Request) -> Answer:
        """Samples what follows `request.prefix`, as far as `request.until` says.

        Prefix and text joined are the program so far. A sample ends with LENGTH where it would
        take more than `request.sampling` allows; one that was to be a program never ends with
        STEP.

        Raises:
            InfrastructureError: the model could not give this sample, retries included.
            InputError: the model cannot take this request (too long, wrong name).
        """
        ...

    async def close(self) -> None:
        """Frees what the policy holds; work under way stops soon."""
        ...


def step_tokens_of(policy: Policy) -> int:
    """Most tokens of a policy's steps, where nobody says otherwise: more if it says so itself."""
    tokens: int = getattr(policy, "step_tokens", STEP_TOKENS)
    return tokens


def wave_of(policy: Policy) -> int:
    """Programs that are best asked for at once: one, unless the policy says otherwise.

    More cost a server little more time, but some of them may turn out not to be needed.
    """
    wave: int = getattr(policy, "wave", 1)
    return wave


def derive_seed(run_seed: int, problem_id: str, prefix: str, sample: int) -> int:
    """A seed for one sample of one prefix, below 2**31 as some servers want it.

    The prefix names the place in the search tree, so the order in which requests happen
    to be batched cannot change which seed a request gets.
    """
    text = f"{run_seed}\x00{problem_id}\x00{prefix}\x00{sample}"
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 2**31
