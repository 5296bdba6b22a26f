"""The edge where text leaves for a terminal: nothing of a stranger's may steer it."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment

_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # escape sequences, carriage returns, backspaces, bells
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
    r"\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"  # breaks, what nobody sees
)


def visible(text: str) -> str:
    r"""`text` with what steers a terminal, or what nobody sees, as `\x1b` and the like."""
    return _STEERING.sub(
        lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n")
    )


def open_console(*, stderr: bool = False) -> Console:
    """Where people are told things: whatever is printed there has been made visible."""
    console = Console(stderr=stderr)
    console.push_render_hook(_Edge())
    return console


class Shown:
    """A picture whose text has been made visible: needed where rich redraws it by itself."""

    def __init__(self, picture: RenderableType) -> None:
        self._picture = picture

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._picture, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


class _Edge(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [Shown(one) for one in renderables]
