"""Tries the hostile programs on one sandbox, with neighbours at work, and says what they did."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest
from dreamcode_sandbox.judge import judge
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.processes import descendants
from tests.sandbox.hostile.programs import Hostile

LIMITS = Limits(seconds=0.5, memory_mb=256, output_mb=1)
SECONDS = 120.0
"""What one hostile program may take in all, tries alone included."""

NEIGHBOUR = """
total = sum(map(int, input().split()))
for _ in range(100_000): pass
print(total)
"""
NEIGHBOURS_TESTS = [StdinTest("1 2", "3"), StdinTest("1 2", "4")]
NEIGHBOURS_VERDICTS = [Verdict.ACCEPTED, Verdict.WRONG_ANSWER]
_FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock")
_MARKS = ("dreamcode-was-here", "dreamcode-link", "dreamcode-mem", "dreamcode-kmem", "evil.so")


@dataclass
class Tally:
    """What came of the programs that were tried; each name is one that should not be here."""

    programs: int = 0
    forged: list[str] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)

    @property
    def bad(self) -> list[str]:
        """All that should not have happened."""
        return [*self.forged, *self.escaped, *self.left, *self.harmed]


@dataclass(frozen=True)
class Surroundings:
    """What a hostile program may find on this machine.

    Attributes:
        token: what nobody may find: it is in this process's memory and environment, in files,
            in another process's arguments; and it is the right answer.
        folder: a folder of the user's, with a private and a public file.
        bystander: another process of this user's.
        won: what a program prints that has got somewhere.
    """

    token: str
    folder: Path
    bystander: subprocess.Popen[bytes]
    won: str = field(default_factory=lambda: f"won-{secrets.token_hex(8)}")

    def describe(self) -> dict[str, object]:
        """What the programs are told."""
        return {
            "won": self.won,
            "needle": self.token[::-1],
            "host": os.getpid(),
            "bystander": self.bystander.pid,
            "folder": str(self.folder),
            "private": str(self.folder / "private"),
            "public": str(self.folder / "public"),
            "home": str(Path.home()),
        }


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """Lays out what the programs will look for."""
    token = f"token-{secrets.token_hex(8)}"
    sleep = [sys.executable, "-c", "import time; time.sleep(3000)", token]
    with TemporaryDirectory() as name, subprocess.Popen(sleep) as bystander:
        folder = Path(name)
        folder.chmod(0o755)
        for file, mode in (("private", 0o600), ("public", 0o644), (token, 0o644)):
            (folder / file).write_text(f"{token}\n")
            (folder / file).chmod(mode)
        os.environ["HOSTILE_TOKEN"] = token
        try:
            yield Surroundings(token, folder, bystander)
        finally:
            del os.environ["HOSTILE_TOKEN"]
            bystander.kill()


async def try_all(pool: Pool, programs: Sequence[Hostile]) -> Tally:
    """Runs every program, one after the other, beside a neighbour."""
    tally = Tally(len(programs))
    await asyncio.gather(*(pool.run(NEIGHBOUR, NEIGHBOURS_TESTS) for _ in range(2)))
    with surroundings() as around:
        for program in programs:
            await _try(pool, program, around, tally)
    return tally


async def _try(pool: Pool, program: Hostile, around: Surroundings, tally: Tally) -> None:
    name = f"{program.aim}: {program.name}"
    lost: list[str] = []
    pool.on_event = lost.append
    kept = _look(around)
    started = time.monotonic()
    (verdict, said), beside = await asyncio.gather(
        _run(pool, program, around), pool.run(NEIGHBOUR, NEIGHBOURS_TESTS)
    )
    seconds = time.monotonic() - started
    after = await asyncio.gather(*(pool.run(NEIGHBOUR, NEIGHBOURS_TESTS) for _ in range(2)))
    verdicts = [[result.verdict for result in one.results] for one in (beside, *after)]
    if verdict is Verdict.ACCEPTED or any(two[1:] == [Verdict.ACCEPTED] for two in verdicts):
        tally.forged.append(name)
    if around.won in said or around.token in said:
        tally.escaped.append(f"{name}: {said[-500:]}")
    if (now := _look(around)) != kept:
        tally.left.append(f"{name}: {sorted(now ^ kept)}")
    if lost or verdicts != [NEIGHBOURS_VERDICTS] * 3 or seconds > SECONDS:
        tally.harmed.append(f"{name}: {lost} {verdicts} {seconds:.0f} s")
    if around.bystander.poll() is not None:
        tally.harmed.append(f"{name}: the bystander is gone")


async def _run(pool: Pool, program: Hostile, around: Surroundings) -> tuple[Verdict, str]:
    """Its verdict, where only the token is right, and all it has said."""
    text = program.text(around.describe())
    if program.call:
        called = CallTest("answer", (1, 2), around.token)
        [result] = (await pool.run(text, [called], LIMITS)).results
        return result.verdict, result.output + result.error
    execution = await pool.execute(text, "1 2\n", LIMITS)
    verdict = judge(StdinTest("1 2\n", around.token), execution).verdict
    return verdict, execution.output + execution.error


def _look(around: Surroundings) -> set[str]:
    """What there is where something could be left: files, shared memory, jobs' processes."""
    found = {
        f"{path} {path.stat().st_mode} {path.stat().st_mtime_ns} {path.read_text()!r}"
        for path in around.folder.iterdir()
    }
    places = [Path(folder) for folder in (*_FOLDERS, Path.home(), Path.cwd())]
    found |= {str(place / mark) for place in places for mark in _MARKS if (place / mark).exists()}
    for kind in ("shm", "sem", "msg"):
        lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        found |= {line for line in lines if str(0x4711) in line.split()[:1]}
    return found | {f"process {pid}" for pid in descendants(os.getpid())}
