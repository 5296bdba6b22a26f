"""The Markdown report says what was measured, and nothing else that strangers wrote."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.bench.measures import measure
from dreamcode.bench.report.markdown import escape, render_markdown
from dreamcode.bench.report.run import Run, read_run
from dreamcode.errors import InputError
from dreamcode.grading.estimates import format_estimate
from dreamcode.runs.result_files import RESULTS
from tests.bench.report.runs import SETTINGS, write_results

CELLS = re.compile(r"(?<!\\)\|")


def sections(text: str) -> dict[str, str]:
    """Text by heading."""
    _, *parts = text.split("\n## ")
    return dict(part.split("\n", 1) for part in parts)


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in CELLS.split(line)[1:-1]] for line in lines]


def test_the_set_up_is_all_that_is_needed_to_repeat_the_run(benchmark: Run) -> None:
    text = render_markdown(benchmark)
    told = dict(rows(sections(text)["Set-up"])[2:])
    assert {name: told[name] for name in SETTINGS} == {k: str(v) for k, v in SETTINGS.items()}
    assert told["source"] == "five doubles (of ours)"
    assert told["packages, torch"] == "2.6.0"
    assert told["time limit"] == told["part"] == "-"
    assert "    dreamcode bench doubles --n 6\n" in text


def test_shares_are_those_that_were_measured(benchmark: Run) -> None:
    found = benchmark.measures
    by_difficulty = {
        row[0]: row[1:] for row in rows(sections(render_markdown(benchmark))["By difficulty"])
    }
    assert by_difficulty["difficulty"] == [
        "problems", "programs", "tokens", "pass@1", "pass@5", "chosen", "oracle", "regret",
    ]  # fmt: skip
    for label, group in {**found["difficulty"], "all": found["all"]}.items():
        assert by_difficulty[label] == [
            str(group["problems"]),
            "6.0",
            f"{group['tokens']:,.0f}",
            format_estimate(group["pass_at"]["1"]),
            format_estimate(group["pass_at"]["5"]),
            format_estimate(group["chosen"]),
            format_estimate(group["oracle"]),
            format_estimate(group["regret"], sign=True),
        ]
    assert by_difficulty["all"][5].startswith("0.600 [")
    assert {"By platform", "By month"} <= sections(render_markdown(benchmark)).keys()


def test_curves_and_costs_are_tables(benchmark: Run) -> None:
    told = sections(render_markdown(benchmark))
    head, _, *points = rows(told["Accuracy against n"])
    assert head == ["n", "tokens per problem", "dollars per problem", "chosen", "oracle"]
    assert [point[0] for point in points] == ["1", "2", "4", "6"]
    spent = benchmark.measures["spent"]
    assert float(points[-1][2]) == pytest.approx(spent["dollars"] / 5, abs=1e-4)
    assert int(points[-1][1]) == round(spent["completion_tokens"] / 5)
    assert dict(rows(told["Spending"]))["policy calls"] == str(spent["calls"])


def test_rewards_are_compared_with_what_became_of_programs(benchmark: Run) -> None:
    section = sections(render_markdown(benchmark))["Calibration of rewards"]
    filled = {row[0]: row[1:] for row in rows(section)[2:] if row[1] != "0"}
    # Four squares that fail, what passes, and the one that fails hidden tests only.
    assert filled["0.3 to 0.4"] == ["4", "0.300", "0.000"]
    assert filled["0.6 to 0.7"] == ["4", "0.600", "1.000"]
    assert filled["0.9 to 1.0"] == ["1", "0.900", "0.000"]
    assert "Expected calibration error 0.411." in section


def test_every_problem_has_a_line(benchmark: Run) -> None:
    head, _, *lines = rows(sections(render_markdown(benchmark))["Problems"])
    assert len(lines) == 5
    assert all(len(line) == len(head) for line in lines)
    told = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    assert told["double-easy"]["chosen"] == "accepted"
    assert told["double-hard"]["chosen"] == "wrong answer (3 of 4 passed)"
    assert told["double-hard"]["right samples"] == "2 of 6"
    assert told["hopeless"]["right samples"] == "0 of 6"


def test_what_strangers_wrote_is_no_markup(benchmark: Run) -> None:
    text = render_markdown(benchmark)
    assert not re.search(r"(?<!\\)<", text)
    assert text.encode()
    assert escape("a|b\n# c <b> [x](y) \ud800 `d` snake_case") == (
        "a\\|b # c \\<b\\> [x\\](y) \N{REPLACEMENT CHARACTER} \\`d\\` snake_case"
    )


def test_a_run_that_goes_on_says_so(copied: Path, benchmark: Run) -> None:
    write_results(copied, benchmark.results[:3])
    assert "3 of 5 problems: the run has not ended." in render_markdown(read_run(copied))


def test_without_the_file_of_results_those_of_the_problems_are_read(
    copied: Path, benchmark: Run
) -> None:
    (copied / RESULTS).unlink()
    (copied / "measures.json").unlink()
    view = read_run(copied)
    assert {one.problem for one in view.results} == {one.problem for one in benchmark.results}
    assert view.measures["all"] == measure(view.results)["all"]


def test_measures_of_another_number_of_results_are_not_believed(
    copied: Path, benchmark: Run
) -> None:
    recorded = (copied / "measures.json").read_text()
    write_results(copied, benchmark.results[:3])
    (copied / "measures.json").write_text(recorded)
    assert read_run(copied).measures["all"]["problems"] == 3


def test_programs_among_which_nothing_was_chosen(copied: Path, benchmark: Run) -> None:
    write_results(copied, [replace(result, ranked=False) for result in benchmark.results])
    told = sections(render_markdown(read_run(copied)))
    assert "Accuracy against n" not in told
    assert "chosen" not in rows(told["By difficulty"])[0]
    assert {row[2] for row in rows(told["Problems"])[2:]} == {"none chosen"}


def test_programs_without_rewards_have_no_calibration(copied: Path, benchmark: Run) -> None:
    bare = [
        replace(result, programs=tuple(replace(one, reward=None) for one in result.programs))
        for result in benchmark.results
    ]
    write_results(copied, bare)
    assert "Calibration of rewards" not in sections(render_markdown(read_run(copied)))


def test_missing_libraries_are_named(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copied / "measures.json").unlink()
    missing: list[str] = []
    for library in ("numpy", "scipy"):
        missing.append(library)
        monkeypatch.setitem(sys.modules, library, None)
        needs = rf"report needs {', '.join(missing)}; run pip install 'dreamcode\[bench\]'"
        with pytest.raises(InputError, match=needs):
            render_markdown(read_run(copied))


def test_a_solved_problem_is_no_benchmark(solution: Run) -> None:
    with pytest.raises(InputError, match="solved one problem"):
        render_markdown(solution)
