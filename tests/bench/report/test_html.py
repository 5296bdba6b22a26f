"""The page: one file that loads nothing, holds everything, and runs only its own script."""

import base64
import hashlib
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dreamcode.bench.report.describe import describe_problem
from dreamcode.bench.report.html import embed_json, render_html
from dreamcode.bench.report.load import RunView, load_run
from dreamcode.bench.report.views import ProblemView
from dreamcode.cli.tree import mark
from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.policies.policy import Ending, Proposal, StepAnswer, Usage
from dreamcode.runs.trace import Node, Trace
from tests.bench.report.pages import Page, program_text
from tests.bench.report.runs import EVIL, EVIL_ID, MARKUP, write_results

FETCHING = ("src", "href", "xlink:href", "action", "data", "poster", "srcset", "background")


@pytest.fixture(scope="module")
def html(benchmark: RunView) -> str:
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
    evil = next(problem for problem in page.problems if problem["id"] == EVIL_ID)
    assert evil["statement"].startswith(MARKUP)
    assert EVIL in [program_text(evil, number) for number in range(len(evil["programs"]))]


def test_nothing_ends_a_script_early() -> None:
    text = str(embed_json(["</script><!--<script>", "\u2028&", "\ud800"]))
    assert not set("<>&\u2028\ud800") & set(text)


def test_every_problem_and_program_is_there(page: Page, benchmark: RunView) -> None:
    assert [problem["id"] for problem in page.problems] == [
        result.problem for result in benchmark.results
    ]
    for problem, result in zip(page.problems, benchmark.results, strict=True):
        assert [program_text(problem, n) for n in range(len(problem["programs"]))] == [
            answer.program for answer in result.answers
        ]
        assert [program["copies"] for program in problem["programs"]] == [
            answer.copies for answer in result.answers
        ]
    wrong = next(problem for problem in page.problems if problem["id"] == "double-hard")
    first = wrong["programs"][0]
    assert first["public"] == {"look": "right", "words": "✓ 2/2"}
    assert first["hidden"] == {"look": "wrong", "words": "✗ wrong answer, 3/4"}
    assert (first["reward"], first["rewards"]) == (0.9, [0.6, 0.6, 0.9])


def test_the_same_tables_as_in_the_markdown(page: Page, benchmark: RunView) -> None:
    whole = benchmark.measures["all"]
    low, high = (f"{whole['chosen'][end]:.3f}" for end in ("low", "high"))
    assert f"0.600 {low} to {high}" in page.text
    assert "Expected calibration error 0.411." in page.text
    assert "dreamcode bench doubles --n 6" in page.text


def test_curves_are_pictures_with_text(html: str, page: Page) -> None:
    pictures = re.findall(r"<svg .*?</svg>", html, re.DOTALL)
    assert len(pictures) == 4  # against n, tokens and dollars; calibration
    labels = "completion tokens a problem", "samples a problem (n)", "dollars a problem", "reward"
    for label in labels:
        assert any(f">{label}</text>" in picture for picture in pictures)
    ids = [own["id"] for _, own in page.elements if own.get("id")]
    assert len(ids) == len(set(ids))


def test_a_missing_library_for_curves_is_named(
    benchmark: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"dreamcode\[bench\]"):
        render_html(benchmark)


def test_one_problem_needs_no_library_and_has_no_hidden_verdict(
    solution: RunView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = Page(render_html(solution))
    [problem] = page.problems
    assert [program["hidden"] for program in problem["programs"]] == [None, None]
    assert [program["public"]["look"] for program in problem["programs"]] == ["right", "wrong"]
    failed = problem["programs"][1]["tests"][0]
    assert failed == failed | {
        "verdict": "wrong answer", "input": "2", "expected": "4", "got": "6",
    }  # fmt: skip
    marks = [branch["mark"]["words"] for branch in problem["tree"] if branch["mark"]]
    assert "✂ outranked 0.60" in marks
    assert "Double it" in page.text


def test_the_tree_is_that_of_the_terminal(benchmark: RunView, solution: RunView) -> None:
    compared = 0
    for view in (benchmark, solution):
        for problem in view.problems:
            root = view.trace(problem).root
            described = describe_problem(problem, view.trace(problem))
            assert check_branch(
                described, 0, "", {node.source: node for node in walk(root)}
            ) == len(described["tree"])
            compared += len(described["tree"])
    assert compared > 15


def check_branch(described: dict[str, Any], place: int, above: str, nodes: dict[str, Node]) -> int:
    """Compares a branch and those below it with the tree's nodes; returns how many they are."""
    branch, source = described["tree"][place], above
    for step, score, whose in branch["steps"]:
        source += described["steps"][step]["text"]
        node = nodes[source]
        assert node.name == described["steps"][step]["name"]
        assert score == pytest.approx(node.reward or node.likelihood, abs=1e-4)
        assert whose == ("likelihood" if node.reward is None else "reward")
    if place:
        assert (branch["mark"] or {"words": ""})["words"] == mark(nodes[source]).plain
        assert branch["samples"] == nodes[source].samples
    return 1 + sum(check_branch(described, child, source, nodes) for child in branch["children"])


def test_a_finished_branch_names_its_program(benchmark: RunView) -> None:
    for problem in benchmark.problems:
        described = describe_problem(problem, benchmark.trace(problem))
        ends = [branch for branch in described["tree"] if branch["program"] is not None]
        copies = [0] * len(problem.programs)
        for branch in ends:
            copies[branch["program"]] += branch["samples"]
        assert copies == [program.copies for program in problem.programs]


def test_a_chain_longer_than_the_stack_is_described() -> None:
    trace, prefix = Trace(), ""
    for number in range(2000):
        step, twin = (f"def {name}{number}():\n    pass\n\n\n" for name in "fg")
        proposals = tuple(Proposal(text, Ending.STEP, 1) for text in (step, twin))
        request, answer = {"prefix": prefix}, encode(StepAnswer(proposals, Usage()))
        trace.feed({"kind": "propose", "request": request, "answer": answer})
        prefix += step
    described = describe_problem(ProblemView("long", "Long", "", "", None), trace)
    assert len(described["tree"]) == 1 + 2 * 2000
    assert embed_json(described)


def test_a_run_without_journals_has_problems_without_trees(copied: Path) -> None:
    for journal in copied.glob("problems/*/journal.jsonl"):
        journal.unlink()
    page = Page(render_html(load_run(copied)))
    assert not any(problem["tree"][0]["children"] for problem in page.problems)
    assert all(problem["programs"] for problem in page.problems)


def test_programs_among_which_nothing_was_chosen(copied: Path, benchmark: RunView) -> None:
    write_results(copied, [replace(result, ranked=False) for result in benchmark.results])
    page = Page(render_html(load_run(copied)))
    heads = [own.get("data-kind") for tag, own in page.elements if tag == "th"]
    assert sum(kind is not None for kind in heads) == 6  # neither chosen nor its reward
    outcomes = {own["data-outcome"] for tag, own in page.elements if own.get("class") == "row"}
    assert outcomes == {"some", "none"}


def test_numbers_that_are_none_are_left_out(benchmark: RunView) -> None:
    problem = benchmark.problems[0]
    strange = replace(problem.programs[0], reward=math.nan, rewards=(math.inf, 0.5, None))
    problem = replace(problem, programs=(strange, *problem.programs[1:]))
    [described, *_] = describe_problem(problem, benchmark.trace(problem))["programs"]
    assert (described["reward"], described["rewards"]) == (None, [None, 0.5, None])


def test_a_run_over_few_problems_has_no_empty_parts(copied: Path, benchmark: RunView) -> None:
    write_results(copied, benchmark.results[:1])
    page = Page(render_html(load_run(copied)))
    assert "1 of 5 problems: the run has not ended" in page.text
    assert len(page.problems) == 1


def walk(root: Node) -> list[Node]:
    """All nodes under `root`, without it."""
    found = list(root.children)
    for node in found:  # which grows meanwhile
        found += node.children
    return found
