"""docs/miniature.md: the experiment's results, on a page of five minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_estimate, markdown_table
from dreamcode.grading.statistics import Estimate
from experiments.label_correction.arms import series_name
from experiments.label_correction.config import ExperimentConfig, Primary, read_primary
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.results import Comparison, Labels, Results

LESS_IS_BETTER = ("nll",)
SECONDARY = ("best of 8", "best of 8, mean log-odds")
SURE = 0.05
"""Adjusted p below which a difference is said to be one."""
SOURCE = "../training/experiments/label_correction"


def write_page(docs: Path, results: Results) -> None:
    """Writes miniature.md and the pictures in miniature/."""
    draw_pictures(docs / "miniature", results, read_primary())
    write_whole(docs / "miniature.md", render(results, read_primary()))


def render(results: Results, primary: Primary) -> str:
    """The page."""
    config = ExperimentConfig.model_validate(results.config)
    parts = [
        "# What labels of prefixes are worth, and correcting them",
        "This page is written by `python -m experiments.label_correction report` from "
        "[miniature/results.json](miniature/results.json); do not edit it. `make experiment` makes "
        f"everything anew; it may be stopped at any moment. [experiment.yaml]({SOURCE}/"
        f"experiment.yaml) has all settings, [primary.yaml]({SOURCE}/primary.yaml) what was fixed "
        "before the runs.",
        *render_setup(results, config),
        "## What came out",
        "\n".join(f"- {line}" for line in answer(results, config, primary)),
        "![Primary measures by arm](miniature/measures.png)",
        *render_measures(results, config, primary, cut=False),
        *render_comparisons(results, primary),
        *render_labels(results),
        *render_measures(results, config, primary, cut=True),
        *render_limits(config),
    ]
    return "\n\n".join(parts) + "\n"


def render_setup(results: Results, config: ExperimentConfig) -> Iterable[str]:
    """What was asked, of what."""
    problems, network, base = config.problems, config.network, config.base
    rows = [
        ["sets x seeds, and so trainings per arm and K", f"{config.sets} x {config.seeds}"],
        ["problems per set: train, meta", f"{problems.train}, {problems.meta}; one program each"],
        [
            "test problems x candidates",
            f"{results.problems} x {results.candidates}, of which {results.passed:.3f} pass",
        ],
        ["K, rollouts per labelled prefix", ", ".join(map(str, config.k))],
        ["epochs, batch", f"{config.prm.epochs:g}, {config.prm.batch}"],
        [
            "completer",
            f"`middle`: {network.layers} layers, width {network.width}, {network.steps:,} steps on "
            "the world's programs; the writer is the embedded policy",
        ],
        [
            "start of every training",
            f"that network, which has then learned the outcomes of every prefix of "
            f"{base.problems:,} other problems' programs ({base.epochs:g} passes)",
        ],
    ]
    yield (
        "A reward model for half-written programs needs labels of prefixes. Counts of rollouts "
        "carry the bias of who completes; a chain's own verdict is one noisy draw without bias, "
        "and free; correction moves labels so that the model becomes right about finished programs "
        "of other problems. Which of them makes the better model?"
    )
    yield markdown_table(["what", "how much"], rows)
    yield (
        "Arms: `mc` learns k / n, `joint` also finished programs of meta, `outcome` verdicts "
        "alone, `joint-outcome` verdicts of train and meta, `mixed` (k + 4 verdict) / (n + 4) of "
        "both, `correct` corrected counts, `placebo` the same with each step's hypergradients "
        "shuffled, `folds` correction by one half of meta while the other is learned, `writer` "
        "counts of the writer's own rollouts, as a ceiling. `mc-uncalibrated` reads prefixes by "
        "the calibration of finished programs."
    )


def answer(results: Results, config: ExperimentConfig, primary: Primary) -> Iterable[str]:
    """What the comparisons allow to say, a sentence each."""
    for claimant, rivals in primary.claims.items():
        for k in config.k:
            own = [one for one in results.comparisons if (one.claimant, one.k) == (claimant, k)]
            own += [
                one for one in results.comparisons
                if one.claimant == claimant and one.k != k and one.rival in rivals
                and not (config.arms[claimant].counts or config.arms[one.rival].counts)
            ]  # fmt: skip
            if own:
                yield _claim(claimant, k, rivals, own, primary)
    for one in results.comparisons:
        if one.claimant in primary.plain and one.k == config.k[0]:
            yield (
                f"`{one.claimant}` is {verdict(one)} `{one.rival}` (K = {one.k}) in {one.measure}: "
                f"{_cell(one.difference, sign=True)}."
            )
    for k in config.k:
        flat, apart = (results.series.get(f"{name}-k{k}") for name in ("mc-uncalibrated", "mc"))
        if flat and apart:
            names = (flat, apart, results.series["constant"])
            before, after, constant = (f"{one.measures['nll'].value:.3f}" for one in names)
            yield (
                f"Calibrating prefixes apart takes the NLL of `mc` (K = {k}) from {before} to "
                f"{after}; a constant has {constant}."
            )


def _claim(
    claimant: str, k: int, rivals: Sequence[str], own: Sequence[Comparison], primary: Primary
) -> str:
    held = []
    for measure in primary.measures:
        beaten = {one.rival for one in own if one.measure == measure and is_better(one)}
        if beaten >= set(rivals):
            held.append(measure)
    placebo = [one for one in own if "placebo" in one.rival]
    real = [one.measure for one in placebo if is_better(one)]
    beats = f"it beats its placebo in {_and(real)}" if real else "it does not beat its placebo"
    if held:
        return f"`{claimant}` with K = {k} beats its placebo and every rival in {_and(held)}."
    return f"`{claimant}` with K = {k} beats all its rivals in no measure; {beats}."


def verdict(one: Comparison) -> str:
    """What a comparison allows to say of the claimant beside the rival."""
    if one.adjusted >= SURE:
        return "not shown to differ from"
    return "better than" if is_better(one) else "worse than"


def is_better(one: Comparison) -> bool:
    """Whether the claimant is better, for sure."""
    up = one.difference.value > 0
    return one.adjusted < SURE and up != (one.measure in LESS_IS_BETTER)


def render_measures(
    results: Results, config: ExperimentConfig, primary: Primary, *, cut: bool
) -> Iterable[str]:
    """The table of all arms, or of those whose chains have no verdict."""
    names = ["constant"]
    for name, arm in config.arms.items():
        if arm.cut == cut:
            own = list(dict.fromkeys(series_name(name, arm, k) for k in config.k))
            names += [f"mc-uncalibrated-k{k}" for k in config.k] if name == "mc" else []
            names += own
    rows = []
    for name in names:
        if (series := results.series.get(name)) is not None:
            cells = [_cell(series.measures[what]) for what in primary.measures]
            others = [f"{series.measures[what].value:.3f}" for what in SECONDARY]
            ece = "-" if name == "constant" else f"{series.ece:.3f}"
            rows.append([f"`{name}`", *cells, ece, *others])
    if len(rows) < 2:
        return
    head = ["", *primary.measures, "calibration error", *SECONDARY]
    if cut:
        yield "## Prefixes without a verdict"
        yield (
            "The same with chains of train cut off before their last function, as foreign or "
            "unfinished code is: their verdicts are not known, so `outcome` cannot learn from "
            "them. `cut-joint-outcome` has those of meta."
        )
    else:
        yield "## All arms"
        told = "; ".join(f"`{name}`: {words}" for name, words in primary.measures.items())
        yield f"{told}. Of `nll` less is better. Brackets: 95 % intervals."
    yield markdown_table(head, rows)


def render_comparisons(results: Results, primary: Primary) -> Iterable[str]:
    """The differences that primary.yaml names."""
    yield "## Differences"
    yield (
        "Mean over runs on the same problems, with the 95 % interval of a bootstrap over problems "
        f"and runs; p is two-sided, adjusted by Holm over all {len(results.comparisons)} of them."
    )
    rows = []
    for (claimant, rival, k), group in groupby(
        results.comparisons, key=lambda one: (one.claimant, one.rival, one.k)
    ):
        own = {one.measure: one for one in group}
        cells = [_difference(own[what]) if what in own else "-" for what in primary.measures]
        rows.append([f"`{claimant}` - `{rival}`", str(k), *cells])
    yield markdown_table(["difference", "K", *primary.measures], rows)


def render_labels(results: Results) -> Iterable[str]:
    """Whether labels moved towards the truth."""
    found = {name: own.labels for name, own in results.series.items() if own.labels is not None}
    if not found:
        return
    yield "## Did labels move towards the truth?"
    yield (
        "The truth is the share that passes of the writer's rollouts. Squared errors hold its "
        "noise, all the same; `constant` is one number for all."
    )

    def row(name: str, one: Labels) -> list[str]:
        errors = (one.error_counted, one.error_corrected, one.error_constant)
        orders = (one.order_counted, one.order_corrected)
        numbers = [f"{x:.3f}" for x in (one.moved, *errors, *orders)]
        return [f"`{name}`", f"{one.visits:.1f}", *numbers]

    head = ["", "visits", "moved by", "error counted", "error corrected", "error constant"]
    head += ["correlation counted", "correlation corrected"]
    yield markdown_table(head, [row(name, one) for name, one in found.items()])


def render_limits(config: ExperimentConfig) -> Iterable[str]:
    """What this does not show."""
    yield "## Limits"
    yield (
        "One world, one small network, one writer and one completer; the settings of correction "
        f"were chosen on {config.problems.validation} validation problems among "
        f"{len(config.tuning.settings)}, all others are the same for all arms. Runs of a set share "
        "its chains and rollouts, so two sets say little about how much sets differ."
    )


def _difference(one: Comparison) -> str:
    mark = "" if one.adjusted >= SURE else " **+**" if is_better(one) else " **-**"
    return f"{_cell(one.difference, sign=True)}, p {one.adjusted:.2g}{mark}"


def _cell(estimate: Estimate, *, sign: bool = False) -> str:
    return format_estimate(asdict(estimate), sign=sign)


def _and(names: Sequence[str]) -> str:
    *before, last = (f"`{name}`" for name in names)
    return f"{', '.join(before)} and {last}" if before else last
