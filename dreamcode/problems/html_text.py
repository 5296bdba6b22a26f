"""Statements in HTML as the text that samples are looked for in."""

import re
from html import unescape
from html.parser import HTMLParser

_HTML = re.compile(r"</(?:p|pre|div|h[1-6]|td|section|strong)\s*>", re.IGNORECASE)
_BLOCKS = {"p", "div", "section", "ul", "ol", "table", "tr", "td", "th", "br", "hr", "li"}
_BLOCKS |= {f"h{level}" for level in range(1, 7)}
_HIDDEN = {"script", "style"}


def plain_text(statement: str) -> str:
    """A statement in HTML as Markdown whose fences are its `<pre>` blocks; others as they are."""
    if not _HTML.search(statement):
        return statement
    reader = _Reader()
    reader.feed(statement)
    reader.close()
    return "".join(reader.pieces)


class _Reader(HTMLParser):
    """Gathers text; a fence is longer than any row of backticks, so that none ends it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._pre: list[str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag == "pre":
            self._pre = []
        elif tag in _BLOCKS:
            self._add_break()

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN
        if tag == "pre" and self._pre is not None:
            text = unescape("".join(self._pre)).removeprefix("\n")
            text += "" if text.endswith("\n") or not text else "\n"
            self.pieces.append(f"\n\n~~~~~\n{text}~~~~~\n\n")
            self._pre = None
        elif tag in _BLOCKS and tag != "br":
            self._add_break()

    def handle_data(self, data: str) -> None:
        if self._pre is not None:
            self._pre.append(data)
        elif not self._hidden:
            self.pieces.append(data)

    def _add_break(self) -> None:
        """A line ends here; inside `<pre>`, where some sites put a block per line, once."""
        if self._pre is None:
            self.pieces.append("\n")
        elif self._pre and not self._pre[-1].endswith("\n"):
            self._pre.append("\n")
