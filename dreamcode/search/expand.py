"""The step that all searches share: drafts in, drafts that are one step longer out."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, Request, derive_seed
from dreamcode.problems import Problem
from dreamcode.search.search import OnPrune, Pruning, SearchOptions, write_all


async def expand(
    problem: Problem,
    policy: Policy,
    wishes: Sequence[tuple[Draft, Sequence[int]]],
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[list[Draft]]:
    """Grows drafts by a step. Wishes for the same text share one request.

    Args:
        problem: what to solve.
        policy: who writes.
        wishes: a draft, and the numbers of the samples wanted of it. A number decides the
            sample's seed, so wishes for the same text need different numbers to differ.
        options: sampling and seed.
        on_prune: told of drafts whose next step a limit refused or cut off.

    Returns:
        One list per wish: its draft's children, in the order of their numbers; empty where
        a limit left no room.
    """
    samples_at: dict[str, list[int]] = defaultdict(list)
    for draft, samples in wishes:
        samples_at[draft.source] += samples
    requests = [
        Request(
            problem,
            prefix,
            options.sampling,
            tuple(derive_seed(options.seed, problem.id, prefix, sample) for sample in samples),
        )
        for prefix, samples in samples_at.items()
    ]
    answers = await write_all(policy, requests)
    proposals_at = {
        prefix: iter(answer.proposals) if answer else None
        for prefix, answer in zip(samples_at, answers, strict=True)
    }
    grown: list[list[Draft]] = []
    for draft, samples in wishes:
        proposals = proposals_at[draft.source]
        if proposals is None:
            on_prune(draft, Pruning.LIMIT)
            grown.append([])
            continue
        children = [draft.extend(proposal) for proposal in islice(proposals, len(samples))]
        for child in children:
            if child.ending is Ending.LENGTH:
                on_prune(child, Pruning.CUT_OFF)
        grown.append([child for child in children if child.ending is not Ending.LENGTH])
    return grown
