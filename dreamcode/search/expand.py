"""The step that all searches share: drafts in, drafts that are one step longer out."""

from collections.abc import Mapping, Sequence
from itertools import islice

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, Request, derive_seed
from dreamcode.problems import Problem
from dreamcode.search.search import OnPrune, Pruning, SearchOptions, write_all

NOTHING: Mapping[int, str] = {}


async def expand(
    problem: Problem,
    policy: Policy,
    wishes: Sequence[tuple[Draft, Sequence[int]]],
    options: SearchOptions,
    on_prune: OnPrune,
    feedback: Mapping[int, str] = NOTHING,
) -> list[list[Draft]]:
    """Grows drafts by a step, or by as many as the policy writes in one answer.

    Args:
        problem: what to solve.
        policy: who writes.
        wishes: a draft, and the numbers of the samples wanted of it. A number decides the
            sample's seed, so wishes for the same text need different numbers to differ.
        options: sampling, grain and seed.
        on_prune: told of drafts of which no sample was to be had, and of those cut off.
        feedback: what the policy is told of an earlier failure, by the sample's number.

    Returns:
        One list per wish: its draft's children, in the order of their numbers, without those
        that were not to be had or were cut off.
    """
    until = policy.grain if options.grain == "auto" else options.grain
    parents = [draft for draft, samples in wishes for _ in samples]
    numbers = [sample for _, samples in wishes for sample in samples]
    requests = [
        Request(
            problem,
            draft.source,
            options.sampling,
            derive_seed(options.seed, problem.id, draft.source, number),
            until,
            options.prompting,
            python=options.python,
            head=draft.head,
            feedback=feedback.get(number, ""),
        )
        for draft, number in zip(parents, numbers, strict=True)
    ]
    answers = iter(await write_all(policy, requests))
    grown: list[list[Draft]] = []
    for draft, samples in wishes:
        children = []
        own = [answer for answer in islice(answers, len(samples)) if answer is not None]
        if not own:
            on_prune(draft, Pruning.NO_SAMPLE)
        for answer in own:
            child = draft.extend(answer.proposal, until)
            if child.ending is Ending.LENGTH:
                on_prune(child, Pruning.CUT_OFF)
            else:
                children.append(child)
        grown.append(children)
    return grown
