"""A run's report as one page of HTML: no network, no fonts, and nothing in it is trusted.

Problems and programs stand in the page as JSON. The page's script draws them when they are
opened, as text only, so a thousand problems stay light.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dreamcode.bench.report.contents import (
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
from dreamcode.bench.report.describe import describe_problem
from dreamcode.bench.report.figures import draw_figures
from dreamcode.bench.report.load import RunView
from dreamcode.bench.report.markdown import clean
from dreamcode.bench.report.views import ProblemView

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
_UNSAFE = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&"})


@dataclass(frozen=True, slots=True)
class Line:
    """A problem's line in the table of problems.

    Attributes:
        id: the problem's.
        title: "" where it says no more than the id.
        difficulty: or a dash.
        platform: or a dash.
        date: of the contest, or a dash.
        outcome: a word of `OUTCOMES`.
        chosen: what the hidden tests said of the chosen program, or a dash.
        right: samples that passed all tests.
        samples: samples that were asked for.
        reward: of the chosen program; None if unknown.
        tokens: that were written; None if unknown.
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
    tokens: int | None


def render_html(view: RunView) -> str:
    """The whole page of a benchmark's run, or of one that solved a problem.

    Raises:
        InputError: a journal is damaged, or a library is missing.
    """
    folder = resources.files(__package__) / "page"
    style, script = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js"))
    page = _environment().get_template("page.html.j2")
    return page.render(
        style=Markup(style),
        script=Markup(script),
        policy=content_policy(script),
        title=view.benchmark or view.problems[0].title,
        state=describe_state(view) if view.benchmark else _describe_solving(view),
        set_up=tabulate_set_up(view),
        command=find_command(view),
        blocks=_data_blocks(view),
        **(_benchmark_parts(view) if view.benchmark else {"benchmark": False}),
    )


def content_policy(script: str) -> str:
    """The page's Content-Security-Policy: it may run its own script and load nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def embed_json(value: object) -> Markup:
    """`value` as JSON that ends no script element, whatever text is in it."""
    return Markup(json.dumps(value, separators=(",", ":")).translate(_UNSAFE))


def _benchmark_parts(view: RunView) -> dict[str, Any]:
    lines = [_line(problem) for problem in view.problems]
    outcomes = {line.outcome for line in lines}
    return {
        "benchmark": True,
        "tiles": _tiles(view),
        "results": list(tabulate_results(view)),
        "figures": draw_figures(view),
        "details": [table for table in (tabulate_curve(view), tabulate_calibration(view)) if table]
        + [tabulate_spending(view)],
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


def _tiles(view: RunView) -> list[tuple[str, str, str]]:
    """The figures to look at first: name, value, interval."""
    whole = view.measures["all"]
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
    tokens = view.measures["spent"]["tokens_a_solved_problem"]
    if tokens is not None:
        tiles.append(("tokens a solved problem", f"{tokens:,.0f}", ""))
    return tiles


def _line(problem: ProblemView) -> Line:
    first = problem.chosen
    return Line(
        problem.id,
        problem.title if problem.title != problem.id else "",
        problem.difficulty or UNKNOWN,
        problem.platform or UNKNOWN,
        f"{problem.contest_date:%Y-%m-%d}" if problem.contest_date else UNKNOWN,
        _outcome(problem),
        describe_choice(problem) if problem.ranked else UNKNOWN,
        problem.right,
        problem.samples or 0,
        first.reward if first else None,
        problem.spent.completion_tokens if problem.spent else None,
    )


def _outcome(problem: ProblemView) -> str:
    if not problem.right:
        return "none"
    if not problem.ranked:
        return "some"
    grade = problem.chosen.grade if problem.chosen else None
    return "solved" if grade and grade.accepted else "missed"


def _describe_solving(view: RunView) -> str:
    problem, settings = view.problems[0], view.settings
    words = f"{problem.id}, {settings.get('search')} with n = {settings.get('n')}"
    return words if problem.spent else f"{words}: the run has not ended"


def _data_blocks(view: RunView) -> Iterator[Markup]:
    """A problem's JSON each; its journal is read here and let go of."""
    for problem in view.problems:
        yield embed_json(describe_problem(problem, view.trace(problem)))


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
