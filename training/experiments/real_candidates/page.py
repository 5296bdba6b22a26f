"""docs/real-candidates.md: the results for people."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_estimate, markdown_table
from dreamcode.grading.statistics import Estimate
from experiments.real_candidates.results import MEASURES, Measures, Results

WAYS = {
    "reward": "the reward model",
    "likelihood": "likelihood under the base, untrained",
    "length": "the shortest program",
    "writer": "how often its writer was right on train",
    "chance": "chance",
    "oracle": "an oracle",
}
NUMBERS = "real-candidates.json"


def write_page(docs: Path, results: Results) -> None:
    """Writes `docs`/real-candidates.md."""
    write_whole(docs / "real-candidates.md", "\n\n".join(render(results)) + "\n")


def render(results: Results) -> Iterable[str]:
    """The page's paragraphs."""
    yield "# A reward model from real programs"
    yield (
        "This page is written by `python -m experiments.real_candidates report` from "
        f"[{NUMBERS}]({NUMBERS}); do not edit it. The programs, by many models and with "
        "LiveCodeBench's official verdicts on hidden tests, are no part of the repository."
    )
    yield from _render_question(results)
    yield from _render_ranking(results)
    yield from _render_calibration(results)
    yield "## Settings"
    yield "What training took; the rest has its default ([training.md](training.md))."
    yield markdown_table(["setting", "value"], [[f"`{n}`", v] for n, v in _list_settings(results)])


def _render_question(results: Results) -> Iterable[str]:
    rows = [
        [split, str(own.problems), str(own.mixed), f"{own.programs:,}", f"{own.passed:.1%}"]
        for split, own in results.splits.items()
    ]
    config = results.config
    yield (
        "SmolLM2-135M with low-rank adapters learns from verdicts which programs are right, on "
        f"problems of contests before {config['validation']}. Those from {config['test']} on are "
        "the test; what lies between calibrates it. Train has only problems with right and wrong "
        "programs; equal programs count once, and a problem has at most "
        f"{config['programs']['train']} programs in train, {config['programs']['held']} in test."
    )
    yield markdown_table(
        ["split", "problems", "with right and wrong programs", "programs", "right"], rows
    )


def _render_ranking(results: Results) -> Iterable[str]:
    yield "## Which program is right"
    yield (
        f"Share of the {results.pairs:,} pairs of a right and a wrong program of one problem that "
        f"are ranked rightly; the same of the {results.pairs_of_one_writer:,} pairs of which one "
        "model wrote both, where the style of a good writer tells nothing; AUROC over all "
        f"problems; and the share of problems solved by the best of {results.config['n']}. "
        "Brackets: 95 % bootstrap intervals over problems."
        + (
            f" {results.unscored} programs do not fit the window; no row counts them."
            if results.unscored
            else ""
        )
    )
    head = ["ranked by", *MEASURES.values()]
    yield markdown_table(head, _list_rows(results.measures, sign=False))
    yield "What the reward model adds, on the same draws of problems:"
    others = {way: own for way, own in results.differences.items() if way != "oracle"}
    yield markdown_table(["beside", *MEASURES.values()], _list_rows(others, sign=True))
    yield " ".join(
        _conclude(WAYS[way], others[way]["pairs"])
        for way in ("chance", "likelihood", "length", "writer")
        if way in others
    )


def _render_calibration(results: Results) -> Iterable[str]:
    own = results.foretold
    if own is None:
        return
    rows = [["the reward", *map(_cell, (own.nll, own.brier, own.ece))]]
    if (flat := own.constant) is not None:
        numbers = [f"{one:.3f}" for one in (flat.nll, flat.brier, flat.ece)]
        rows.append([f"the constant {flat.value:.3f}", *numbers])
    yield "## Chances"
    yield (
        f"The reward of all {own.count:,} test programs as the chance to be right, calibrated on "
        "validation, beside the share that is right there."
    )
    yield markdown_table(["", "NLL", "Brier", "calibration error"], rows)


def _list_rows(table: Mapping[str, Measures], *, sign: bool) -> list[list[str]]:
    return [
        [WAYS[way], *(_cell(own[name], sign=sign) for name in MEASURES)]
        for way, own in table.items()
    ]


def _conclude(what: str, difference: Estimate | None) -> str:
    if difference is None:
        return f"Beside {what} nothing can be said."
    if difference.low > 0:
        return f"Within problems it ranks better than {what}."
    if difference.high < 0:
        return f"Within problems it ranks worse than {what}."
    return f"That it ranks better or worse than {what} within problems is not shown."


def _list_settings(results: Results) -> Iterable[tuple[str, str]]:
    prm = results.config["prm"]
    for name in ("method", "template", "window", "epochs", "batch", "accumulation"):
        yield f"prm.{name}", str(prm[name])
    yield "prm.learning_rate", f"{prm['learning_rate']:g}"
    for name, value in (prm["lora"] or {}).items():
        yield f"prm.lora.{name}", str(value)


def _cell(estimate: Estimate | None, *, sign: bool = False) -> str:
    return format_estimate(None if estimate is None else asdict(estimate), sign=sign)
