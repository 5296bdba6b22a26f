"""The report for people: short tables, and how to read each."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from dreamcode.grading.estimates import format_difference, format_estimate, markdown_table
from dreamcode.grading.statistics import Estimate
from dreamcode_training.evaluation.bootstrap import Difference
from dreamcode_training.evaluation.depths import Depths, Ranked
from dreamcode_training.evaluation.faults import Faults
from dreamcode_training.evaluation.foretelling import Foretold
from dreamcode_training.evaluation.pruning import Pruning
from dreamcode_training.evaluation.report import Report

KINDS = {
    "programs": "test programs",
    "prefixes": "test prefixes",
    "rollouts": "validation prefixes with rollouts",
}


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
    kinds = [outcomes] if faults is None else [outcomes, faults.pairs]
    depths = sorted({depth for one in kinds for depth in one.by_depth})
    rows = [["all", *(cell for one in kinds for cell in _ranked(one.all))]]
    rows += [
        [str(depth), *(cell for one in kinds for cell in _ranked(one.by_depth.get(depth)))]
        for depth in depths
    ]
    head = ["steps", "passing against failing", "pairs", "sound against faulty", "pairs"]
    yield "## Prefixes of the same problem and depth"
    yield (
        "Share of pairs in which the better prefix has the higher reward (AUROC within problems); "
        "0.5 is chance. A prefix is sound while no function in it is faulty, whatever follows."
    )
    yield markdown_table(head[: 1 + 2 * len(kinds)], rows)


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


def _ranked(ranked: Ranked | None) -> tuple[str, str]:
    return ("-", "-") if ranked is None else (_cell(ranked.right), f"{ranked.pairs:,}")
