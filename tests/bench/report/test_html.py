"""The page: one file that loads nothing, holds everything, and runs only its own script."""

import base64
import hashlib
import math
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from dreamcode.bench.report.html import pack, render_html
from dreamcode.bench.report.problem import describe_problem
from dreamcode.bench.report.run import Run, read_run
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.policies.policy import Answer, Ending, Proposal, Usage
from dreamcode.problems import Problem
from dreamcode.results import begin_result
from dreamcode.runs.branches import mark_node
from dreamcode.runs.journal import Record
from dreamcode.runs.trace import Node, Trace
from tests.bench.report.pages import Page, program_text
from tests.bench.report.runs import EVIL, EVIL_ID, MARKUP, write_results

FETCHING = ("src", "href", "xlink:href", "action", "data", "poster", "srcset", "background")


@pytest.fixture(scope="module")
def html(benchmark: Run) -> str:
    return render_html(benchmark)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_loads_nothing(html: str, page: Page) -> None:
    for tag, attributes in page.elements:
        for name in FETCHING:
            target = attributes.get(name)
            assert target is None or target.startswith(("#", "data:")), (tag, target)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    links = set(re.findall(r"https?://[^\s\"'<>]+", html))
    assert links <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}  # only names


def test_only_its_own_script_may_run(page: Page) -> None:
    policy = next(
        str(attributes["content"])
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    [script] = [text for attributes, text in page.scripts if "type" not in attributes]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_what_strangers_wrote_stays_text(html: str, page: Page) -> None:
    html.encode()  # halves of surrogate pairs are gone
    assert page.count("img") == 0
    assert page.count("script") == 1 + 5
    assert not any(name.startswith("on") for _, own in page.elements for name in own)
    assert MARKUP in page.text  # of the title, in the table
    evil = next(problem for problem in page.problems if problem["problem"] == EVIL_ID)
    assert evil["statement"].startswith(MARKUP)
    assert EVIL in [program_text(evil, number) for number in range(len(evil["programs"]))]


def test_nothing_ends_a_script_early() -> None:
    text = pack(["</script><!--<script>", "\u2028&", "\ud800"])
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)


def test_every_problem_and_program_is_there(page: Page, benchmark: Run) -> None:
    assert [problem["problem"] for problem in page.problems] == [
        result.problem for result in benchmark.results
    ]
    for problem, result in zip(page.problems, benchmark.results, strict=True):
        assert [program_text(problem, n) for n in range(len(problem["programs"]))] == [
            program.text for program in result.programs
        ]
        assert [program["copies"] for program in problem["programs"]] == [
            program.copies for program in result.programs
        ]
    wrong = next(problem for problem in page.problems if problem["problem"] == "double-hard")
    first = wrong["programs"][0]
    assert first["public"] == {"verdict": "accepted", "passed": 2, "tests": 2, "fault": ""}
    assert first["grade"] == {"verdict": "wrong answer", "passed": 3, "tests": 4, "fault": ""}
    assert (first["reward"], first["rewards"]) == (0.9, [0.6, 0.6, 0.9])


def test_the_same_tables_as_in_the_markdown(page: Page, benchmark: Run) -> None:
    whole = benchmark.measures["all"]
    low, high = (f"{whole['chosen'][end]:.3f}" for end in ("low", "high"))
    assert f"0.600 {low} to {high}" in page.text
    assert "Expected calibration error 0.411." in page.text
    assert "dreamcode bench doubles --n 6" in page.text


def test_curves_are_pictures_with_text(html: str, page: Page) -> None:
    pictures = re.findall(r"<svg .*?</svg>", html, re.DOTALL)
    assert len(pictures) == 4  # against n, tokens and dollars; calibration
    axes = "completion tokens per problem", "samples per problem (n)", "dollars per problem"
    for label in (*axes, "reward"):
        assert any(f">{label}</text>" in picture for picture in pictures)
    ids = [own["id"] for _, own in page.elements if own.get("id")]
    assert len(ids) == len(set(ids))


def test_a_missing_library_for_curves_is_named(
    benchmark: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"dreamcode\[bench\]"):
        render_html(benchmark)


def test_one_problem_needs_no_library_and_has_no_hidden_verdict(
    solution: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = Page(render_html(solution))
    [problem] = page.problems
    assert [program["grade"] for program in problem["programs"]] == [None, None]
    assert [program["public"]["passed"] for program in problem["programs"]] == [2, 0]
    failed = problem["programs"][1]["outcomes"][0]
    assert failed == failed | {"verdict": "wrong answer", "got": "6"}
    assert problem["tests"][0] == {"input": "2", "expected": "4"}
    marks = [branch["mark"]["words"] for branch in problem["tree"] if branch["mark"]]
    assert "✂ outranked" in marks
    assert "Double it" in page.text


def test_the_tree_is_that_of_the_terminal(benchmark: Run, solution: Run) -> None:
    compared = 0
    for view in (benchmark, solution):
        for result in view.results:
            root = view.trace(result).root
            described = describe_problem(result, view.trace(result))
            assert check_branch(
                described, 0, "", {node.source: node for node in walk(root)}
            ) == len(described["tree"])
            compared += len(described["tree"])
    assert compared > 15


def check_branch(described: dict[str, Any], place: int, above: str, nodes: dict[str, Node]) -> int:
    """Compares a branch and those below it with the tree's nodes; returns how many they are."""
    branch, source = described["tree"][place], above
    for step in branch["steps"]:
        source += step["text"]
        node = nodes[source]
        assert (step["name"], step["reward"]) == (node.name, node.reward)
        assert step["likelihood"] == node.likelihood
    if place:
        mark = mark_node(nodes[source])
        assert branch["mark"] == (asdict(mark) if mark else None)
        assert branch["samples"] == nodes[source].samples
    return 1 + sum(check_branch(described, child, source, nodes) for child in branch["children"])


def test_a_finished_branch_names_its_program(benchmark: Run) -> None:
    for result in benchmark.results:
        described = describe_problem(result, benchmark.trace(result))
        ends = [branch for branch in described["tree"] if branch["program"] is not None]
        copies = [0] * len(result.programs)
        for branch in ends:
            copies[branch["program"]] += branch["samples"]
        assert copies == [program.copies for program in result.programs]


def test_a_chain_longer_than_the_stack_is_described() -> None:
    trace, prefix = Trace(), ""
    for number in range(1100):
        step, twin = (f"def {name}{number}():\n    pass\n\n\n" for name in "fg")
        for text in (step, twin):
            asked = {"prefix": prefix, "until": "step"}
            answer = encode(Answer(Proposal(text, Ending.STEP, 1), Usage()))
            trace.feed(Record("write", "key", 0.0, asked, answer))
        prefix += step
    described = describe_problem(begin_result(Problem("long", "Long", ""), 0), trace)
    assert len(described["tree"]) == 1 + 2 * 1100
    assert pack(described)


def test_a_run_without_journals_has_problems_without_trees(copied: Path) -> None:
    for journal in copied.glob("problems/*/journal.jsonl"):
        journal.unlink()
    page = Page(render_html(read_run(copied)))
    assert not any(problem["tree"][0]["children"] for problem in page.problems)
    assert all(problem["programs"] for problem in page.problems)


def test_programs_among_which_nothing_was_chosen(copied: Path, benchmark: Run) -> None:
    write_results(copied, [replace(result, ranked=False) for result in benchmark.results])
    page = Page(render_html(read_run(copied)))
    heads = [own.get("data-kind") for tag, own in page.elements if tag == "th"]
    assert sum(kind is not None for kind in heads) == 6  # neither chosen nor its reward
    outcomes = {own["data-outcome"] for tag, own in page.elements if own.get("class") == "row"}
    assert outcomes == {"some", "none"}


def test_numbers_that_are_none_are_left_out(benchmark: Run) -> None:
    result = benchmark.results[0]
    strange = replace(result.programs[0], reward=math.nan, rewards=(math.inf, 0.5, None))
    result = replace(result, programs=(strange, *result.programs[1:]))
    [described, *_] = describe_problem(result, benchmark.trace(result))["programs"]
    assert (described["reward"], described["rewards"]) == (None, [None, 0.5, None])


def test_a_run_over_few_problems_has_no_empty_parts(copied: Path, benchmark: Run) -> None:
    write_results(copied, benchmark.results[:1])
    page = Page(render_html(read_run(copied)))
    assert "1 of 5 problems: the run has not ended" in page.text
    assert len(page.problems) == 1


def walk(root: Node) -> list[Node]:
    """All nodes under `root`, without it."""
    found = list(root.children)
    for node in found:  # which grows meanwhile
        found += node.children
    return found
