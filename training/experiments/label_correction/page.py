"""docs/miniature.md: the experiment's results, put into the text of miniature.md.j2."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from dreamcode.files import write_whole
from dreamcode.grading.estimates import format_estimate
from dreamcode.grading.statistics import Estimate
from experiments.label_correction.arms import UNCALIBRATED, series_name
from experiments.label_correction.config import ExperimentConfig, Primary, read_primary
from experiments.label_correction.pictures import draw_pictures
from experiments.label_correction.results import Comparison, Results, Series
from experiments.label_correction.verdicts import SURE, claim, judge, tell

SECONDARY = {"best of 8": "best of 8 by last", "best of 8, mean log-odds": "by mean log-odds"}
"""Measures that no claim is about, and their columns."""


def write_page(docs: Path, results: Results) -> None:
    """Writes miniature.md and the pictures in miniature/."""
    primary = read_primary()
    pictures = [path.name for path in draw_pictures(docs / "miniature", results, primary)]
    write_whole(docs / "miniature.md", render(results, primary, pictures))


def render(results: Results, primary: Primary, pictures: list[str]) -> str:
    """The page, with those of its pictures that there are."""
    config = ExperimentConfig.model_validate(results.config)
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"cell": cell, "number": number, "judge": judge}
    text = Path(__file__).with_name("miniature.md.j2").read_text("utf-8")
    page = environment.from_string(text).render(
        results=results,
        config=config,
        primary=primary,
        pictures=pictures,
        secondary=SECONDARY,
        sure=SURE,
        whole=list(list_series(results, config, cut=False)),
        cut=list(list_series(results, config, cut=True)),
        answers=answer(results, primary, config, cut=False),
        cut_answers=answer(results, primary, config, cut=True),
        calibrations=compare_calibrations(results, config),
        differences=[
            (*names, {one.measure: one for one in group})
            for names, group in groupby(
                results.comparisons, key=lambda one: (one.claimant, one.rival, one.k)
            )
        ],
        labels={name: one.labels for name, one in results.series.items() if one.labels},
    )
    return page.rstrip("\n") + "\n"


def list_series(
    results: Results, config: ExperimentConfig, *, cut: bool
) -> Iterator[tuple[str, Series]]:
    """What there is of the arms whose chains are whole, or cut off; the constant first."""
    names = ["constant"]
    for arm, settings in config.arms.items():
        if settings.cut == cut:
            both = [UNCALIBRATED, arm] if arm == "mc" else [arm]
            names += [series_name(one, settings, k) for one in both for k in config.k_of(settings)]
    for name in dict.fromkeys(names):
        if (series := results.series.get(name)) is not None:
            yield name, series


def answer(results: Results, primary: Primary, config: ExperimentConfig, *, cut: bool) -> list[str]:
    """What the comparisons allow to say of each claimant, a few sentences each."""
    claims = [
        claim(claimant, rivals, results.comparisons)
        for claimant, rivals in primary.claims.items()
        if claimant in config.arms and config.arms[claimant].cut == cut
    ]
    return claims if cut else [*claims, *_answer_plain(results.comparisons, primary)]


def _answer_plain(comparisons: list[Comparison], primary: Primary) -> Iterator[str]:
    for claimant, rivals in primary.plain.items():
        found = {
            rival: [one for one in comparisons if (one.claimant, one.rival) == (claimant, rival)]
            for rival in rivals
        }
        said = [f"Beside `{rival}`: {tell(own)}." for rival, own in found.items() if own]
        if said:
            yield f"`{claimant}`, which needs no rollout. {' '.join(said)}"


def compare_calibrations(
    results: Results, config: ExperimentConfig
) -> list[tuple[int, Series, Series]]:
    """Of every K, `mc` with one calibration for all, and with one of its own for prefixes."""
    series = results.series
    pairs = [(k, f"{UNCALIBRATED}-k{k}", f"mc-k{k}") for k in config.k]
    return [(k, series[one], series[two]) for k, one, two in pairs if {one, two} <= series.keys()]


def cell(estimate: Estimate, *, sign: bool = False) -> str:
    """A number with its interval."""
    return "-" if math.isnan(estimate.value) else format_estimate(asdict(estimate), sign=sign)


def number(value: float, form: str = ".3f") -> str:
    """A number of three digits; "-" where it is not defined."""
    return "-" if math.isnan(value) else format(value, form)
