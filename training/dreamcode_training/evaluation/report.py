"""The report of an evaluation: all measures of one set of scored chains, and a page of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from dreamcode.grading.estimates import format_difference, format_estimate, markdown_table
from dreamcode.grading.statistics import Estimate
from dreamcode.rewards.aggregation import Aggregation
from dreamcode_training.evaluation.bootstrap import Bootstrap, Difference
from dreamcode_training.evaluation.choices import Choices, measure_aggregations, measure_choices
from dreamcode_training.evaluation.depths import (
    Depths,
    Fault,
    Ranked,
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

KINDS = {
    "programs": "test programs",
    "prefixes": "test prefixes",
    "rollouts": "validation prefixes with rollouts",
}


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
        scores: against outcomes, of the `KINDS` of which there are any.
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
    tested, calm = group(chains, "test"), group(chains, "validation")
    rollouts = list_rollouts(calm)
    found = {
        "programs": measure_scores(list_programs(tested), list_programs(calm), bootstrap),
        "prefixes": measure_scores(list_prefixes(tested), list_prefixes(calm), bootstrap),
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


def render(report: Report) -> str:
    """The report for people, as Markdown."""
    unscored = (
        f" {report.unscored} programs do not fit the model and have no reward."
        if report.unscored
        else ""
    )
    parts = [
        f"# Reward model on {report.problems} test problems",
        f"Step rewards become one number by `{report.aggregation}`. Brackets: 95 % bootstrap "
        f"intervals over problems.{unscored}",
        *_render_choices(report),
        *_render_depths(report.depths, report.faults),
        *(_render_faults(report.faults) if report.faults else ()),
        *(_render_pruning(report.pruning) if report.pruning else ()),
        *_render_scores(report.scores),
    ]
    return "\n\n".join(parts) + "\n"


def _render_choices(report: Report) -> Iterable[str]:
    rows = []
    for n, one in report.best_of.items():
        rates = [_cell(one.rates.get(w)) for w in ("reward", "first", "likelihood", "oracle")]
        differences = [_compared(one.differences.get(w)) for w in ("first", "likelihood")]
        rows.append([str(n), *rates, _cell(one.regret), _cell(one.gap_closed), *differences])
    head = ["n", "reward", "first", "likelihood", "oracle", "regret", "gap closed"]
    yield "## Share of problems solved by the chosen program"
    yield (
        "The best of n programs by the reward, beside choices that need none; regret is what an "
        "oracle would add, 1 in `gap closed` is as good as trying all n."
    )
    yield markdown_table([*head, "reward - first", "reward - likelihood"], rows)
    shares = [[f"`{by}`", *map(_cell, own.values())] for by, own in report.aggregations.items()]
    yield "The same by every way to make one number of the steps' rewards, the model's own first."
    yield markdown_table(["", *(f"best of {n}" for n in report.best_of)], shares)


def _render_depths(outcomes: Depths, faults: Faults | None) -> Iterable[str]:
    kinds = {"passing against failing": outcomes}
    if faults is not None:
        kinds["sound against faulty"] = faults.pairs
    depths = sorted({depth for one in kinds.values() for depth in one.by_depth})
    rows = [
        [name, *(_ranked(found) for found in (one.all, *map(one.by_depth.get, depths)))]
        for name, one in kinds.items()
    ]
    yield "## Prefixes of the same problem and depth"
    yield (
        "Share of pairs in which the better prefix has the higher reward (AUROC within problems); "
        "0.5 is chance. A prefix is sound while no function in it is faulty, whatever follows."
    )
    yield markdown_table(["", "all depths", *(f"{d} steps" for d in depths)], rows)


def _render_faults(faults: Faults) -> Iterable[str]:
    rows = [[name, _cell(share)] for name, share in faults.found.items()]
    yield "## The first faulty function"
    yield (
        f"Share of {faults.programs} wrong programs of {faults.problems} problems in which a rule "
        "names the first function that makes them wrong."
    )
    yield markdown_table(
        ["rule", "found"], [*rows, ["a step drawn at random", _cell(faults.chance)]]
    )


def _render_pruning(pruning: Pruning) -> Iterable[str]:
    ways = {
        "halved by prefixes": ("pruned", pruning.pruned),
        f"best of {pruning.m:.1f} whole programs": ("best_of_m", pruning.best_of_m),
        "halved at random": ("random", pruning.random),
        "the first program": ("first", pruning.first),
    }
    rows = [
        [
            words,
            _cell(way.solved),
            f"{way.tokens:,.0f}",
            _cell(pruning.differences.get(name), sign=True),
        ]
        for words, (name, way) in ways.items()
    ]
    yield "## Pruning"
    yield (
        f"{pruning.candidates:.0f} programs begun per problem, the better half kept after the "
        "second step, half of these after the third, and so on; only written steps cost tokens."
    )
    yield markdown_table(["way", "solved", "tokens", "what halving by prefixes adds"], rows)


def _render_scores(scores: Mapping[str, Foretold]) -> Iterable[str]:
    rows = []
    for kind, one in scores.items():
        rows.append(
            [
                KINDS[kind],
                *map(_cell, (one.auroc, one.pairs, one.nll, one.brier, one.ece)),
                f"{one.count:,}",
            ]
        )
        if one.constant is not None:
            flat = (one.constant.nll, one.constant.brier, one.constant.ece)
            rows.append(
                [f"the constant {one.constant.value:.3f}", "", "", *(f"{x:.3f}" for x in flat), ""]
            )
    head = [
        "of",
        "AUROC",
        "right within a problem",
        "NLL",
        "Brier",
        "calibration error",
        "how many",
    ]
    yield "## Scores against outcomes"
    yield (
        "Programs and prefixes against what became of their own chain, prefixes with rollouts "
        "against k of n; a model that knows nothing does no better than the constant below it, "
        "the share of validation problems."
    )
    yield markdown_table(head, rows)


def _cell(estimate: Estimate | None, *, sign: bool = False) -> str:
    return format_estimate(None if estimate is None else asdict(estimate), sign=sign)


def _compared(difference: Difference | None) -> str:
    return format_difference(None if difference is None else asdict(difference))


def _ranked(ranked: Ranked | None) -> str:
    return _cell(None if ranked is None else ranked.right)
