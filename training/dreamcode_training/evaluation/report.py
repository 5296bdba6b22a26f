"""The report of an evaluation: all measures of one set of scored chains."""

from collections.abc import Sequence
from dataclasses import dataclass

from dreamcode.grading.statistics import Estimate
from dreamcode.rewards.aggregation import Aggregation
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.choices import Choices, measure_aggregations, measure_choices
from dreamcode_training.evaluation.depths import (
    Depths,
    Fault,
    by_outcome,
    measure_depths,
)
from dreamcode_training.evaluation.faults import Faults, measure_faults
from dreamcode_training.evaluation.foretelling import (
    Foretold,
    list_prefixes,
    list_programs,
    list_rollouts,
    measure_scores,
)
from dreamcode_training.evaluation.pruning import Pruning, measure_pruning
from dreamcode_training.evaluation.scored import ScoredChain, group


@dataclass(frozen=True, slots=True)
class Report:
    """What report.json holds. Every share and mean is over problems, with its 95 % interval.

    Attributes:
        aggregation: how step rewards become one number, as prm.json says.
        fingerprint: of the reward model.
        problems: test problems.
        unscored: finished test programs that do not fit the model.
        best_of: by n, choices by the reward and by what needs none.
        aggregations: shares of problems solved by aggregation, then by n.
        depths: passing against failing chains by prefixes of the same depth.
        faults: what rewards know of first faulty functions; None where none is known.
        pruning: halving 16 candidates by prefixes; None for a model that judges none.
        scores: against outcomes, of `programs`, `prefixes` and `rollouts`, where there are any.
    """

    aggregation: Aggregation
    fingerprint: str
    problems: int
    unscored: int
    best_of: dict[int, Choices]
    aggregations: dict[Aggregation, dict[int, Estimate]]
    depths: Depths
    faults: Faults | None
    pruning: Pruning | None
    scores: dict[str, Foretold]


def measure(
    chains: Sequence[ScoredChain],
    faults: Sequence[Fault],
    aggregation: Aggregation,
    ns: Sequence[int],
    bootstrap: Bootstrap,
    fingerprint: str = "",
) -> Report:
    """Everything that is measured of test chains, at least one; validation says what is constant.

    Args:
        chains: of test and validation problems.
        faults: first faulty functions, as far as they are known.
        aggregation: how step rewards become one number.
        ns: best-of-n for these n.
        bootstrap: how intervals are made.
        fingerprint: of the reward model.

    Raises:
        InputError: a problem has fewer candidates than the largest n.
    """
    tested, validated = group(chains, "test"), group(chains, "validation")
    rollouts = list_rollouts(validated)
    found = {
        "programs": measure_scores(list_programs(tested), list_programs(validated), bootstrap),
        "prefixes": measure_scores(list_prefixes(tested), list_prefixes(validated), bootstrap),
        "rollouts": measure_scores(rollouts, rollouts, bootstrap),
    }
    return Report(
        aggregation,
        fingerprint,
        len(tested),
        sum(one.finished and one.rewards[-1] is None for pool in tested for one in pool),
        {n: measure_choices(tested, aggregation, n, bootstrap) for n in ns},
        measure_aggregations(tested, aggregation, ns, bootstrap),
        measure_depths(tested, by_outcome, bootstrap),
        measure_faults(tested, faults, bootstrap),
        measure_pruning(tested, aggregation, bootstrap),
        {kind: one for kind, one in found.items() if one is not None},
    )
