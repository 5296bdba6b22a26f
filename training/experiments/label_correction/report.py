"""docs/miniature.md: the experiment's results, put into the text of miniature.md.j2."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined

from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_difference, format_estimate
from dreamcode_training.evaluation.bootstrap import METRIC_RESAMPLES
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.results import Report

SCORES = {
    "programs auroc": "AUROC, programs",
    "programs pairs": "right within a problem",
    "programs nll": "NLL, programs",
    "programs calibration": "calibration error, programs",
    "prefixes auroc": "AUROC, prefixes",
    "prefixes nll": "NLL, prefixes",
    "prefixes calibration": "calibration error, prefixes",
}
"""Columns of statistics of scores."""


def write_report(docs: Path, results: Report) -> None:
    """Writes miniature.md and the pictures in miniature/."""
    pictures = draw_pictures(docs / "miniature", results)
    write_whole(docs / "miniature.md", render(results, [path.name for path in pictures]))


def render(results: Report, pictures: Sequence[str]) -> str:
    """The page, with those of its pictures that there are."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    signed = partial(format_estimate, sign=True)
    environment.filters |= {"cell": format_estimate, "signed": signed, "say": say}
    environment.filters["difference"] = format_difference
    config = ExperimentConfig.model_validate(results["config"])
    choices = results["baselines"] | results["series"]
    corrections = {one: config.correction_of(one).model_dump() for one in config.grid.completers}
    known = {way for one in results["series"].values() for way in one["against"]}
    text = Path(__file__).with_name("miniature.md.j2").read_text("utf-8")
    page = environment.from_string(text).render(
        results=results,
        config=config,
        metric_resamples=min(config.eval.resamples, METRIC_RESAMPLES),
        choices=choices,
        titles=SCORES,
        done=sum(results["devices"].values()),
        corrections=yaml.safe_dump(corrections, sort_keys=False).strip(),
        headlines=[pair for pair in results["pairs"] if pair["k"] is None] or results["pairs"],
        against=[way for way in choices if way in known],
        pictures=pictures,
    )
    return page.rstrip("\n") + "\n"


def say(found: Report, *, lower: bool = False) -> str:
    """What the interval allows to say of the first beside the second; `lower`: less is better."""
    if found["low"] <= 0 <= found["high"]:
        words = "not distinguishable from"
    else:
        words = "better than" if (found["low"] > 0) != lower else "worse than"
    return f"{words} ({format_estimate(found, sign=True)})"
