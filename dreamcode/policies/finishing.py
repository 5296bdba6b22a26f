"""Whole continuations: their canonical text, and how to get them from single steps."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from dreamcode.chain.boundary import normalise_step
from dreamcode.chain.extract import extract_program
from dreamcode.chain.parse import heads
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Answer, Ending, Policy, Proposal, Request, Usage
from dreamcode.seeds import derive_seed

MOST_STEPS = 64
"""Who has not come to an end after so many functions goes round in circles."""


def normalise_continuation(prefix: str, text: str, *, finished: bool) -> str:
    """`text` with the canonical surroundings of its steps, as if each had been proposed alone.

    Args:
        prefix: finished steps, or "".
        text: what was written behind them.
        finished: whether the program ends with it; else its last step is left as it is.
    """
    starts = [head.start - len(prefix) for head in heads(prefix + text) if head.line >= len(prefix)]
    # What stands before the first function of the text is part of its first step.
    *steps, last = [text[start:end] for start, end in pairwise([0, *starts[1:], len(text)])]
    return "".join(
        [*map(normalise_step, steps), normalise_step(last, last=True) if finished else last]
    )


def read_answer(answer: str, function: str | None = None) -> tuple[str, bool]:
    """The program in a free answer, in canonical form, and whether there is one.

    Args:
        answer: what was written, thinking included.
        function: what tests call, as for `extract_program`.
    """
    program = extract_program(answer, function)
    found = bool(program.strip())
    return normalise_continuation("", program, finished=found), found


async def write_by_steps(policy: Policy, request: Request) -> Answer:
    """A program of a policy that can only write one function at a time.

    A sample's first step takes its own seed, each later one a seed derived from that and the
    text so far. Samples that have written the same share a request.
    """
    drafts = [Draft() for _ in request.seeds]
    usage = Usage()
    for _ in range(MOST_STEPS):
        groups: dict[tuple[str, int], list[int]] = defaultdict(list)
        for sample, draft in enumerate(drafts):
            room = request.sampling.max_step_tokens - sum(p.tokens for p in draft.proposals)
            if draft.ending is Ending.STEP and room > 0:
                groups[draft.source, room].append(sample)
        if not groups:
            break
        for (written, room), samples in groups.items():
            seeds = [request.seeds[sample] for sample in samples]
            if written:
                seeds = [derive_seed(seed, request.problem.id, written, 0) for seed in seeds]
            answer = await policy.write(
                Request(
                    request.problem,
                    request.prefix + written,
                    replace(request.sampling, max_step_tokens=room),
                    tuple(seeds),
                )
            )
            usage += answer.usage
            for sample, proposal in zip(samples, answer.proposals, strict=True):
                drafts[sample] = drafts[sample].extend(proposal)
    return Answer(tuple(map(_join, drafts)), usage)


def _join(draft: Draft) -> Proposal:
    """The steps as one proposal; a draft without an end is a dead end."""
    steps = draft.proposals
    known = all(step.logprob is not None for step in steps)
    return Proposal(
        draft.source,
        Ending.PROGRAM if draft.ending is Ending.PROGRAM else Ending.LENGTH,
        sum(step.tokens for step in steps),
        sum(step.logprob or 0.0 for step in steps) if known else None,
        sum(step.scored_tokens for step in steps) if known else 0,
    )
