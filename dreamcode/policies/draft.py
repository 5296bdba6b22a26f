"""A partial program and how it came to be written."""

from dataclasses import dataclass

from dreamcode.policies.policy import Ending, Proposal


@dataclass(frozen=True, slots=True)
class Draft:
    """The proposals accepted so far, in order: a chain with the policy's own evidence.

    Attributes:
        proposals: one a step.
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
    def ending(self) -> Ending:
        """How the last step ended; an empty draft wants its first step."""
        return self.proposals[-1].ending if self.proposals else Ending.STEP

    @property
    def mean_logprob(self) -> float | None:
        """Log-likelihood a token, in nats; None if some step's is unknown or none exists."""
        total = 0.0
        tokens = 0
        for proposal in self.proposals:
            if proposal.logprob is None:
                return None
            total += proposal.logprob
            tokens += proposal.scored_tokens
        return total / tokens if tokens else None

    def extend(self, proposal: Proposal) -> "Draft":
        """This draft with one more step."""
        return Draft((*self.proposals, proposal))
