"""Takes the pictures of reports in this folder: python docs/screenshots.py RUN BEAM.

Both are folders of benchmark runs: RUN gives the figures, BEAM, of a beam search, a search tree.
Needs Chromium, its driver and selenium.
"""

import io
import sys
import tempfile
from pathlib import Path
from shutil import which
from urllib.parse import quote

from PIL import Image
from selenium import webdriver

from dreamcode.bench.report.html import render_html
from dreamcode.bench.report.run import Run, read_run
from dreamcode.results import Result
from dreamcode.runs.branches import list_branches

FOLDER = Path(__file__).parent
COLOURS = 96


def open_browser() -> webdriver.Chrome:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = which("chromium") or "chromium"
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    return webdriver.Chrome(options, webdriver.ChromeService(which("chromedriver")))


def take(browser: webdriver.Chrome, page: str, theme: str, size: tuple[int, int]) -> Image.Image:
    """What somebody with that theme and that window sees of the page at that address."""
    media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    window = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
    browser.get("about:blank")  # an address that differs in its end alone loads nothing anew
    browser.get(page)
    # The page scrolls to its problem; again, now that curves have their height.
    browser.execute_script("dispatchEvent(new Event('hashchange'))")
    image = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    # In few colours the files are small.
    return image.quantize(COLOURS, dither=Image.Dither.NONE)


def pick_problem(view: Run) -> str:
    """The one whose search branches most, if possible one with a wrong choice."""

    def merit(result: Result) -> tuple[bool, int]:
        missed = any(result.graded) and not (result.best and result.best.right)
        branches = list_branches(view.trace(result).root)
        return missed, sum(bool(branch.children) for branch in branches)

    return max(view.results, key=merit).problem


def take_screenshots(run: str, beam: str) -> None:
    """Renders the runs' pages and takes their pictures."""
    views = [read_run(Path(run)), read_run(Path(beam))]
    browser = open_browser()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, view in zip(("run", "beam"), views, strict=True):
                Path(folder, f"{name}.html").write_text(render_html(view), encoding="utf-8")
            whole = Path(folder, "run.html").as_uri()
            tree = f"{Path(folder, 'beam.html').as_uri()}#problem={quote(pick_problem(views[1]))}"
            for name, page, theme, size in (
                ("light", whole, "light", (1200, 1000)),
                ("dark", tree, "dark", (1200, 1000)),
                ("narrow", tree, "light", (360, 800)),
            ):
                take(browser, page, theme, size).save(FOLDER / f"report-{name}.png", optimize=True)
    finally:
        browser.quit()


if __name__ == "__main__":
    take_screenshots(*sys.argv[1:])
