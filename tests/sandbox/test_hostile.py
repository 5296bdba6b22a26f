"""More than a hundred hostile programs on every kind of sandbox, as whoever runs the tests.

`python -m tests.sandbox.hostile --write` does the same and writes the table of docs/sandbox.md.
"""

import re
from pathlib import Path

import pytest

from dreamcode_sandbox.pool import Pool
from tests.sandbox.conftest import FILTERED, on
from tests.sandbox.hostile.__main__ import describe_programs
from tests.sandbox.hostile.programs import AIMS, Hostile, all_programs
from tests.sandbox.hostile.trial import try_all

PAGE = Path(__file__).parents[2] / "docs/sandbox.md"

pytestmark = pytest.mark.asyncio(loop_scope="session")


@on(*FILTERED)
@pytest.mark.parametrize("aim", AIMS)
async def test_hostile_programs_come_to_nothing(box: Pool, aim: str) -> None:
    programs = [program for program in all_programs() if program.aim == aim]
    tally = await try_all(box, programs)
    assert tally.programs >= 15
    assert tally.bad == []


@on("unfiltered")
async def test_the_trial_notices_what_hostile_programs_do(box: Pool) -> None:
    won = Hostile("escape", "wins", "won('something')")
    right = Hostile("forge", "knows the answer", "print(given['needle'][::-1])")
    file = Hostile("leave", "a file", "print('nothing')")
    tally = await try_all(box, [won, right, file])
    assert [one.partition(":")[0] for one in tally.escaped] == ["escape", "forge"]
    assert tally.forged == ["forge: knows the answer"]
    assert (tally.left, tally.harmed) == ([], [])


async def test_the_documented_table_is_of_these_programs() -> None:
    page = PAGE.read_text()
    assert describe_programs() in page
    rows = re.findall(
        r"^\| (docker|bubblewrap|plain process) \| (\w+) \| (\d+) \| (.*) \|$", page, re.M
    )
    assert len(rows) == 6
    assert {(int(programs), counts) for _, _, programs, counts in rows} == {
        (len(all_programs()), "0 | 0 | 0 | 0")
    }
