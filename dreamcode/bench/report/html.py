"""A run's report as one page of HTML: no network, no fonts, and nothing in it is trusted.

Problems and programs stand in the page as packed JSON. The page's script unpacks and draws them
when they are opened, as text only, so a thousand problems stay light.
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dreamcode.bench.report.figures import draw_figures
from dreamcode.bench.report.problem import describe_problem, list_facts
from dreamcode.bench.report.run import Run
from dreamcode.bench.report.tables import (
    UNKNOWN,
    describe_choice,
    describe_state,
    find_command,
    tabulate_calibration,
    tabulate_curve,
    tabulate_results,
    tabulate_set_up,
    tabulate_spending,
)
from dreamcode.results import Result
from dreamcode.runs.branches import describe_scale
from dreamcode.texts import clean

OUTCOMES = {
    "solved": "chosen is right",
    "missed": "chosen is wrong, another is right",
    "some": "some are right",
    "none": "none is right",
}

COLUMNS = {
    "problem": "text",
    "difficulty": "order",
    "platform": "text",
    "date": "text",
    "chosen": "text",
    "right": "number",
    "reward": "number",
    "tokens": "number",
}
"""Of the table of problems, and how each is sorted."""

_ESTIMATE = re.compile(r"([+-]?[\d.]+) \[([+-]?[\d.]+), ([+-]?[\d.]+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """A problem's line in the table of problems.

    Attributes:
        id: the problem's id.
        title: the problem's title; "" where it says no more than the id.
        difficulty: the problem's difficulty, or a dash.
        platform: where the problem comes from, or a dash.
        date: day of the contest, or a dash.
        outcome: a word of `OUTCOMES`.
        chosen: what the hidden tests said of the chosen program, or a dash.
        right: samples that passed all tests.
        samples: samples that were asked for.
        reward: reward of the chosen program; None if unknown.
        tokens: tokens that were written.
    """

    id: str
    title: str
    difficulty: str
    platform: str
    date: str
    outcome: str
    chosen: str
    right: int
    samples: int
    reward: float | None
    tokens: int


def render_html(run: Run) -> str:
    """The whole page of a benchmark's run, or of one that solved a problem.

    Raises:
        InputError: a journal is damaged, or a library is missing.
    """
    folder = resources.files(__package__) / "page"
    names = ("page.css", "difference.js", "page.js", "theme.js")
    style, *scripts = ((folder / name).read_text("utf-8") for name in names)
    script = "\n".join(scripts)
    page = _environment().get_template("page.html.j2")
    return page.render(
        style=Markup(style),
        script=Markup(script),
        policy=content_policy(script),
        title=run.benchmark or run.results[0].title,
        state=describe_state(run) if run.benchmark else _describe_solving(run),
        set_up=tabulate_set_up(run),
        command=find_command(run),
        blocks=_data_blocks(run),
        **(_benchmark_parts(run) if run.benchmark else {"benchmark": False}),
    )


def content_policy(script: str) -> str:
    """The page's Content-Security-Policy: it may run its own script and load nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def pack(value: object) -> str:
    """`value` as JSON, gzipped, in letters that end no script element whatever text is in it."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def _benchmark_parts(run: Run) -> dict[str, Any]:
    lines = [_line(result) for result in run.results]
    outcomes = {line.outcome for line in lines}
    return {
        "benchmark": True,
        "tiles": _tiles(run),
        "results": list(tabulate_results(run)),
        "figures": draw_figures(run),
        "details": [table for table in (tabulate_curve(run), tabulate_calibration(run)) if table]
        + [tabulate_spending(run)],
        "lines": lines,
        "columns": {
            name: kind
            for name, kind in COLUMNS.items()
            if any(getattr(line, name, "") not in (UNKNOWN, None) for line in lines)
        },
        "difficulties": list(dict.fromkeys(line.difficulty for line in lines)),
        "platforms": sorted({line.platform for line in lines}),
        "outcomes": {name: words for name, words in OUTCOMES.items() if name in outcomes},
    }


def _tiles(run: Run) -> list[tuple[str, str, str]]:
    """The figures to look at first: name, value, interval."""
    whole = run.measures["all"]
    named = {"chosen": "chosen is right", "oracle": "any is right (oracle)", "regret": "regret"}
    wanted = [(name, whole.get(key)) for key, name in named.items()]
    if "1" in whole["pass_at"]:
        wanted.append(("pass@1", whole["pass_at"]["1"]))
    tiles = [
        (
            name,
            f"{100 * estimate['value']:.1f} %",
            f"{100 * estimate['low']:.1f} to {100 * estimate['high']:.1f}",
        )
        for name, estimate in wanted
        if estimate is not None
    ]
    tokens = run.measures["spent"]["tokens_a_solved_problem"]
    if tokens is not None:
        tiles.append(("tokens per solved problem", f"{tokens:,.0f}", ""))
    return tiles


def _line(result: Result) -> Line:
    best = result.best
    return Line(
        result.problem,
        result.title if result.title != result.problem else "",
        result.difficulty or UNKNOWN,
        result.platform or UNKNOWN,
        f"{result.contest_date:%Y-%m-%d}" if result.contest_date else UNKNOWN,
        _outcome(result),
        describe_choice(result) if result.ranked else UNKNOWN,
        sum(result.graded),
        result.samples,
        best.reward if best else None,
        result.spent.completion_tokens,
    )


def _outcome(result: Result) -> str:
    if not any(result.graded):
        return "none"
    if not result.ranked:
        return "some"
    return "solved" if result.best and result.best.right else "missed"


def _describe_solving(run: Run) -> str:
    settings = run.settings
    words = f"{run.results[0].problem}, {settings.get('search')} with n = {settings.get('n')}"
    return words if run.ended else f"{words}: the run has not ended"


def _data_blocks(run: Run) -> Iterator[str]:
    """The packed JSON of each problem; its journal is read here and let go of."""
    for result in run.results:
        trace = run.trace(result)
        models = {"tree": trace.reward_model, "programs": result.reward_model}
        scales = {name: describe_scale(model) for name, model in models.items()}
        added = {"facts": list_facts(result), "scales": scales}
        yield pack(describe_problem(result, trace) | added)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dreamcode.bench.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["estimate"] = _draw_estimate
    return environment


def _finalize(value: object) -> object:
    """Text without halves of surrogate pairs, which no file can hold."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value


def _draw_estimate(cell: str) -> Markup:
    """A cell; shares with an interval get a bar."""
    found = _ESTIMATE.fullmatch(cell)
    if found is None:
        return escape(_finalize(cell))
    value, low, high = found.groups()
    bar = (
        Markup('<span class="bar" style="--low:{};--value:{};--high:{}"></span>').format(
            low, value, high
        )
        if value[0] not in "+-"
        else ""
    )
    return Markup('{} <span class="interval">{} to {}</span>{}').format(value, low, high, bar)
