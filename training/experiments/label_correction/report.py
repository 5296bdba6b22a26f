"""docs/miniature.md: the experiment's results, put into the text of miniature.md.j2."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined

from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_difference, format_estimate
from dreamcode.grading.statistics import Estimate
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.results import Difference, Results

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


def write_report(docs: Path, results: Results) -> None:
    """Writes miniature.md and the pictures in miniature/."""
    pictures = draw_pictures(docs / "miniature", results)
    write_whole(docs / "miniature.md", render(results, [path.name for path in pictures]))


def render(results: Results, pictures: Sequence[str]) -> str:
    """The page, with those of its pictures that there are."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"cell": cell, "signed": signed, "difference": difference, "say": say}
    config, choices = results.config, results.baselines | results.series
    corrections = {one: config.correction_of(one).model_dump() for one in config.grid.completers}
    known = {way for one in results.series.values() for way in one.against}
    text = Path(__file__).with_name("miniature.md.j2").read_text("utf-8")
    page = environment.from_string(text).render(
        results=results,
        config=config,
        report=config.report,
        choices=choices,
        titles=SCORES,
        done=sum(results.devices.values()),
        corrections=yaml.safe_dump(corrections, sort_keys=False).strip(),
        headlines=[pair for pair in results.pairs if pair.k is None] or results.pairs,
        against=[way for way in choices if way in known],
        pictures=pictures,
    )
    return page.rstrip("\n") + "\n"


def judge_difference(found: Estimate | Difference, *, lower: bool = False) -> str:
    """What the interval allows to say of the first beside the second; `lower`: less is better."""
    if found.low <= 0 <= found.high:
        return "not distinguishable from"
    return "better than" if (found.low > 0) != lower else "worse than"


def say(found: Estimate | Difference, *, lower: bool = False) -> str:
    """The same with the numbers."""
    return f"{judge_difference(found, lower=lower)} ({signed(found)})"


def cell(found: Estimate | None) -> str:
    """A share or the like, with its interval."""
    return format_estimate(None if found is None else asdict(found))


def signed(found: Estimate | Difference | None) -> str:
    """A difference with its interval."""
    return format_estimate(None if found is None else asdict(found), sign=True)


def difference(found: Difference | None) -> str:
    """A difference with its interval and the p of McNemar's test."""
    return format_difference(None if found is None else asdict(found))
