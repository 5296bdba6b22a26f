"""Best-of-n: n independent programs, each written one function at a time."""

from collections import defaultdict

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, StepRequest
from dreamcode.problems import Problem
from dreamcode.search.search import SearchOptions, propose_all
from dreamcode.search.seeds import derive_seed


async def best_of_n(problem: Problem, policy: Policy, options: SearchOptions) -> list[Draft]:
    """Samples `options.n` programs, all advancing together.

    In each round every unfinished draft gets its next step. Drafts whose text is the same
    share one request, which is how the first round asks for n samples of one prompt.
    """
    drafts = {sample: Draft() for sample in range(options.n)}
    for _ in range(options.max_steps):
        samples_at: dict[str, list[int]] = defaultdict(list)
        for sample, draft in drafts.items():
            if draft.ending is Ending.STEP:
                samples_at[draft.source].append(sample)
        if not samples_at:
            break
        requests = [
            StepRequest(
                problem,
                prefix,
                options.sampling,
                tuple(derive_seed(options.seed, problem.id, prefix, i) for i in samples),
            )
            for prefix, samples in samples_at.items()
        ]
        answers = await propose_all(policy, requests)
        for samples, answer in zip(samples_at.values(), answers, strict=True):
            if answer is None:  # no budget left for these: they stay unfinished
                for sample in samples:
                    del drafts[sample]
                continue
            for sample, proposal in zip(samples, answer.proposals, strict=True):
                drafts[sample] = drafts[sample].extend(proposal)
    return [draft for draft in drafts.values() if draft.ending is Ending.PROGRAM]
