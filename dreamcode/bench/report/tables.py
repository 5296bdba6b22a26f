"""What a report of a benchmark says, as tables of text; pages and terminals only draw them."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dreamcode.bench.report.run import Run
from dreamcode.grading.estimates import format_estimate
from dreamcode.results import Result

Row = tuple[str, ...]

GROUPS = {"difficulty": "By difficulty", "platform": "By platform", "month": "By month"}
UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text.

    Attributes:
        title: heading of the table.
        head: heads of the columns.
        rows: rows of cells, each as long as `head`.
        note: what a reader has to know beside the table; "" if nothing.
    """

    title: str
    head: Row
    rows: tuple[Row, ...]
    note: str = ""


def describe_state(run: Run) -> str:
    """What the run is of, in a line; says so if problems are still missing."""
    words = [str(run.config.get(name) or "") for name in ("source", "part")]
    done = len(run.results)
    words.append(
        f"{done:,} problems"
        if done >= run.wanted
        else f"{done:,} of {run.wanted:,} problems: the run has not ended"
    )
    return ", ".join(word for word in words if word)


def tabulate_set_up(run: Run) -> Table:
    """All that is needed to repeat the run, its command aside."""
    config = {name: value for name, value in run.config.items() if name != "settings"}
    environment = {name: value for name, value in run.environment.items() if name != "command"}
    rows = [
        (name, value)
        for part in (config, run.settings, environment)
        for name, value in _flatten(part)
    ]
    return Table("Set-up", ("what", "value"), tuple(rows))


def find_command(run: Run) -> str:
    """The command that made the run; "" if it is not on record."""
    command = run.environment.get("command") or ""
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def tabulate_results(run: Run) -> Iterator[Table]:
    """Shares of problems solved: of all, by difficulty, platform and month where known."""
    measures = run.measures
    for name, title in GROUPS.items():
        if name in measures:
            groups = dict(measures[name])
            if name == "difficulty":
                groups["all"] = measures["all"]
            yield _tabulate_groups(title, name, groups)
        elif name == "difficulty":
            yield _tabulate_groups("All problems", "problems", {"all": measures["all"]})


def tabulate_curve(run: Run) -> Table | None:
    """What fewer samples would have given; None where ranks or independence are missing."""
    points = run.measures["curve"]
    if not points:
        return None
    head = ["n", "tokens per problem", "chosen", "oracle"]
    dollars = find_dollars(run)
    if dollars:
        head.insert(2, "dollars per problem")
    rows = []
    for point in points:
        row = [
            str(point["n"]),
            f"{point['tokens']:,.0f}",
            format_estimate(point["chosen"]),
            format_estimate(point["oracle"]),
        ]
        if dollars:
            row.insert(2, f"{dollars * point['n']:.4f}")
        rows.append(tuple(row))
    return Table(
        "Accuracy against n",
        tuple(head),
        tuple(rows),
        "The share that the first in rank of n samples solves, over all sets of n of each "
        "problem's samples. What n samples cost is n times the mean sample.",
    )


def find_dollars(run: Run) -> float | None:
    """Dollars that the mean sample cost; None where no prices were known."""
    dollars: float | None = run.measures["spent"].get("dollars")
    samples = sum(result.samples for result in run.results)
    return dollars / samples if dollars and samples else None


def tabulate_calibration(run: Run) -> Table | None:
    """Rewards of finished programs against what became of them; None where there are none."""
    found = run.calibration
    if found is None:
        return None
    rows = [
        (
            f"{low:.1f} to {high:.1f}",
            str(count),
            UNKNOWN if predicted is None else f"{predicted:.3f}",
            UNKNOWN if observed is None else f"{observed:.3f}",
        )
        for low, high, count, predicted, observed in zip(
            found.edges[:-1], found.edges[1:], found.counts, found.predicted, found.observed,
            strict=True,
        )
    ]  # fmt: skip
    return Table(
        "Calibration of rewards",
        ("reward", "programs", "mean reward", "share right"),
        tuple(rows),
        f"Every distinct finished program once. Expected calibration error {found.error:.3f}.",
    )


def tabulate_spending(run: Run) -> Table:
    """What the run took."""
    spent = run.measures["spent"]
    rows = [
        ("policy calls", f"{spent['calls']:,}"),
        ("prompt tokens", f"{spent['prompt_tokens']:,}"),
        ("completion tokens", f"{spent['completion_tokens']:,}"),
        ("seconds, all problems", f"{spent['problem_seconds']:,.0f}"),
        ("completion tokens per solved problem", _number(spent["tokens_a_solved_problem"], ",.0f")),
    ]
    if "dollars" in spent:
        rows += [
            ("dollars", f"{spent['dollars']:,.2f}"),
            ("dollars per solved problem", _number(spent["dollars_a_solved_problem"], ",.4f")),
        ]
    return Table("Spending", ("what", "amount"), tuple(rows))


def tabulate_problems(run: Run) -> Table:
    """A line per problem."""
    head = (
        "problem", "difficulty", "chosen", "right samples", "reward", "tokens", "written",
        "enough by",
    )  # fmt: skip
    rows = tuple(
        (
            result.problem,
            result.difficulty or UNKNOWN,
            describe_choice(result),
            f"{sum(result.graded)} of {result.samples}",
            _number(result.best.reward if result.best else None, ".2f"),
            f"{result.spent.completion_tokens:,}",
            f"{result.samples} of {result.allowed}" if result.allowed else UNKNOWN,
            result.stopped or UNKNOWN,
        )
        for result in run.results
    )
    note = "The oracle solves every problem with a right sample."
    return Table("Problems", head, rows, note)


def describe_choice(result: Result) -> str:
    """What the hidden tests said of the program that was chosen."""
    if not result.ranked:
        return "none chosen"
    if result.best is None:
        return "no program"
    grade = result.best.grade
    if grade is None:
        return UNKNOWN
    if grade.accepted:
        return str(grade.verdict)
    return f"{grade.verdict} ({grade.passed} of {grade.tests} passed)"


def _tabulate_groups(title: str, name: str, groups: Mapping[str, Mapping[str, Any]]) -> Table:
    ks = sorted({k for group in groups.values() for k in group["pass_at"]}, key=int)
    ranked = any("chosen" in group for group in groups.values())
    head = [name, "problems", "programs", "tokens", *(f"pass@{k}" for k in ks)]
    head += ["chosen", "oracle", "regret"] if ranked else ["oracle"]
    rows = []
    for label, group in groups.items():
        row = [label, str(group["problems"]), f"{group['written']:.1f}", f"{group['tokens']:,.0f}"]
        row += [format_estimate(group["pass_at"].get(k)) for k in ks]
        if ranked:
            row.append(format_estimate(group.get("chosen")))
        row.append(format_estimate(group["oracle"]))
        if ranked:
            row.append(format_estimate(group.get("regret"), sign=True))
        rows.append(tuple(row))
    note = "Programs written and their tokens are those of the mean problem."
    return Table(title, tuple(head), tuple(rows), note)


def _flatten(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        label = f"{above}{name}".replace("_", " ")
        if isinstance(value, dict):
            yield from _flatten(value, f"{label}, ")
        elif value is None or value == "":
            yield label, UNKNOWN
        elif isinstance(value, list):
            yield label, ", ".join(map(str, value)) or UNKNOWN
        else:
            yield label, str(value)


def _number(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else format(value, form)
