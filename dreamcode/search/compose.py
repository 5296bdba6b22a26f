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

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Policy
from dreamcode.problems import Problem
from dreamcode.results import Program
from dreamcode.rewards.reward import RewardModel, is_calibrated
from dreamcode.search.composing.book import Book, Sample
from dreamcode.search.composing.slots import Combination, combine
from dreamcode.search.composing.writing import Writer
from dreamcode.search.evidence import Evidence
from dreamcode.search.scoring import score_drafts
from dreamcode.search.search import OnPrune, SearchOptions
from dreamcode.search.selection import identify, make_program
from dreamcode.search.trials import Trials

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
    writer = Writer(problem, policy, options, on_prune)
    book = Book(problem, evidence.trials)
    found: list[Draft] = []
    forms: set[str] = set()
    best: Combination | None = None
    while writer.worth < options.n:
        if best is None or not best.doubtful or writer.wants_fresh:
            samples = await writer.write()
        else:
            samples = await writer.rewrite(best)
        await book.learn(await rate(problem, reward, samples))
        new = [one.draft for one in samples if one.draft.ending is Ending.PROGRAM]
        forms |= {identify(draft.source, problem.function) for draft in new}
        best = await choose(book, evidence.trials)
        if best is not None:
            form = identify(best.draft.source, problem.function)
            new += [best.draft] if form not in forms else []
            forms.add(form)
        found += new
        if await evidence.suffices(found, ceil(writer.worth)):
            break
    return found


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
