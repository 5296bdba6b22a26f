"""A partial program and how it came to be written."""

from collections.abc import Sequence
from dataclasses import dataclass

from dreamcode.chain import is_complete, normalise_step, parse
from dreamcode.policies.finishing import cut_continuation
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.problems import Problem
from dreamcode.prompting import Grain


@dataclass(frozen=True, slots=True)
class Draft:
    """The proposals accepted so far, in order: a chain with the policy's own evidence.

    Attributes:
        proposals: one per step.
    """

    proposals: tuple[Proposal, ...] = ()

    @property
    def source(self) -> str:
        """The program's text so far."""
        return "".join(proposal.text for proposal in self.proposals)

    @property
    def steps(self) -> tuple[str, ...]:
        """The text of each step."""
        return tuple(proposal.text for proposal in self.proposals)

    @property
    def names(self) -> tuple[str, ...]:
        """The function of each step; "" where a step has none, () if the text is cut otherwise."""
        names = tuple(step.name for step in parse(self.source).steps)
        return names if len(names) == len(self.proposals) else ()

    @property
    def head(self) -> str:
        """How the next step has been begun; "" where that is not known."""
        return self.proposals[-1].head if self.proposals else ""

    @property
    def origins(self) -> tuple[int, ...]:
        """Per step the sampled program that it was taken from; () where all are from one."""
        found = tuple(proposal.origin for proposal in self.proposals)
        return found if len(set(found)) > 1 else ()

    @property
    def ending(self) -> Ending:
        """How the last step ended; an empty draft wants its first step."""
        return self.proposals[-1].ending if self.proposals else Ending.STEP

    @property
    def mean_logprob(self) -> float | None:
        """Log-likelihood per token, in nats; None if some step's is unknown or none exists."""
        total = 0.0
        tokens = 0
        for proposal in self.proposals:
            if proposal.logprob is None:
                return None
            total += proposal.logprob
            tokens += proposal.scored_tokens
        return total / tokens if tokens else None

    def extend(self, proposal: Proposal, until: Grain = "step") -> "Draft":
        """This draft with one more step, or with the steps of an answer that may hold several."""
        added = (proposal,) if until == "step" else cut_into_steps(proposal, self.source)
        return Draft((*self.proposals, *added))


def cut_into_steps(proposal: Proposal, prefix: str = "") -> tuple[Proposal, ...]:
    """A proposal of many steps as one for each; what it took is shared out by length.

    Args:
        proposal: what to cut.
        prefix: the steps before it: alone a method does not show that it is one.
    """
    texts = cut_continuation(prefix, proposal.text)
    total = max(1, sum(map(len, texts)))
    done, proposals = 0, []
    for number, text in enumerate(texts, start=1):
        before, done = done, done + len(text)
        if number == len(texts):
            done = total
        proposals.append(
            Proposal(
                text,
                proposal.ending if number == len(texts) else Ending.STEP,
                proposal.tokens * done // total - proposal.tokens * before // total,
                None if proposal.logprob is None else proposal.logprob * (done - before) / total,
                proposal.scored_tokens * done // total - proposal.scored_tokens * before // total,
                proposal.head if number == len(texts) else "",
                proposal.origin,
            )
        )
    return tuple(proposals)


def make_draft(steps: Sequence[str], last: Ending) -> Draft:
    """The text of steps as a draft whose last one ended so; nothing is known of its tokens."""
    endings = [*[Ending.STEP] * (len(steps) - 1), last][: len(steps)]
    return Draft(tuple(Proposal(t, e, tokens=0) for t, e in zip(steps, endings, strict=True)))


def read_draft(problem: Problem, source: str) -> Draft:
    """Somebody's program as a policy would have written it, so that reward models know the form.

    It is finished if it is complete.
    """
    steps = parse(source).steps
    finished = is_complete(source, problem.function)
    texts = [
        normalise_step(step.source, last=finished and place == len(steps))
        for place, step in enumerate(steps, start=1)
    ]
    return make_draft(texts, Ending.PROGRAM if finished else Ending.STEP)
