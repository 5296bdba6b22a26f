"""Takes the pictures of reports in this folder: python docs/screenshots.py RUN BEAM.

Both are folders of benchmark runs: RUN gives the figures, BEAM, of a beam search, a search tree.
Needs Chromium, its driver and selenium.
"""

import io
import sys
import tempfile
from pathlib import Path
from shutil import which

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By

from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.run import Run, read_run
from dreamcode.results import Result
from dreamcode.runs.branches import list_branches

FOLDER = Path(__file__).parent
COLOURS = 96


def open_browser() -> webdriver.Chrome:
    """A browser without a window that reaches no network."""
    options = webdriver.ChromeOptions()
    options.binary_location = which("chromium") or "chromium"
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    return webdriver.Chrome(options, webdriver.ChromeService(which("chromedriver")))


def show(browser: webdriver.Chrome, page: Path, theme: str, width: int, height: int) -> None:
    """Opens the page as somebody with that theme and window sees it."""
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": theme}]},
    )
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(page.as_uri())


def open_problem(browser: webdriver.Chrome, problem: Result) -> None:
    """Unfolds a problem and brings it to the top of the window."""
    rows = browser.find_elements(By.CSS_SELECTOR, "#problems tr.row")
    row = next(one for one in rows if one.get_attribute("data-id") == problem.problem)
    row.find_element(By.CSS_SELECTOR, ".opener").click()
    browser.execute_script("arguments[0].scrollIntoView()", row)


def save(browser: webdriver.Chrome, name: str) -> None:
    """Writes what the window shows, in few colours: the pictures are small that way."""
    image = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    few = image.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(FOLDER / name, optimize=True)


def pick_problem(view: Run) -> Result:
    """The one whose search branches most, if possible one with a wrong choice."""

    def merit(result: Result) -> tuple[bool, int]:
        missed = any(result.graded) and not (result.best and result.best.right)
        branches = list_branches(view.trace(result).root)
        return missed, sum(bool(branch.children) for branch in branches)

    return max(view.results, key=merit)


def take_screenshots(run: Path, beam: Path) -> None:
    """Renders the runs' pages and takes their pictures."""
    views = [read_run(run), read_run(beam)]
    problem = pick_problem(views[1])
    with tempfile.TemporaryDirectory() as folder:
        pages = [Path(folder) / name for name in ("run.html", "beam.html")]
        for page, view in zip(pages, views, strict=True):
            page.write_text(render_html(view), encoding="utf-8")
        browser = open_browser()
        try:
            show(browser, pages[0], "light", 1200, 1000)
            save(browser, "report-light.png")
            show(browser, pages[1], "dark", 1200, 1000)
            open_problem(browser, problem)
            save(browser, "report-dark.png")
            show(browser, pages[1], "light", 360, 800)
            open_problem(browser, problem)
            save(browser, "report-narrow.png")
        finally:
            browser.quit()


if __name__ == "__main__":
    take_screenshots(Path(sys.argv[1]), Path(sys.argv[2]))
