"""Whole programs: n independent answers to a plain prompt, each in one piece."""

from dreamcode.chain.parse import parse
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, Proposal, Request, derive_seed
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.limits import LimitReachedError
from dreamcode.search.search import OnPrune, Pruning, SearchOptions


async def whole_programs(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Samples `options.n` programs, as benchmarks do that know no steps.

    They are cut into steps afterwards, so that a reward model can score them as it scores
    others. `Sampling.max_step_tokens` bounds each whole answer.
    """
    seeds = tuple(derive_seed(options.seed, problem.id, "", sample) for sample in range(options.n))
    request = Request(problem, "", options.sampling, seeds, until="program", prompting="plain")
    try:
        answer = await policy.write(request)
    except LimitReachedError:
        on_prune(Draft(), Pruning.LIMIT)
        return []
    finished = []
    for proposal in answer.proposals:
        draft = cut_into_steps(proposal)
        if draft.ending is Ending.PROGRAM:
            finished.append(draft)
        else:
            on_prune(draft, Pruning.CUT_OFF)
    return finished


def cut_into_steps(proposal: Proposal) -> Draft:
    """A proposal of many steps as a draft; what it took is shared out by length."""
    texts = [step.source for step in parse(proposal.text).steps] or [proposal.text]
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
            )
        )
    return Draft(tuple(proposals))
