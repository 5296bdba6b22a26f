"""Beam and diverse beam against best-of-n at equal tokens, led by one reward model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dreamcode.names import SearchName
from dreamcode.search.budget import Budget, BudgetedPolicy

from dreamcode.codec import decode
from dreamcode.concurrency import map_ahead
from dreamcode.grading.judge import Judge
from dreamcode.miniature import generate_exam
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.rewards.aggregation import aggregate
from dreamcode.rewards.hf import load_hf
from dreamcode.rewards.reward import RewardModel
from dreamcode.runs.journal import Journal, make_key
from dreamcode.search.search import SearchOptions, ignore_prunes
from dreamcode.search.search_names import SEARCHES
from dreamcode.search.selection import merge_duplicates
from dreamcode_sandbox import open_sandbox
from dreamcode_training.chains import SampledChain, make_sampling, sample_chains
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import ProblemRecord, Split, write_lines
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.data import read_candidates
from experiments.label_correction.points import score_chains

PROBLEMS_AHEAD = 16
GUIDED: tuple[SearchName, ...] = ("beam", "diverse-beam")


@dataclass(frozen=True, slots=True)
class Compared:
    """One search of one problem and best-of-m at its tokens; a line of searches.jsonl.

    Attributes:
        problem: id of the problem.
        reward: fingerprint of the model that led it.
        search: its name.
        n: what it was told.
        tokens: completion tokens that it generated.
        passed: whether the program with the best reward passes all tests.
        m: candidates of the pool that take at least as many tokens, or all of them.
        pool_tokens: what these took.
        pool_passed: whether the one of them with the best reward passes all tests.
    """

    problem: str
    reward: str
    search: str
    n: int
    tokens: int
    passed: bool
    m: int
    pool_tokens: int
    pool_passed: bool


async def compare_searches(
    out: Path,
    model: Path,
    config: ExperimentConfig,
    say: Callable[[str], None],
    on_progress: OnProgress = ignore,
) -> list[Compared]:
    """Runs the searches on the first test problems and writes `out`/searches.jsonl.

    Hidden tests decide nothing here but whether the chosen program passes. What a search came
    to is journaled, so a stopped comparison goes on.

    Args:
        out: the experiment's folder, with its candidates.
        model: folder of the reward model.
        config: how many problems, which n and width.
        say: told what falls back.
        on_progress: told after every problem.

    Raises:
        InputError: the model cannot be used.
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    problems, candidates = read_candidates(out, "test")
    names = list(candidates)[: config.searches.problems]
    exams = {name: generate_exam("test", int(name.rpartition("-")[2])) for name in names}
    reward = load_hf(str(model))
    policy = open_policy(config.chains.policy)
    journal = Journal(out / "data" / "journal.jsonl")  # it has the pool's first candidates
    meter = Meter("searches", len(names), on_progress)
    try:
        async with open_sandbox(config.sandbox, config.workers, say) as sandbox:
            judge = Judge(sandbox, journal)
            pools = await _extend_pools(exams.values(), policy, judge, journal, config)

            async def compare(name: str) -> list[Compared]:
                found = await _compare(
                    exams[name], problems[name], pools[name], policy, reward, judge, journal, config
                )
                meter.finished(known=False)
                return found

            found = await map_ahead(compare, names, PROBLEMS_AHEAD)
    finally:
        journal.close()
        await reward.close()
        await policy.close()
    compared = [one for row in found for one in row]
    write_lines(out / "searches.jsonl", compared)
    return compared


async def _extend_pools(
    exams: Iterable[Exam],
    policy: Policy,
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
) -> dict[str, list[SampledChain]]:
    """The candidates of each problem and some more: a search may cost more than all of them."""
    settings = config.chains.model_copy(update={"candidates": config.searches.pool})
    owned: list[tuple[Split, Exam]] = [("test", exam) for exam in exams]
    chains = await sample_chains(owned, policy, judge, journal, settings, config.seed)
    pools: dict[str, list[SampledChain]] = {exam.problem.id: [] for _, exam in owned}
    for chain in chains:
        pools[chain.problem].append(chain)
    return pools


async def _compare(
    exam: Exam,
    record: ProblemRecord,
    chains: Sequence[SampledChain],
    policy: Policy,
    reward: RewardModel,
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
) -> list[Compared]:
    pool: list[float | None] | None = None
    compared = []
    for search in GUIDED:
        for n in config.searches.n:
            options = SearchOptions(
                n=n,
                sampling=make_sampling(config.chains),
                seed=config.seed,
                max_steps=config.chains.max_steps,
                width=config.searches.width,
            )
            inputs = {
                "problem": exam.problem.id,
                "statement": exam.problem.statement,
                "search": search,
                "options": asdict(options) | {"width": options.kept},
                "policy": policy.name,
                "reward": reward.fingerprint,
                "pool": [chain.steps for chain in chains],
            }
            key = make_key("compared", inputs)
            known = journal.find(key)
            if known is None:
                if pool is None:
                    rewards = await score_chains(reward, record, chains)
                    pool = [
                        aggregate(reward.aggregation, own) if chain.finished else None
                        for chain, own in zip(chains, rewards, strict=True)
                    ]
                asked = BudgetedPolicy(policy, Budget())
                drafts = await SEARCHES[search](exam.problem, asked, reward, options, ignore_prunes)
                tokens = asked.spent.completion_tokens
                passed = await _best_passes(exam, drafts, reward, judge)
                m, used, solved = match_tokens(chains, pool, tokens)
                one = Compared(
                    exam.problem.id, reward.fingerprint, search, n, tokens, passed, m, used, solved
                )
                known = journal.add("compared", key, compared=asdict(one))
            compared.append(decode(Compared, known["compared"]))
    return compared


def match_tokens(
    chains: Sequence[SampledChain], rewards: Sequence[float | None], tokens: int
) -> tuple[int, int, bool]:
    """Best-of-m where m candidates are the fewest that take at least `tokens` tokens.

    Rounding up favours best-of-n, by half a program on average.

    Args:
        chains: the pool, in order.
        rewards: of each; None for unfinished ones, which are never chosen.
        tokens: to match.

    Returns:
        m, the tokens it took, and whether the chosen one passes.
    """
    used, m = 0, 0
    for chain in chains:
        used, m = used + chain.tokens, m + 1
        if used >= tokens:
            break
    finished = [place for place in range(m) if rewards[place] is not None]
    if not finished:
        return m, used, False
    best = max(finished, key=lambda place: (rewards[place] or 0.0, -place))
    return m, used, chains[best].passed


async def _best_passes(
    exam: Exam, drafts: Sequence[Draft], reward: RewardModel, judge: Judge
) -> bool:
    distinct = merge_duplicates(exam.problem, drafts)
    if not distinct:
        return False
    scores = await reward.score(exam.problem, [draft for draft, _, _ in distinct])
    merits = [aggregate(reward.aggregation, own) or 0.0 for own in scores]
    program = distinct[merits.index(max(merits))][1]
    return (await judge.passes(exam, [program]))[0]
