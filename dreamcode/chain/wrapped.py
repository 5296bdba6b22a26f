"""Programs in other clothes: as JSON, HTML, patches, transcripts, lists of lines."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

# Characters that web pages and word processors put in the place of Python's.
_PLAIN = str.maketrans("\xa0\u202f\u3000“”„‘’", '   """\'\'', "\ufeff\u200b\u200c\u200d\u2060\xad")
_FENCES = re.compile(r"(?:\n?</?(?:pre|code)\b[^>]*>)+\n?", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:span|p|div|br)\b[^>]*>", re.IGNORECASE)
_CODE = re.compile(r"(?:^|[:.!>])[ \t]*<(?:pre|code)\b[^>]*>", re.IGNORECASE | re.MULTILINE)
_JSON = re.compile(r"^\s*[{\[]", re.MULTILINE)
# Each line of such a text, with what it says of the program.
_LINES = (
    re.compile(r"(?:@@|-|\+\+\+|diff |index |\\).*|[ +](?P<line>.*)|"),  # a patch
    re.compile(r"[ \t]*\d+(?:[ \t]?[|:.│])?(?:[ \t]|$)(?P<line>.*)|"),  # numbered
    re.compile(r"[ \t]*(?:>>>|\.\.\.|In \[\d+\]:)(?: |$)(?P<line>.*)|(?!>>>).*"),  # a transcript
    re.compile(r"[%!].*|(?P<line>.*)"),  # a notebook's cell
)
_HERE = re.compile(r"<<-?[ \t]*[\"']?(\w+)[\"']?.*\n(?P<text>(?:.*\n)*?)[ \t]*\1$", re.MULTILINE)


def without_markup(text: str) -> str:
    """A page with code in `<pre>` or `<code>` as Markdown; any other text as it is."""
    if not _CODE.search(text):
        return text
    return html.unescape(_MARKUP.sub("", _FENCES.sub("\n```\n", text)))


def unwrapped(text: str) -> Iterator[str]:
    """The texts that `text` may have been meant as, where it is in some other form."""
    yield html.unescape(text)
    yield text.translate(_PLAIN)
    lines = text.removesuffix("\n").split("\n")
    for pattern in _LINES:
        found = [pattern.fullmatch(line) for line in lines]
        if all(found):
            kept = (line["line"] for line in found if line and line["line"] is not None)
            yield "".join(f"{line}\n" for line in kept)
    yield from (found["text"] for found in _HERE.finditer(text))
    if start := _JSON.search(text):
        try:
            yield from _texts(json.JSONDecoder(strict=False).raw_decode(text, start.end() - 1)[0])
        except (ValueError, RecursionError):
            return


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
