"""Scored chains with rewards of a test's choosing."""

from collections.abc import Sequence
from random import Random

from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.scored import ScoredChain
from dreamcode_training.records import Count

BOOTSTRAP = Bootstrap(resamples=200)


def chain(
    rewards: Sequence[float | None],
    *,
    passed: bool = False,
    problem: str = "a",
    sample: int = 0,
    finished: bool = True,
    tokens: Sequence[int] | None = None,
    logprob: float | None = None,
    counts: Sequence[tuple[float, float]] = (),
    prefixes: Sequence[str] = (),
    split: str = "test",
) -> ScoredChain:
    """One chain; ten tokens per step if nothing else is said."""
    return ScoredChain(
        problem,
        split,  # type: ignore[arg-type]
        sample,
        passed,
        finished,
        tuple(rewards),
        tuple(tokens or [10] * len(rewards)),
        tuple(prefixes),
        tuple(Count(k, n) for k, n in counts),
        logprob,
    )


def draw_pool(random: Random, size: int, problem: str = "a") -> list[ScoredChain]:
    """Chains of one to six steps, some unfinished, some rewards missing, many equal."""

    def draw(sample: int) -> ScoredChain:
        steps = random.randint(1, 6)
        finished = random.random() < 0.8
        return chain(
            [random.choice([0.1, 0.3, 0.5, 0.5, 0.8, None]) for _ in range(steps)],
            passed=finished and random.random() < 0.4,
            problem=problem,
            sample=sample,
            finished=finished,
            tokens=[random.randint(1, 9) for _ in range(steps)],
        )

    return [draw(sample) for sample in range(size)]
