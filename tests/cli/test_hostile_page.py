"""Pages of runs in which everything that comes from elsewhere is markup: it stays text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.run import read_run
from tests.bench.report.test_browser import Visit, open_browser
from tests.cli.command import dreamcode
from tests.policies.server import ModelServer
from tests.problems.test_livecodebench import make_row

ATTACK = "window.hacked = (window.hacked || 0) + 1"
MARKUP = (
    f"</script></title></textarea></pre>--><script>{ATTACK}</script>"
    f"<img src=x onerror='{ATTACK}'><svg onload='{ATTACK}'><b id=hostile>'\"&lt;${{1}}{{{{1}}}}"
)
NAME = f"<img src=x onerror='{ATTACK}'><b id=hostile>"
"""As a name of files too: without a slash."""

PROGRAMS = [
    f'def main():\n    """{NAME}"""\n    raise ValueError({MARKUP!r})  # {NAME}\n\n\nmain()\n',
    f"def main():\n    print({MARKUP!r})\n\n\nmain()\n",
    f"def main():\n    print(2)  # {MARKUP}\n\n\nmain()\n",
]
CHECKERS = {
    "remark": f"def check(input, expected, output):\n    return output == '2', {MARKUP!r}\n",
    "fault": f"raise ValueError({MARKUP!r})\n",
}
STATEMENT = f"Print anything. {MARKUP} If there are several answers, print any."


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    browser = open_browser()
    yield browser
    browser.quit()


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer({"Print anything": PROGRAMS}, models=[NAME]) as opened:
        yield opened


def run(home: Path, server: ModelServer, command: str, *arguments: str | Path) -> Path:
    flags = ["--model", f"openai/{NAME}", "--base-url", server.url, "--sandbox", "local"]
    folder = home / NAME / command.replace(" ", "-")
    done = dreamcode(
        *command.split(), *arguments, *flags, "--n", "8", "--run-dir", folder, home=home
    )
    assert done.returncode in (0, 1), done.stderr
    return folder


def check(chrome: Any, page: Path, *told: str) -> None:
    """Nothing on a page ran or was drawn of what is hostile, and all of it can be read."""
    chrome.get("about:blank")
    chrome.get_log("browser")
    chrome.get(page.as_uri())
    visit = Visit(chrome)
    visit.unfold_everything()
    assert visit.run("return window.hacked") is None
    page_width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert visit.run(f"return {page_width}") == 0
    for element in ("img", "b", "#hostile", "script:not([type]) ~ script:not([type])"):
        assert visit.find_all(element) == [], element
    handlers = "return [...document.querySelectorAll('*')].filter((one) => [...one.attributes]"
    assert visit.run(f"{handlers}.some((own) => own.name.startsWith('on'))).length") == 0
    text = visit.run("return document.documentElement.textContent")
    for words in told:
        assert words in text, words
    # A script or picture that the policy of the page stopped would be told here.
    assert chrome.get_log("browser") == []


def test_a_benchmarks_page_shows_markup_as_text(
    chrome: Any, server: ModelServer, tmp_path: Path
) -> None:
    tests = json.dumps([{"input": MARKUP, "output": "2", "testtype": "stdin"}])
    row = make_row(
        question_id=MARKUP,
        question_title=MARKUP,
        question_content=STATEMENT,
        difficulty=MARKUP,
        platform=MARKUP,
        contest_id=MARKUP,
        contest_date="2024-01-03T00:00:00",
        public_test_cases=tests,
        private_test_cases=tests,
    )
    data = tmp_path / f"{NAME}.jsonl"
    data.write_text(json.dumps(row) + "\n")
    folder = run(tmp_path, server, "bench livecodebench", "--data", data)
    check(chrome, folder / "report.html", MARKUP, f"openai/{NAME}", str(data.name))


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_page_of_one_problem_does_too(
    chrome: Any, server: ModelServer, tmp_path: Path, checker: str
) -> None:
    home = tmp_path / NAME
    home.mkdir()
    (home / f"{NAME}.py").write_text(CHECKERS[checker])
    tests = [{"input": MARKUP, "output": MARKUP}]
    front = {"title": MARKUP, "checker": f"{NAME}.py", "tests": tests}
    problem = home / f"{NAME}.md"
    problem.write_text(f"---\n{json.dumps(front)}\n---\n{STATEMENT}")
    folder = run(tmp_path, server, "solve", problem)
    page = tmp_path / "page.html"
    page.write_text(render_html(read_run(folder)), "utf-8")
    check(chrome, page, MARKUP, f"openai/{NAME}", f"ValueError: {MARKUP}")
