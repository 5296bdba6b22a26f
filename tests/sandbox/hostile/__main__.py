"""Tries every hostile program on every sandbox as this user: `python -m tests.sandbox.hostile`.

With `--write`, as root, it tries them as an ordinary user too, and the rows of both go into the
table of docs/sandbox.md.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from dreamcode_sandbox.pool import Pool
from tests.sandbox.conftest import open_backend
from tests.sandbox.hostile.programs import AIMS, all_programs
from tests.sandbox.hostile.trial import Tally, try_all

KINDS = ("docker", "bubblewrap", "plain process")
HEAD = "| sandbox | user | programs | forged | escaped | left over | neighbours harmed |"
_ROOT = Path(__file__).parents[3]
_PAGE = _ROOT / "docs/sandbox.md"
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
    """The page with these rows in its table."""
    lines = [describe_programs(), "", HEAD, "|---" * 7 + "|", *sorted(rows)]
    return _BLOCK.sub(lambda _: "\n".join(lines) + "\n", text)


def try_as_ordinary_user() -> list[str]:
    """The rows of an ordinary user, from root."""
    command = [_ROOT / ".ci/as-user", sys.executable, "-m", "tests.sandbox.hostile"]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    return [line for line in said.splitlines() if line.startswith("| ")]


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
        _PAGE.write_text(merge(_PAGE.read_text(), rows + try_as_ordinary_user()))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
