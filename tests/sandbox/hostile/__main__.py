"""Tries every hostile program on every sandbox as this user: `python -m tests.sandbox.hostile`.

With `--write`, its rows go into the table of docs/sandbox.md, beside those of other users.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

from dreamcode_sandbox.pool import Pool
from tests.sandbox.conftest import open_backend
from tests.sandbox.hostile.programs import AIMS, all_programs
from tests.sandbox.hostile.trial import Tally, try_all

KINDS = ("docker", "bubblewrap", "plain process")
HEAD = "| sandbox | user | programs | forged | escaped | left over | neighbours harmed |"
_DOCS = Path(__file__).parents[3] / "docs/sandbox.md"
_BLOCK = re.compile(r"(?<=<!-- hostile -->\n).*?(?=<!-- end -->)", re.DOTALL)


def describe_programs() -> str:
    """How many programs there are, by aim."""
    programs = all_programs()
    counts = [f"{sum(one.aim == aim for one in programs)} to {AIMS[aim]}" for aim in AIMS]
    return f"{len(programs)} programs: {', '.join(counts)}."


def make_row(kind: str, tally: Tally) -> str:
    """A line of the table."""
    user = "root" if os.geteuid() == 0 else "ordinary"
    counts = map(len, (tally.forged, tally.escaped, tally.left, tally.harmed))
    return f"| {kind} | {user} | {tally.programs} | {' | '.join(map(str, counts))} |"


def merge(text: str, rows: list[str]) -> str:
    """The page with these rows in its table; rows of the same sandbox and user go."""
    [block] = _BLOCK.findall(text)
    known = [line for line in block.splitlines() if line.startswith("| ") and line != HEAD]
    by_place = {tuple(row.split(" | ")[:2]): row for row in [*known, *rows]}
    lines = [describe_programs(), "", HEAD, "|---" * 7 + "|", *sorted(by_place.values())]
    return _BLOCK.sub(lambda _: "\n".join(lines) + "\n", text)


async def main(arguments: list[str]) -> int:
    """Tries them; 1 where one has done something."""
    kinds = [kind for kind in KINDS if kind in arguments] or list(KINDS)
    rows, bad = [], []
    for kind in kinds:
        pool = Pool(await open_backend(kind), workers=2)
        tally = await try_all(pool, all_programs())
        await pool.close()
        rows.append(make_row(kind, tally))
        print(rows[-1], *tally.bad, sep="\n")  # noqa: T201 - this is a command
        bad += tally.bad
    if "--write" in arguments:
        _DOCS.write_text(merge(_DOCS.read_text(), rows))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
