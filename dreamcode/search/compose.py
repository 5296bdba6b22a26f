"""Compose: functions that can take each other's place are recombined, doubtful ones written again.

Programs for one problem often share their plan and differ in a helper or two; each may have
another one right. So functions of all programs are merged by what they do, the most trusted
combinations are tried on the public tests, and what is written next is another sample of the
functions of the best combination that are trusted least, or a whole new program.
Related: Parsel (Zelikman et al. 2023, arXiv 2212.10561), CodeT (Chen et al. 2022, arXiv
2207.10397) for trust by agreement.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil

from dreamcode.errors import DiskError, InfrastructureError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy, wave_of
from dreamcode.problems import Problem
from dreamcode.results import Program
from dreamcode.rewards.reward import RewardModel, is_calibrated
from dreamcode.search.best_of_n import write_programs
from dreamcode.search.book import Book, Sample
from dreamcode.search.evidence import Evidence
from dreamcode.search.expand import expand
from dreamcode.search.scoring import score_drafts
from dreamcode.search.search import OnPrune, Pruning, SearchOptions
from dreamcode.search.selection import make_program
from dreamcode.search.slots import Combination, combine
from dreamcode.search.trials import Trials

FRESH = 0.35
"""Share of the written tokens, those of the first wave left out, that go into whole programs."""

FUNCTIONS = 2
"""Functions that a wave of one program writes again in its place."""

COMBINATIONS = 24
"""Of each plan, those that are tried."""

LEADERS = 4
"""Of each plan, combinations that pass equally many tests, and are compared with other plans'."""


async def compose(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
    evidence: Evidence,
) -> list[Draft]:
    """Writes what is worth `options.n` programs at most, a function its share of one.

    Returns all whole programs, and after each wave the best combination if it is new.
    """
    book, trials = Book(problem, evidence.trials), evidence.trials
    wave = options.wave or wave_of(policy)
    found: list[Draft] = []
    best: Combination | None = None
    programs, worth, tokens, fresh_tokens = 0, 0.0, 0, 0
    while worth < options.n:
        is_fresh = best is None or not best.trusts or fresh_tokens <= FRESH * tokens
        if best is None or is_fresh:
            numbers = range(programs, programs + wave)
            programs, worth = programs + wave, worth + wave
            try:
                drafts = await write_programs(problem, policy, options, numbers, on_prune)
            except InfrastructureError as error:  # nothing came yet
                if isinstance(error, DiskError) or worth >= options.n:
                    raise
                wave = options.n - programs  # it may be this sample alone: all the rest will show
                continue
            samples = [Sample(draft) for draft in drafts]
        else:
            samples = await rewrite(problem, policy, options, on_prune, best, wave, book)
            worth += max(1, len(samples)) / len(best.draft.proposals)
        if best is not None:
            written = sum(sample.tokens for sample in samples)
            tokens, fresh_tokens = tokens + written, fresh_tokens + written * is_fresh
        await book.learn(await rate(problem, reward, samples))
        found += [sample.draft for sample in samples if sample.draft.ending is Ending.PROGRAM]
        best = await choose(book, trials)
        if best is not None and best.draft not in found:
            found.append(best.draft)
        if await evidence.suffices(found, ceil(worth)):
            break
    return found


async def rewrite(
    problem: Problem,
    policy: Policy,
    options: SearchOptions,
    on_prune: OnPrune,
    best: Combination,
    wave: int,
    book: Book,
) -> list[Sample]:
    """Other samples of the functions of the best combination that are trusted least.

    Each is written where the plan's own program has it. What the policy writes on is taken too.
    """
    doubtful = sorted(range(len(best.trusts)), key=lambda place: best.trusts[place])
    wishes = []
    for place in doubtful[: FUNCTIONS * wave]:
        prefix = Draft(best.plan.draft.proposals[: place + 1])
        wishes.append((prefix, [options.n + book.count(prefix)]))
    grown = await expand(problem, policy, wishes, options, on_prune)
    samples = [
        Sample(draft, len(prefix.proposals), best.plan)
        for (prefix, _), drafts in zip(wishes, grown, strict=True)
        for draft in drafts
    ]
    for sample in samples:
        if sample.draft.ending is not Ending.PROGRAM:
            on_prune(sample.draft, Pruning.PART)
    return samples


async def rate(problem: Problem, reward: RewardModel, samples: Sequence[Sample]) -> list[Sample]:
    """The samples with the rewards of their steps, if these are chances that can be compared."""
    if reward.judges != "prefixes" or not is_calibrated(reward):
        return [*samples]
    scored = await score_drafts(problem, reward, [sample.draft for sample in samples])
    return [sample.rated(one) for sample, one in zip(samples, scored, strict=True)]


async def choose(book: Book, trials: Trials) -> Combination | None:
    """The combination to trust most: most public tests passed, then votes.

    A combination votes for what it does, with the chance that its functions are right.
    """
    leaders: list[tuple[Program, Combination]] = []
    for plan in book.best_plans():
        combinations = combine(plan, book.slots, COMBINATIONS if trials.tested else 1)
        programs = [make_program(book.problem, one.draft) for one in combinations]
        tried = await trials.test(programs)
        most = max(program.passed for program in tried)
        pairs = zip(tried, combinations, strict=True)
        leaders += [pair for pair in pairs if pair[0].passed == most][:LEADERS]
    most = max((program.passed for program, _ in leaders), default=0)
    leaders = [pair for pair in leaders if pair[0].passed == most]
    if len(leaders) > 1:
        seen = await trials.observe([program for program, _ in leaders])
        leaders = [(program, own) for program, (_, own) in zip(seen, leaders, strict=True)]
    votes: Counter[str] = Counter()
    for program, one in leaders:
        votes[program.behaviour or program.text] += one.trust  # type: ignore[assignment]

    def standing(pair: tuple[Program, Combination]) -> tuple[float, float]:
        return votes[pair[0].behaviour or pair[0].text], pair[1].trust

    return max(leaders, key=standing)[1] if leaders else None
