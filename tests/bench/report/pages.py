"""A page of HTML taken apart, as a browser would."""

import base64
import gzip
import json
from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """What a page holds.

    Attributes:
        elements: every element with its attributes, in order.
        scripts: attributes and text of each script element.
        text: all text outside scripts and styles.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self._inside != "style":
            self.text += data

    def count(self, tag: str) -> int:
        """Elements of that name."""
        return sum(name == tag for name, _ in self.elements)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """The JSON of every problem."""
        return [
            json.loads(gzip.decompress(base64.b64decode(text)))
            for attributes, text in self.scripts
            if attributes.get("type") == "text/plain"
        ]


def program_text(problem: dict[str, Any], number: int) -> str:
    """A program's text as the page's script puts it together."""
    return "".join(problem["programs"][number]["steps"])
