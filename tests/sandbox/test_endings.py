"""However a program ends, it means nothing to us but that; and it ends in bounded time."""

import asyncio
import time

import pytest

from dreamcode_sandbox.cases import CallTest, Limits, StdinTest
from dreamcode_sandbox.execution import MARGIN
from dreamcode_sandbox.opening import available_processors
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.verdicts import Verdict
from tests.sandbox.conftest import EVERY, FILTERED, on

pytestmark = pytest.mark.asyncio(loop_scope="session")


@on(*FILTERED)
async def test_every_exit_status_but_0_is_a_runtime_error(box: Pool) -> None:
    async def end(status: int) -> Verdict | None:
        return (await box.execute(f"import os\nos._exit({status})", "")).verdict

    verdicts = await asyncio.gather(*map(end, range(256)))
    assert verdicts == [None, *[Verdict.RUNTIME_ERROR] * 255]


@on(*EVERY)
@pytest.mark.parametrize(
    "program",
    [
        "os._exit(253)",
        "os._exit(137)",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGXCPU)",
        "os.kill(os.getpid(), signal.SIGXFSZ)",
        "signal.raise_signal(signal.SIGTERM)",
        "os.abort()",
        "threading.Thread(target=os._exit, args=(253,)).start(); time.sleep(5)",
        "atexit.register(os._exit, 137)",
        "class A:\n    def __del__(self): os._exit(253)\na = A()\ndel a",
        "ctypes.CDLL(None).exit(253)",
        "ctypes.CDLL(None).syscall(231, 253)",
    ],
)
async def test_an_end_of_any_other_kind_is_a_runtime_error(box: Pool, program: str) -> None:
    imports = "import atexit, ctypes, os, signal, threading, time\n"
    # The signals' own actions: Python ignores one of them.
    imports += "for n in (24, 25):\n    signal.signal(n, signal.SIG_DFL)\n"
    execution = await box.execute(imports + program, "")
    assert execution.verdict is Verdict.RUNTIME_ERROR, execution
    assert (await box.execute("print(1)", "")).output == "1\n"


@on(*FILTERED)
@pytest.mark.parametrize("status", ["0", "253", "137", "'text'", "None", "[1]", "10**30", "-1"])
async def test_sys_exit_of_anything_is_a_normal_end(box: Pool, status: str) -> None:
    program = f"import sys\nprint(3)\nsys.exit({status})"
    assert (await box.run(program, [StdinTest("", "3")])).verdict is Verdict.ACCEPTED
    called = f"import os\ndef f(): os._exit({status if status.isdigit() else 1})"
    assert (await box.run(called, [CallTest("f", (), 3)])).verdict is Verdict.RUNTIME_ERROR


@on(*FILTERED)
async def test_want_of_memory_is_known_from_within(box: Pool) -> None:
    for program in ("x = [0] * 10**10", "raise MemoryError('own')", "x = bytearray(1 << 40)"):
        execution = await box.execute(program, "")
        assert execution.verdict is Verdict.MEMORY_LIMIT
        assert "[out of memory]" not in execution.error
    caught = "try:\n    x = [0] * 10**10\nexcept MemoryError:\n    raise ValueError('MemoryError')"
    assert (await box.execute(caught, "")).verdict is Verdict.RUNTIME_ERROR


@on("bubblewrap", "plain process")
async def test_wall_time_is_bounded_whatever_threads_do(box: Pool) -> None:
    """Threads that wait for each other have not waited for the machine."""
    program = """
import threading, time
def work():
    while time.process_time() < 0.2: pass
    time.sleep(1000)
for _ in range(100): threading.Thread(target=work).start()
"""
    limits = Limits(seconds=0.4)
    execution = await box.execute(program, "", limits)
    assert execution.verdict is Verdict.TIME_LIMIT
    assert "wall" in execution.error
    # Twice the limit and five seconds, and what other tests took of the processors.
    assert execution.wall_seconds < 3 * (2 * limits.seconds + 5)


def burn(seconds: float) -> str:
    return f"import time\nwhile time.process_time() < {seconds}: pass\nprint(3)"


@on("plain process")
async def test_a_stop_near_the_limit_is_repeated_alone(box: Pool) -> None:
    """What takes a little more than the limit is run again with nothing beside it."""
    limits = Limits(seconds=0.5)
    near = await box.execute(burn(0.5 * (1 + MARGIN) / 2), "", limits)
    assert near.verdict is Verdict.TIME_LIMIT
    assert near.cpu_seconds < 0.5 * MARGIN
    # Far from it there is no second run: it would show in the time.
    started = time.monotonic()
    far = await box.execute("while True: pass", "", limits)
    assert (far.verdict, far.doubtful) == (Verdict.TIME_LIMIT, False)
    assert time.monotonic() - started < 30


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_load_changes_no_verdict_away_from_the_limit() -> None:
    """200 programs alone, alone again, and with all workers busy beside a burner."""
    import dreamcode_sandbox

    limit = 0.5
    needs = [limit * (0.02 + 0.0098 * n) for n in range(200)]

    async def judge_all(pool: Pool, at_once: bool) -> list[tuple[Verdict, float]]:
        async def one(need: float) -> tuple[Verdict, float]:
            # Work, not a clock, decides how long it takes.
            loops = int(need * speed)
            program = f"for _ in range({loops}): pass\nprint(3)"
            [result] = (await pool.run(program, [StdinTest("", "3")], Limits(limit))).results
            return result.verdict, result.cpu_seconds

        if at_once:
            return list(await asyncio.gather(*map(one, needs)))
        return [await one(need) for need in needs]

    async with dreamcode_sandbox.open_sandbox("local", 2 * available_processors()) as pool:
        timing = await pool.execute("for _ in range(10_000_000): pass", "", Limits(60))
        speed = 10_000_000 / timing.cpu_seconds
        first = await judge_all(pool, False)
        again = await judge_all(pool, False)
        burner = await asyncio.create_subprocess_exec("yes", stdout=asyncio.subprocess.DEVNULL)
        try:
            busy = await judge_all(pool, True)
        finally:
            burner.kill()
            await burner.wait()
    changed = [
        (need / limit, [one[0].value for one in three], [round(one[1], 3) for one in three])
        for need, three in zip(needs, zip(first, again, busy, strict=True), strict=True)
        if len({one[0] for one in three}) > 1
    ]
    away = [one for one in changed if all(abs(cpu / limit - 1) > 0.1 for cpu in one[2][:2])]
    assert away == [], changed
