"""docs/miniature.md, written whole from what the experiment's folder holds."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dreamcode.grading.estimates import format_difference, format_estimate, markdown_table
from dreamcode.runs.folder import write_whole
from dreamcode_training.records import read_lines
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.grid import list_trainings
from experiments.label_correction.measure import judge_difference, measure, measure_searches
from experiments.label_correction.outcomes import load_outcomes
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.searches import Compared
from experiments.label_correction.tune import rank_trials

Report = dict[str, Any]

SCORES = {
    ("finished", "auroc"): "AUROC, programs",
    ("finished", "pairs"): "right within a problem",
    ("finished", "nll"): "NLL, programs",
    ("finished", "ece"): "calibration error, programs",
    ("prefix", "auroc"): "AUROC, prefixes",
    ("prefix", "nll"): "NLL, prefixes",
    ("prefix", "ece"): "calibration error, prefixes",
}
"""Columns of statistics of scores."""


def write_report(out: Path, docs: Path, config: ExperimentConfig, command: str) -> Report:
    """Measures everything and writes docs/miniature.md with its pictures, and report.json.

    Args:
        out: the experiment's folder; trainings that are missing are said to be missing.
        docs: folder of miniature.md and miniature/.
        config: of the experiment.
        command: what was typed, for the page.

    Raises:
        InputError: the folder holds no data yet, or damaged files.
    """
    outcomes = load_outcomes(out, config)
    report = measure(outcomes, config)
    searches = out / "searches.jsonl"
    compared = [one for _, one in read_lines(searches, Compared)] if searches.exists() else []
    report["searches"] = measure_searches(compared, config)
    report["tuning"] = {
        completer: [[trial.name, trial.programs, trial.prefixes, trial.solved] for trial in trials]
        for completer, trials in rank_trials(out, config).items()
    }
    report["trainings"] = {
        "done": sum(own["seeds"] for own in report["series"].values()),
        "planned": sum(1 for _ in list_trainings(config)),
        "devices": Counter(name for own in outcomes.series.values() for name in own.devices),
    }
    pictures = draw_pictures(docs / "miniature", report, outcomes, config)
    (out / "report").mkdir(exist_ok=True)
    write_whole(out / "report" / "report.json", json.dumps(report, indent=1) + "\n")
    write_whole(docs / "miniature.md", render(report, config, command, [p.name for p in pictures]))
    return report


def render(report: Report, config: ExperimentConfig, command: str, pictures: Sequence[str]) -> str:
    """The page."""
    parts = [
        _opening(report, config, command),
        _findings(report),
        _best_of(report, config, pictures),
        _pairs(report),
        _against(report),
        _scores(report),
        _labels(report, pictures),
        _searches(report, config),
        _tuning(report, config),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(report: Report, config: ExperimentConfig, command: str) -> str:
    pool, done = report["pool"], report["trainings"]
    problems, grid = config.problems, config.grid
    corrections = {
        completer: config.correction_of(completer).model_dump() for completer in grid.completers
    }
    settings = yaml.safe_dump(corrections, sort_keys=False).strip()
    devices = ", ".join(f"{name} ({count})" for name, count in done["devices"].items())
    missing = (
        ""
        if done["done"] == done["planned"]
        else f"\n\n**Unfinished: {done['done']} of {done['planned']} trainings are done.**"
    )
    return f"""# Reward models in the miniature world

This page is written by `{command}` from the files that \
`python -m experiments.label_correction run` makes; do not edit it. `tar -xf \
docs/miniature/data.tar.xz -C runs/miniature-experiment` and the same with `results.tar.xz` give \
these files back (candidates, labels, rollouts, the base; every training's scores and \
corrections), so that the same commands go on from them.{missing}

## Set-up

| what | how many |
|---|---|
| problems: train, meta, validation, test | {problems.train}, {problems.meta}, \
{problems.validation}, {problems.test} |
| chains a train and meta problem | {config.chains.per_problem} |
| test candidates | {pool["problems"]} problems x {pool["candidates"]} |
| of them finished; passing public tests; passing all tests | {pool["finished"]:.3f}; \
{pool["public"]:.3f}; {pool["passed"]:.3f} |
| reference prefixes of test candidates x rollouts of the strong policy | \
{pool["reference"]} x {config.pools.reference_rollouts} |
| K, rollouts a labelled prefix | {", ".join(map(str, grid.k))} |
| training seeds | {grid.seeds} |
| trainings | {done["done"]} of {done["planned"]} |
| trained on | {devices} |
| epochs, batch, learning rate | {config.prm.epochs:g}, {config.prm.batch}, \
{config.prm.learning_rate:g} |

Completers: `same` is the policy that writes the chains; `weak` is the same network trained for \
{config.weak.steps} steps only (`python -m experiments.pretraining.pretrain --steps \
{config.weak.steps} --seed {config.weak.seed}`, with the strong policy's tokenizer), so its \
labels are biased. Labels of smaller K are made of the first rollouts of the largest. All \
methods take the same number of steps; `joint` and the ORM also learn the finished programs of \
meta problems, which correction and re-weighting use to move labels or weights.
{_base(config)}
How to read the numbers: brackets are 95 % bootstrap intervals over problems \
({config.report.resamples:,} resamples; {config.report.metric_resamples:,} for AUROC, NLL and \
calibration error). Outcomes are averaged over training seeds within a problem first, so the \
intervals hold for these seeds. p is the exact McNemar test on problems that more than half of \
the seeds solve. Many comparisons are made and none is adjusted for their number. "Random" is \
an expectation, "oracle" takes a passing candidate if there is one. "Majority" takes the largest \
group of candidates that print the same on {config.pools.inputs} extra inputs, for which no \
answer is known. Ties go to the earlier candidate; unfinished programs are chosen last.

Correction settings (method `correct`; `reweight` keeps the defaults), by completer:

```yaml
{settings}
```"""


def _base(config: ExperimentConfig) -> str:
    base = config.base
    if base is None:
        return ""
    network = "the embedded policy's network"
    if base.network is not None:
        network = (
            f"a network of {base.network.layers} layers and width {base.network.width} "
            "that has learned the world's programs as the policy has"
        )
    return f"""
All trainings start from the same base: {network}, then trained as an ORM on one judged program \
each of {base.problems:,} problems that no split has (epochs {base.epochs:g}, learning rate \
{base.learning_rate:g}). It stands for what a large code model knows of right and wrong before \
it sees a label, and makes the comparison one of fine-tuning.
"""


def _findings(report: Report) -> str:
    """Methods against each other over all K, where there are several; and the searches."""
    lines = []
    pooled = [row for row in report["pairs"] if row["k"] == "all"]
    for row in pooled or report["pairs"]:
        which = "all K together" if row["k"] == "all" else f"K = {row['k']}"
        chosen = row["best_of"][str(row["n"])]
        text = f"- Completer {row['completer']}, {which}: `{row['first']}` is "
        text += f"{_say(chosen)} `{row['second']}` by best of {row['n']}"
        for kind, what in (("finished", "programs"), ("prefix", "prefixes")):
            if kind in row:
                text += f", {_say(row[kind]['nll'], lower=True)} it by NLL on {what}"
        lines.append(text)
    for one in report["searches"]:
        said = _say(one["difference"])
        lines.append(f"- At equal tokens, n = {one['n']}: {one['search']} is {said} best-of-n")
    found = "\n".join(f"{line}." for line in lines)
    return f"## What came out\n\n{found}" if lines else ""


def _say(difference: Report, *, lower: bool = False) -> str:
    words = judge_difference(difference, lower=lower)
    return f"{words} ({format_estimate(difference, sign=True)})"


def _best_of(report: Report, config: ExperimentConfig, pictures: Sequence[str]) -> str:
    numbers = [str(n) for n in config.report.n]
    middle = "8" if "8" in numbers else numbers[-1]
    head = ["choice", "seeds", *(f"best of {n}" for n in numbers)]
    head += [f"best of {middle} after public tests", f"regret at {middle}"]
    rows = []
    for way, own in report["baselines"].items():
        if "best_of" in own:
            cells = [format_estimate(own["best_of"][n]) for n in numbers]
            rows.append([way, "-", *cells, format_estimate(own["public"]), "-"])
    for name, own in report["series"].items():
        cells = [format_estimate(own["best_of"][n]) for n in numbers]
        row = [f"`{name}`", str(own["seeds"]), *cells, format_estimate(own["public"])]
        rows.append([*row, format_estimate(own["regret"][middle])])
    return "\n\n".join(
        [
            "## Share of problems solved by the chosen candidate",
            "Public tests never count in the columns without them. Regret is oracle minus choice.",
            markdown_table(head, rows),
            *_picture(pictures, "best-of-n.png", "Problems solved against n"),
            *_picture(pictures, "rollouts.png", "Best-of-n and NLL on prefixes against K"),
        ]
    )


def _pairs(report: Report) -> str:
    if not report["pairs"]:
        return ""
    rows = []
    for row in report["pairs"]:
        one = row["best_of"][str(row["n"])]
        found = one["mcnemar"]
        cells = [format_estimate(row.get(kind, {}).get(name), sign=True) for kind, name in SCORES]
        rows.append(
            [
                row["completer"],
                str(row["k"]),
                f"{row['first']} - {row['second']}",
                format_estimate(one, sign=True),
                f"{found['only_first']} : {found['only_second']}, p = {found['p_value']:.2g}",
                *cells,
            ]
        )
    n = report["pairs"][0]["n"]
    head = ["completer", "K", "difference", f"best of {n}", "solved by one alone", *SCORES.values()]
    return (
        "## Methods against each other\n\nOf NLL and calibration error, less is better.\n\n"
        f"{markdown_table(head, rows)}"
    )


def _against(report: Report) -> str:
    if not report["against"]:
        return ""
    known = {way for own in report["against"].values() for way in own}
    ways = [w for w in ("first", "likelihood", "majority", "base", "orm") if w in known]
    rows = [
        [f"`{name}`", *(format_difference(own.get(way)) for way in ways)]
        for name, own in report["against"].items()
    ]
    head = ["reward model", *(f"minus {way}" for way in ways)]
    n = report["pairs"][0]["n"] if report["pairs"] else ""
    return (
        f"## Reward models against what needs less\n\nBest of {n}.\n\n{markdown_table(head, rows)}"
    )


def _scores(report: Report) -> str:
    likelihood = {"finished": report["baselines"]["likelihood_scores"]}
    rows = []
    for name, own in [("likelihood", likelihood), *report["series"].items()]:
        cells = [format_estimate(own.get(kind, {}).get(what)) for kind, what in SCORES]
        rows.append([f"`{name}`", *cells])
    return (
        "## Scores against outcomes\n\nFinished test programs, and reference prefixes against the "
        "share of their rollouts that passed.\n\n"
        f"{markdown_table(['reward', *SCORES.values()], rows)}"
    )


def _labels(report: Report, pictures: Sequence[str]) -> str:
    if not report["labels"]:
        return ""
    rows = [
        [
            f"`{name}`",
            format_estimate(own["counted"]),
            format_estimate(own["label"]),
            *(
                format_estimate(own[what], sign=True)
                for what in ("difference", "bias_before", "bias_after")
            ),
            f"{own['visits']:.1f}",
        ]
        for name, own in report["labels"].items()
    ]
    head = [
        "series",
        "error as counted",
        "error corrected",
        "difference",
        "bias as counted",
        "bias corrected",
        "corrections",
    ]
    return "\n\n".join(
        [
            "## Did labels move towards the truth?",
            "Mean squared error of labels against the share that passes among rollouts of the "
            "strong policy which the labels did not use. That share is noisy too: its noise "
            "adds the same to both errors and nothing to their difference. Less is better.",
            markdown_table(head, rows),
            *_picture(pictures, "labels.png", "Labels against the truth"),
        ]
    )


def _searches(report: Report, config: ExperimentConfig) -> str:
    if not report["searches"]:
        return ""
    rows = [
        [
            one["search"],
            str(one["n"]),
            f"{one['tokens']:.0f}",
            format_estimate(one["solved"]),
            f"{one['m']:.1f}",
            f"{one['pool_tokens']:.0f}",
            format_estimate(one["pool_solved"]),
            format_difference(one["difference"]),
            f"{one['short']:.0%}",
        ]
        for one in report["searches"]
    ]
    head = ["search", "n", "tokens", "solved", "best of m, m", "its tokens", "its solved"]
    head += ["search - best-of-m", "pool too small"]
    first = report["searches"][0]
    return (
        "## Beam search against best-of-n at equal tokens\n\n"
        f"The first {first['problems']} test problems, width {config.searches.width or 'n / 2'}, "
        f"led by the reward model of fingerprint `{first['reward'][:8]}` alone (no public tests). "
        "Best-of-m takes the fewest candidates of the pool that cost at least the search's "
        "tokens on that problem, so rounding favours it; where the whole pool costs less, all "
        f"of it.\n\n{markdown_table(head, rows)}"
    )


def _tuning(report: Report, config: ExperimentConfig) -> str:
    if not report["tuning"]:
        return ""
    rows = [
        [
            completer,
            name,
            f"`{config.tuning.settings[name] or 'defaults'}`",
            f"{programs:.4f}",
            f"{prefixes:.4f}",
            f"{solved:.3f}",
        ]
        for completer, trials in report["tuning"].items()
        for name, programs, prefixes, solved in trials
    ]
    head = [
        "completer",
        "settings",
        "what differs from the defaults",
        "NLL, programs",
        "NLL, prefixes",
        "best of all candidates",
    ]
    return (
        "## Correction settings, chosen on validation problems\n\n"
        f"K = {config.tuning.k}, seed {config.tuning.seed}; of each completer the best come "
        "first, by the mean of both NLLs, and are what the grid uses. Prefixes are measured by "
        f"{config.pools.reference_rollouts} rollouts of the strong policy, one of each validation "
        "problem. Test problems took no part in this choice "
        f"(`python -m experiments.label_correction tune`).\n\n{markdown_table(head, rows)}"
    )


def _picture(pictures: Sequence[str], name: str, caption: str) -> list[str]:
    return [f"![{caption}](miniature/{name})"] if name in pictures else []
