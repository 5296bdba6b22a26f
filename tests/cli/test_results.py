"""One record of a result, wherever it is written: docs/results.md has its keys."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dreamcode.bench.report.schema import PRINTED, make_schema, make_tables
from dreamcode.results import describe_result, read_result
from tests.bench.report.pages import Page
from tests.bench.report.runs import make_benchmark
from tests.cli.command import dreamcode
from tests.policies.server import ModelServer
from tests.search.programs import RIGHT, WRONG

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = make_schema()
STATEMENT = "Print twice the number.\n\nSample Input\n2\n\nSample Output\n4\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of solve in `solve`, what it printed, and a benchmark in `bench`."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "p.md").write_text(STATEMENT)
    with ModelServer({"Print twice the number": [RIGHT, WRONG]}) as server:
        done = dreamcode(
            "solve", "p.md", "--model", "openai/tiny", "--base-url", server.url, "--n", "4",
            "--sandbox", "local", "--run-dir", "solve", "--json", home=folder,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "printed.json").write_text(done.stdout)
    make_benchmark(folder / "bench")
    return folder


def shown(home: Path, *arguments: str) -> Any:
    done = dreamcode("show", *arguments, "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(result: dict[str, Any]) -> dict[str, Any]:
    """The result, which the schema allows and which survives being read."""
    jsonschema.validate(result, SCHEMA)
    known = {name: value for name, value in result.items() if name not in PRINTED}
    assert describe_result(read_result(known)) == known
    return known


def test_what_solve_prints_and_leaves_and_show_tells_is_the_same(home: Path) -> None:
    printed = check(json.loads((home / "printed.json").read_text()))
    left = check(json.loads((home / "solve" / "result.json").read_text()))
    told = check(shown(home, "solve"))
    assert printed == left == told
    assert (home / "solve" / "solution.py").read_text() == printed["program"]


def test_a_benchmark_s_problems_are_the_same_in_every_file(home: Path) -> None:
    lines = (home / "bench" / "results.jsonl").read_text().splitlines()
    listed = [check(json.loads(line)) for line in lines]
    assert [check(one) for one in shown(home, "bench")["results"]] == listed
    files = (home / "bench" / "problems").glob("*/result.json")
    kept = [check(json.loads(file.read_text())) for file in files]
    assert sorted(one["problem"] for one in kept) == sorted(one["problem"] for one in listed)
    assert all(one in listed for one in kept)
    hard = check(shown(home, "bench", "--problem", "double-hard"))
    assert hard in listed


def test_the_page_holds_the_same_record(home: Path) -> None:
    from dreamcode.bench.report.html import render_html
    from dreamcode.bench.report.run import read_run

    for problem in Page(render_html(read_run(home / "bench"))).problems:
        del problem["facts"], problem["scales"]  # in words, for the page
        check(problem)


def test_a_key_that_nobody_documented_is_refused(home: Path) -> None:
    result = json.loads((home / "solve" / "result.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result | {"candidates": []}, SCHEMA)
    del result["programs"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, SCHEMA)


def test_the_documents_say_what_the_records_are() -> None:
    # Else: python -m dreamcode.bench.report.schema, and the same with `tables`.
    assert json.loads((DOCS / "results.schema.json").read_text()) == SCHEMA
    assert make_tables() in (DOCS / "results.md").read_text()
