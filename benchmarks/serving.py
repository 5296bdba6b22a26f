"""Whether `dreamcode serve` answers many clients rightly, and stays as small as it was.

    python -m benchmarks.serving [--clients 64] [--seconds 180]

Starts the real command with the embedded pair. Each client asks, with the official library and
as fast as it is answered, for problems of the miniature world in an order of its own, every third
time as a stream, and leaves every tenth time before the answer. An answer belongs to its request
if its program is the one that the same problem got before, whoever asked. Prints, for every sixth
of the time, answers, and memory and descriptors of the server and its children.
"""

import argparse
import asyncio
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from random import Random

import psutil
from openai import APITimeoutError, AsyncOpenAI
from rich.console import Console
from rich.table import Table

from benchmarks.endurance import weigh
from dreamcode.miniature.exams import generate_exam
from dreamcode.problems.problem import Problem

PROBLEMS, STAGES = 40, 6
PATIENCE = 600.0
SEED = 0


@dataclass
class Counts:
    """What came of the requests.

    Attributes:
        answers: whole answers.
        streams: answers that came in pieces.
        left: requests that were given up.
        known: program of each problem.
        wrong: answers that were not their problem's.
    """

    answers: int = 0
    streams: int = 0
    left: int = 0
    known: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


async def ask(client: AsyncOpenAI, problem: Problem, turn: int, counts: Counts) -> None:
    """Asks once and counts what came of it."""
    messages = [{"role": "user", "content": problem.statement}]
    body = {"model": "dreamcode", "messages": messages}
    if turn % 10 == 9:
        try:
            await client.with_options(timeout=0.2).chat.completions.create(**body)  # type: ignore[call-overload]
        except APITimeoutError:
            counts.left += 1
        return
    if turn % 3 == 2:
        stream = await client.chat.completions.create(stream=True, **body)  # type: ignore[call-overload]
        text = "".join(
            [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        )
        counts.streams += 1
    else:
        found = await client.chat.completions.create(**body)  # type: ignore[call-overload]
        text = found.choices[0].message.content or ""
        counts.answers += 1
    if counts.known.setdefault(problem.id, text) != text:
        counts.wrong.append(problem.id)


async def keep_asking(
    number: int, client: AsyncOpenAI, problems: list[Problem], until: float, counts: Counts
) -> None:
    """One client, to the end."""
    random, turn = Random(f"{SEED} {number}"), number
    while time.monotonic() < until:
        await ask(client, random.choice(problems), turn, counts)
        turn += 1


async def measure(address: str, server: psutil.Process, clients: int, seconds: float) -> Counts:
    """Lets all clients ask, and prints what the server is meanwhile."""
    problems = [generate_exam("validation", 3000 + at).problem for at in range(PROBLEMS)]
    counts, began = Counts(), time.monotonic()
    table = Table("seconds", "answers", "streams", "given up", "wrong", "MiB", "descriptors")
    async with AsyncOpenAI(
        base_url=f"{address}/v1", api_key="none", timeout=PATIENCE, max_retries=0
    ) as client:
        tasks = [
            asyncio.create_task(keep_asking(number, client, problems, began + seconds, counts))
            for number in range(clients)
        ]
        for stage in range(1, STAGES + 1):
            await asyncio.sleep(began + stage * seconds / STAGES - time.monotonic())
            memory, descriptors = weigh([server, *server.children(recursive=True)])
            table.add_row(
                f"{time.monotonic() - began:.0f}", f"{counts.answers:,}", f"{counts.streams:,}",
                f"{counts.left:,}", f"{len(counts.wrong)}", f"{memory:.0f}", f"{descriptors}",
            )  # fmt: skip
        await asyncio.gather(*tasks)
    Console().print(table)
    return counts


def main() -> None:
    """Starts the server, measures, ends it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=180.0)
    asked = parser.parse_args()
    command = [sys.executable, "-m", "dreamcode", "serve", "--port", "0", "--n", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(
            found[1]
            for line in process.stderr
            if (found := re.search(r"serving (http://\S+)/v1", line))
        )
        try:
            server = psutil.Process(process.pid)
            counts = asyncio.run(measure(address, server, asked.clients, asked.seconds))
        finally:
            process.send_signal(signal.SIGINT)
    Console().print(f"{len(counts.known)} problems, {len(counts.wrong)} answers of another")
    sys.exit(bool(counts.wrong))


if __name__ == "__main__":
    main()
