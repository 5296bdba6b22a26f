"""The page in a real browser that reaches no network."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.run import Run
from tests.bench.report.runs import EVIL, EVIL_ID, LATE, MARKUP, RIGHT

REQUIRED = "DREAMCODE_REQUIRE_CHROMIUM"


def open_browser() -> Any:
    """Chromium without a window; skips where it is missing, unless it is required."""
    try:
        from selenium import webdriver
    except ImportError:
        missing = "selenium"
    else:
        binary, driver = which("chromium"), which("chromedriver")
        missing = "" if binary and driver else "chromium or chromedriver"
    if missing:
        reason = f"needs {missing}: apt-get install chromium chromium-driver, pip install selenium"
        pytest.fail(reason) if os.environ.get(REQUIRED) else pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    browser = open_browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def pages(
    chrome: Any,
    benchmark: Run,
    solution: Run,
    recombination: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    views = {"benchmark": benchmark, "solution": solution, "recombination": recombination}
    for name, view in views.items():
        (folder / f"{name}.html").write_text(render_html(view), encoding="utf-8")
    return folder


@pytest.fixture
def visit(chrome: Any, pages: Path) -> Iterator[Callable[..., "Visit"]]:
    """Opens a page; afterwards, nothing was fetched and nothing complained."""

    def open_page(
        name: str = "benchmark",
        width: int = 1200,
        theme: str = "light",
        media: str = "screen",
        fragment: str = "",
    ) -> "Visit":
        chrome.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"media": media, "features": [{"name": "prefers-color-scheme", "value": theme}]},
        )
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chrome.execute_script("try { localStorage.clear() } catch {}")
        chrome.get("about:blank")  # so that a page with another fragment is loaded anew
        chrome.get((pages / f"{name}.html").as_uri() + fragment)
        return Visit(chrome)

    yield open_page
    assert chrome.get_log("browser") == []
    for entry in chrome.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            is_page = message["params"]["type"] == "Document" and url.startswith("file://")
            assert is_page or url.startswith(("data:", "about:")), url
    assert chrome.execute_script("return window.hacked") is None


class Visit:
    """A page that is open."""

    def __init__(self, chrome: Any) -> None:
        self.chrome = chrome

    def find(self, selector: str) -> Any:
        return self.chrome.find_element("css selector", selector)

    def find_all(self, selector: str) -> list[Any]:
        found: list[Any] = self.chrome.find_elements("css selector", selector)
        return found

    def shown(self, selector: str) -> list[Any]:
        return [element for element in self.find_all(selector) if element.is_displayed()]

    def run(self, script: str, *arguments: object) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def text(self, element: Any) -> str:
        return str(self.run("return arguments[0].textContent.toWellFormed()", element))

    def open_problem(self, name: str) -> Any:
        """Unfolds a problem of the table and returns its details, once they are drawn."""
        from selenium.webdriver.support.wait import WebDriverWait

        row = next(r for r in self.find_all("tr.row") if r.get_attribute("data-id") == name)
        row.find_element("css selector", ".opener").click()
        detail = self.find(f"#problem-{row.get_attribute('data-place')}")
        # Problems are packed, and unpacked by and by.
        waiting = WebDriverWait(self.chrome, 10)
        waiting.until(
            lambda _: self.run("return arguments[0].querySelector('.problem > *')", detail)
        )
        return detail

    def unfold_everything(self) -> None:
        """Unfolds all there is and shows the code of every step."""
        from selenium.webdriver.support.wait import WebDriverWait

        for opener in self.find_all(".opener[aria-expanded=false]"):
            self.run("arguments[0].click()", opener)
        self.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        drawn = "return [...document.querySelectorAll('details')].every((d) => d.children[1])"
        WebDriverWait(self.chrome, 10).until(lambda _: self.run(drawn))
        self.run("document.querySelectorAll('.step').forEach((one) => one.click())")

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.chrome).send_keys(*keys).perform()


Open = Callable[..., Visit]


def test_a_problem_folds_and_unfolds_and_has_an_address(visit: Open) -> None:
    page = visit()
    detail = page.open_problem("double-hard")
    assert detail.is_displayed()
    assert page.run("return location.hash") == "#problem=double-hard"
    assert "wrong answer, 3/4" in detail.text
    page.find("[data-id='double-hard'] .opener").click()
    assert not detail.is_displayed()
    linked = visit(fragment="#problem=double-easy")
    assert [one.get_attribute("id") for one in linked.shown("tr.detail")] == ["problem-0"]


def test_the_tree_folds_unfolds_and_shows_code(visit: Open) -> None:
    page = visit()
    page.open_problem("double-hard")
    assert len(page.shown(".tree li")) == 3
    toggle = page.find(".tree .fold")
    toggle.click()
    assert len(page.shown(".tree li")) == 1
    assert toggle.get_attribute("aria-expanded") == "false"
    page.find(".unfold-all").click()
    assert len(page.shown(".tree li")) == 3
    page.find(".fold-all").click()
    assert len(page.shown(".tree li")) == 1
    step = page.find(".tree .step")
    assert page.text(step) == "main 0.60"
    step.click()
    assert page.find(".tree .below pre").text == RIGHT.partition("\n\n\n")[0]
    step.click()
    assert page.find_all(".tree .below pre") == []


def test_a_search_that_dropped_something_says_why(visit: Open) -> None:
    page = visit("solution")
    assert [page.text(mark) for mark in page.shown(".tree .mark.cut")] == ["✂ outranked"] * 2
    assert page.text(page.find(".tree .mark.right")) == "✓ 2/2"
    page.find(".tree .link").click()
    active = page.run("return document.activeElement.textContent")
    assert str(active).startswith("Program 1")
    assert "hidden" not in page.find("main").text


@pytest.mark.parametrize("width", [360, 1200])
def test_recombined_programs_say_which_sample_a_function_is_from(visit: Open, width: int) -> None:
    page = visit("recombination", width)
    flows = [page.text(flow) for flow in page.shown(".tree .flow")]
    assert "double 0.60 from sample 1recombinedpublic ✓ 2/2program 2" in flows
    assert "double ▼0.30sample 2public ✗ 1/2 wrong answerprogram 3" in flows
    assert page.text(page.find(".legend")) == (
        "numbers: reward so far, by taste · ▼ the reward falls here · "
        "×2: samples with the same text · recombined: functions of several samples"
    )
    programs = page.find_all(".program")
    assert "recombined" not in page.text(programs[0].find_element("css selector", "summary"))
    title = programs[1].find_element("css selector", "summary")
    assert "recombined" in page.text(title)
    title.click()
    chain = page.text(programs[1].find_element("css selector", ".chain"))
    steps = (
        "main 0.60 from sample 2",
        "read_number 0.60 from sample 2",
        "double 0.60 from sample 1",
    )
    assert chain == "→".join(steps)
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_programs_have_their_evidence_and_their_text(visit: Open) -> None:
    page = visit()
    detail = page.open_problem("double-hard")
    first, second = detail.find_elements("css selector", ".program")
    title = page.text(first.find_element("css selector", "summary"))
    for words in ("chosen", "hidden ✗ wrong answer, 3/4", "public ✓ 2/2", "reward 0.90", "×4"):
        assert words in title
    assert page.text(first.find_element("css selector", "pre.code")) == LATE
    second.find_element("css selector", "summary").click()
    assert page.text(second.find_element("css selector", "pre.code")) == RIGHT


def test_programs_are_compared_line_by_line(visit: Open) -> None:
    page = visit()
    detail = page.open_problem("double-hard")
    detail.find_element("css selector", ".difference summary").click()
    lines = page.text(detail.find_element("css selector", ".diff")).splitlines()
    assert lines == [
        "--- program 1",
        "+++ program 2",
        "@@ -8,7 +8,7 @@",
        " ",
        " ",
        " def double(number):",
        "-    return 2 * number if number < 50 else 0",
        "+    return 2 * number",
        " ",
        " ",
        ' if __name__ == "__main__":',
    ]
    page.run(
        "const s = document.querySelectorAll('.difference select')[1]; s.value = '0';"
        "s.dispatchEvent(new Event('change'))"
    )
    assert "no difference" in page.find(".diff").text


def test_the_list_is_filtered(visit: Open) -> None:
    page = visit()

    def ids() -> list[str]:
        return [row.get_attribute("data-id") for row in page.shown("tr.row")]

    def choose(name: str, value: str) -> None:
        page.run(
            "const s = document.querySelector(`#filter [name=${arguments[0]}]`);"
            "s.value = arguments[1]; s.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )

    assert len(ids()) == 5
    choose("difficulty", "hard")
    assert ids() == ["double-hard", "hopeless"]
    assert page.find("#count").text == "2 of 5"
    choose("outcome", "missed")
    assert ids() == ["double-hard"]
    detail = page.open_problem("double-hard")
    choose("outcome", "none")
    assert ids() == ["hopeless"]
    assert not detail.is_displayed()
    choose("outcome", "")
    assert detail.is_displayed()
    choose("difficulty", "")
    choose("platform", "atcoder")
    assert ids() == ["double-easy", EVIL_ID]
    page.find("#filter [name=text]").send_keys("EASY")
    assert ids() == ["double-easy"]


def test_the_list_is_sorted_and_details_stay_with_their_problems(visit: Open) -> None:
    page = visit()
    page.open_problem("double-hard")

    def order() -> list[str]:
        rows = page.find_all("#problems > tbody > tr")
        return [row.get_attribute("data-id") or "detail" for row in rows]

    head = next(th for th in page.find_all("#problems thead th") if th.text == "reward")
    sorter = head.find_element("css selector", "button")
    sorter.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert order()[0] == "hopeless"
    assert order()[-2:] == ["double-hard", "detail"]
    sorter.click()
    assert head.get_attribute("aria-sort") == "descending"
    assert order()[:2] == ["double-hard", "detail"]


def test_everything_can_be_reached_by_keyboard(visit: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    page.press(Keys.TAB)
    assert page.run("return document.activeElement.className") == "skip"
    page.run("document.querySelector('[data-id=\"double-hard\"] .opener').focus()")
    page.press(Keys.ENTER)
    assert page.find("#problem-1").is_displayed()
    page.run("document.querySelector('.tree .fold').focus()")
    page.press(Keys.SPACE)
    assert len(page.shown(".tree li")) == 1
    page.press(Keys.SPACE)
    assert len(page.shown(".tree li")) == 3
    seen = set()
    for _ in range(12):
        page.press(Keys.TAB)
        seen.add(page.run("return document.activeElement.className || 'summary'"))
    assert {"step", "link", "summary"} <= seen


def luminance(page: Visit, selector: str, name: str) -> float:
    """Of a computed colour, from 0 (black) to 255."""
    colour = page.run(
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]",
        selector,
        name,
    )
    red, green, blue = (float(part) for part in str(colour)[4:-1].split(","))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_themes_follow_the_system_and_can_be_changed(visit: Open) -> None:
    for theme, dark in (("light", False), ("dark", True)):
        page = visit(theme=theme)
        for _ in range(2):
            assert (luminance(page, "html", "backgroundColor") < 100) == dark
            assert (luminance(page, "html", "color") > 150) == dark
            assert (luminance(page, "figure svg text", "fill") > 130) == dark
            assert page.find("#theme").text == ("Light theme" if dark else "Dark theme")
            page.find("#theme").click()
            dark = not dark


@pytest.mark.parametrize("name", ["benchmark", "solution"])
def test_a_narrow_window_scrolls_down_only(visit: Open, name: str) -> None:
    page = visit(name, width=360)
    page.unfold_everything()
    width = page.run(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width == [360, 360]
    outside = page.run(
        "return [...document.querySelectorAll('main *')].filter((one) =>"
        " !one.closest('.scroll, pre, svg, .unseen') && one.getBoundingClientRect().right > 361)"
        ".map((one) => one.outerHTML.slice(0, 200))"
    )
    assert outside == []


def test_attacks_stay_text(visit: Open) -> None:
    page = visit()
    detail = page.open_problem(EVIL_ID)
    page.unfold_everything()
    assert page.text(detail.find_element("css selector", ".statement")).startswith(MARKUP)
    codes = [page.text(code) for code in detail.find_elements("css selector", ".program pre.code")]
    assert EVIL in codes
    assert page.find_all("img") == []
    assert len(page.find_all("script:not([type])")) == 1
    assert any(MARKUP in title.text for title in page.find_all(".row .title"))


def test_paper_gets_the_content_and_no_controls(visit: Open) -> None:
    page = visit(media="print", theme="dark")
    page.run("document.querySelector('.opener').click()")
    assert not page.find("#filter").is_displayed()
    assert not page.find("#theme").is_displayed()
    assert page.find(".problem .tree").is_displayed()
    assert luminance(page, "html", "backgroundColor") > 200
