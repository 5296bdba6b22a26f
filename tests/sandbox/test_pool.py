"""Runners die, callers give up, machines are busy: verdicts stay, and nothing is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import dreamcode_sandbox
from dreamcode_sandbox.cases import CallTest, Limits, StdinTest
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.gate import Gate
from dreamcode_sandbox.opening import available_processors
from dreamcode_sandbox.pool import Pool
from dreamcode_sandbox.protocol import Connection, RunnerDiedError
from dreamcode_sandbox.verdicts import Verdict
from tests.interrupts import take_interrupts
from tests.processes import alive, descendants
from tests.sandbox.conftest import DOCKER, FILTERED, local_kind, on, open_backend, require_docker

ADD = "print(sum(map(int, input().split())))"
ADD_TESTS = [StdinTest("1 2", "3"), StdinTest("4 5", "9")]
SLOW = "import time\ns = time.process_time()\nwhile time.process_time() < s + 0.5: pass\nprint(3)"


def watched(backend: Any) -> list[Connection]:
    """Lists the connections that `backend` opens, so that a test can cut them."""
    opened: list[Connection] = []
    start = backend.start

    async def remember() -> Connection:
        opened.append(await start())
        return opened[-1]

    backend.start = remember
    return opened


@pytest.fixture(params=FILTERED)
async def fresh(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Pool, list[Connection]]]:
    backend = await open_backend(request.param)
    pool = Pool(backend, workers=2)
    yield pool, watched(backend)
    await pool.close()


async def test_a_job_whose_runner_is_killed_is_repeated(
    fresh: tuple[Pool, list[Connection]],
) -> None:
    pool, opened = fresh
    await pool.warm_up()
    job = asyncio.create_task(pool.run(SLOW, [StdinTest("", "3")] * 3))
    await asyncio.sleep(0.7)
    await opened[0].kill()
    report = await job
    assert report.verdict is Verdict.ACCEPTED
    assert len(report.results) == 3
    assert len(opened) > 1


async def test_runners_that_died_while_idle_are_replaced(
    fresh: tuple[Pool, list[Connection]],
) -> None:
    pool, opened = fresh
    await asyncio.gather(*(pool.run(SLOW, [StdinTest("", "3")]) for _ in range(2)))
    for connection in opened:
        await connection.kill()
    assert (await pool.run(ADD, ADD_TESTS)).verdict is Verdict.ACCEPTED


async def test_a_sandbox_whose_runners_always_die_is_an_error_and_no_verdict() -> None:
    backend = await open_backend(local_kind())
    notes: list[str] = []
    pool = Pool(backend, 1, notes.append)
    opened = watched(backend)

    async def kill_them_all() -> None:
        while True:
            for connection in opened:
                await connection.kill()
            await asyncio.sleep(0.01)

    killer = asyncio.create_task(kill_them_all())
    with pytest.raises(SandboxError, match="dreamcode doctor"):
        await pool.run(SLOW, [StdinTest("", "3")])
    killer.cancel()
    await asyncio.gather(killer, return_exceptions=True)
    await pool.close()
    assert len(opened) <= 3


async def test_a_runner_that_speaks_nonsense_is_an_error() -> None:
    from dreamcode_sandbox.local import LocalBackend

    talkative = LocalBackend("talkative", lambda _: [sys.executable, "-c", "print('x' * 100)"], {})
    with pytest.raises(SandboxError, match="did not start"):
        await Pool(talkative, 1).run(ADD, ADD_TESTS)
    silent = LocalBackend("silent", lambda _: [sys.executable, "-c", "1 / 0"], {})
    with pytest.raises(SandboxError, match="ZeroDivisionError"):
        await Pool(silent, 1).run(ADD, ADD_TESTS)
    missing = LocalBackend("missing", lambda _: ["/nowhere/python"], {})
    with pytest.raises(SandboxError, match="could not be started"):
        await Pool(missing, 1).run(ADD, ADD_TESTS)


async def test_many_programs_at_once_get_their_own_answers(
    fresh: tuple[Pool, list[Connection]],
) -> None:
    pool, opened = fresh

    async def one(number: int) -> bool:
        program = f"print(int(input()) * {number})"
        tests = [StdinTest(str(n), str(n * number)) for n in range(3)]
        return (await pool.run(program, tests)).verdict is Verdict.ACCEPTED

    assert all(await asyncio.gather(*map(one, range(40))))
    assert len(opened) <= 2


async def test_a_cancelled_job_disturbs_nobody(fresh: tuple[Pool, list[Connection]]) -> None:
    pool, _ = fresh
    jobs = [asyncio.create_task(pool.run(SLOW, [StdinTest("", "3")] * 50)) for _ in range(2)]
    await asyncio.sleep(0.5)
    for job in jobs:
        job.cancel()
    assert all(
        isinstance(end, asyncio.CancelledError)
        for end in await asyncio.gather(*jobs, return_exceptions=True)
    )
    reports = await asyncio.gather(*(pool.run(ADD, ADD_TESTS) for _ in range(4)))
    assert {report.verdict for report in reports} == {Verdict.ACCEPTED}


@pytest.mark.parametrize("kind", ["bubblewrap", "plain process"])
async def test_a_start_that_is_cancelled_at_any_moment_ends_at_once(kind: str) -> None:
    backend = await open_backend(kind)
    started = time.monotonic()
    await (await backend.start()).kill()
    whole = time.monotonic() - started
    for part in range(200):
        work = asyncio.ensure_future(backend.start())
        await asyncio.sleep(whole * part / 200)
        work.cancel()
        done, _ = await asyncio.wait([work], timeout=20)
        assert done, f"deaf when cancelled after {whole * part / 200:.4f} s"
        if not work.cancelled():
            await work.result().kill()
    await backend.close()


async def test_a_sleeping_program_ends_as_time_limit_in_bounded_time() -> None:
    async with dreamcode_sandbox.open_sandbox("local", workers=2) as pool:
        started = time.monotonic()
        sleeping = pool.run("import time\ntime.sleep(1000)", [StdinTest("", "")], Limits(0.1))
        busy = [pool.run(ADD, ADD_TESTS) for _ in range(5)]
        report, *others = await asyncio.gather(sleeping, *busy)
    assert report.verdict is Verdict.TIME_LIMIT
    assert "wall" in report.results[0].error
    assert {other.verdict for other in others} == {Verdict.ACCEPTED}
    assert time.monotonic() - started < 120  # it sleeps 1000


async def test_a_busy_machine_changes_no_verdict() -> None:
    """Many times more work than processors: CPU time is what counts."""
    hog = (sys.executable, "-c", "while True: pass")
    hogs = [await asyncio.create_subprocess_exec(*hog) for _ in range(4 * available_processors())]
    try:
        async with dreamcode_sandbox.open_sandbox("local", workers=2) as pool:
            limits = Limits(seconds=1.5)
            right = [pool.run(SLOW, [StdinTest("", "3")], limits) for _ in range(4)]
            wrong = [pool.run("while True: pass", [StdinTest("", "")], Limits(0.2))] * 1
            verdicts = [report.verdict for report in await asyncio.gather(*right, *wrong)]
    finally:
        for process in hogs:
            process.kill()
            await process.wait()
    assert verdicts == [Verdict.ACCEPTED] * 4 + [Verdict.TIME_LIMIT]


async def test_auto_says_what_it_falls_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    said: list[str] = []
    async with dreamcode_sandbox.open_sandbox("auto", 1, said.append) as pool:
        assert pool.name != "docker"
        assert (await pool.run(ADD, ADD_TESTS)).verdict is Verdict.ACCEPTED
    assert any("No Docker engine answers on unix:///nowhere" in line for line in said)
    assert any(f"falling back to the local sandbox ({pool.name})" in line for line in said)
    with pytest.raises(SandboxError, match="--sandbox local"):
        async with dreamcode_sandbox.open_sandbox("docker", 1):
            pass


@pytest.mark.parametrize(
    "limits", [Limits(seconds=0), Limits(memory_mb=-1), Limits(memory_mb=10**6)]
)
async def test_limits_that_cannot_be_kept_are_refused(limits: Limits) -> None:
    async with dreamcode_sandbox.open_sandbox("local", 1) as pool:
        with pytest.raises(SandboxError):
            await pool.run(ADD, ADD_TESTS, limits)


async def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SandboxError, match="docker, local or auto"):
        async with dreamcode_sandbox.open_sandbox("podman"):  # type: ignore[arg-type]
            pass
    with pytest.raises(SandboxError, match="at least 1"):
        async with dreamcode_sandbox.open_sandbox("local", 0):
            pass


@pytest.mark.parametrize("argument", [{1, 2}, 10**5000], ids=["set", "huge"])
async def test_arguments_that_are_no_json_are_refused(argument: Any) -> None:
    async with dreamcode_sandbox.open_sandbox("local", 1) as pool:
        with pytest.raises(SandboxError, match="JSON"):
            await pool.run("def f(a): return a", [CallTest("f", (argument,), 1)])
        assert (await pool.run(ADD, ADD_TESTS)).verdict is Verdict.ACCEPTED


_SCRIPT = """
    import asyncio, dreamcode_sandbox
    from dreamcode_sandbox.cases import StdinTest, Limits

    async def main():
        async with dreamcode_sandbox.open_sandbox({kind!r}, 2) as pool:
            await pool.warm_up()
            busy = (pool.run("while True: pass", [StdinTest("", "")], Limits(100)) for _ in "12")
            jobs = asyncio.gather(*busy)
            await asyncio.sleep(1)
            print("ready", flush=True)
            await jobs

    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kind", FILTERED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_host_ends(kind: str, number: int) -> None:
    if kind == "docker":
        require_docker()
    script = textwrap.dedent(_SCRIPT).format(kind="docker" if kind == "docker" else "local")
    path = os.environ["PATH"] if kind != "plain process" else str(Path(sys.executable).parent)
    host = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PATH": path},
        preexec_fn=take_interrupts,
    )
    assert host.stdout is not None
    assert host.stdout.readline() == b"ready\n"
    family = descendants(host.pid)
    running = _containers_of(host.pid) if kind == "docker" else sorted(family)
    assert running
    host.send_signal(number)
    host.wait(60)
    host.stdout.close()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        left = _containers_of(host.pid) if kind == "docker" else [p for p in family if alive(p)]
        if not left:
            return
        time.sleep(0.2)
    pytest.fail(f"still there: {left}")


def _containers_of(pid: int) -> list[Any]:
    import docker

    client = docker.from_env()
    try:
        names = [str(c.name) for c in client.containers.list(all=True, ignore_removed=True)]
    finally:
        client.close()
    return [name for name in names if name.startswith(f"dreamcode-sandbox-{pid}-")]


@pytest.mark.docker
async def test_containers_of_dead_owners_are_removed() -> None:
    require_docker()
    import docker

    from dreamcode_sandbox.build import LABEL, build_image
    from dreamcode_sandbox.docker import DockerBackend
    from dreamcode_sandbox.leftovers import OWNER, machine_mark, own_mark

    client = docker.from_env()
    image = build_image(client)
    marks = {"dead": f"{machine_mark()}/999999999/1", "elsewhere": "other/1/1", "own": own_mark()}
    names = {}
    for who, mark in marks.items():
        labels = {LABEL: "runner", OWNER: mark}
        names[who] = client.api.create_container(image, command=["x"], labels=labels)["Id"]
    try:
        await (await DockerBackend.open()).close()
        left = {entry["Id"] for entry in client.api.containers(all=True)}
        assert names["dead"] not in left
        assert {names["elsewhere"], names["own"]} <= left
    finally:
        for name in names.values():
            if name in {entry["Id"] for entry in client.api.containers(all=True)}:
                client.api.remove_container(name, force=True)
        client.close()


async def test_the_gate_lets_many_together_or_one_alone() -> None:
    gate = Gate()
    inside: list[str] = []
    most = 0

    async def together() -> None:
        nonlocal most
        async with gate.together():
            assert "alone" not in inside
            inside.append("together")
            most = max(most, len(inside))
            try:
                await asyncio.sleep(0.001)
            finally:
                inside.remove("together")

    async def alone() -> None:
        async with gate.alone():
            assert not inside
            inside.append("alone")
            try:
                await asyncio.sleep(0.001)
            finally:
                inside.remove("alone")

    work = [together() if n % 7 else alone() for n in range(100)]
    tasks = [asyncio.create_task(job) for job in work]
    await asyncio.sleep(0.002)
    for task in tasks[::9]:
        task.cancel()
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ends)
    assert most > 1
    await asyncio.wait_for(alone(), 1)
    await asyncio.wait_for(together(), 1)


@on(DOCKER, "bubblewrap", "plain process")
@pytest.mark.asyncio(loop_scope="session")
async def test_the_self_test_passes(box: Pool) -> None:
    from dreamcode_sandbox.self_test import self_test

    checks = await self_test(box)
    assert len(checks) >= 10
    assert [check for check in checks if not check.ok] == []


async def test_the_self_test_notices_a_sandbox_that_judges_wrongly() -> None:
    from dreamcode_sandbox.local import open_plain
    from dreamcode_sandbox.machine import choose_python
    from dreamcode_sandbox.self_test import self_test

    pool = Pool(open_plain(choose_python(), filter_calls=False), 1)
    failed = {check.name for check in await self_test(pool) if not check.ok}
    await pool.close()
    assert "no process can be started" in failed


async def test_a_conversation_with_a_silent_runner_ends() -> None:
    from dreamcode_sandbox.local import LocalBackend
    from dreamcode_sandbox.protocol import Conversation

    sleeper = LocalBackend("x", lambda _: [sys.executable, "-c", "input()"], {})
    connection = await sleeper.start()
    with pytest.raises(RunnerDiedError, match="did not start within 0 seconds"):
        await Conversation(connection).hear(0.2)
    await connection.kill()
