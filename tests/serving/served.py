"""A real server of searches, in a thread, whose policy writes down what it is asked for."""

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator

from dreamcode.choosing import Choosing
from dreamcode.cli.serving import Server, listen
from dreamcode.errors import InfrastructureError
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage
from dreamcode.prompting import Grain
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.search.search import SearchOptions
from dreamcode.serving.workshop import Workshop
from dreamcode.solver import Attempt, Services
from dreamcode_sandbox import open_sandbox

N = 3


class Scribe:
    """Its program prints the word that the statement has behind "word".

    Attributes:
        begun: samples that were asked for.
        ended: samples that it wrote; others were not waited for.
        requests: what was asked.
    """

    name = "scribe"
    grain: Grain = "program"

    def __init__(self, seconds: float = 0.0) -> None:
        """Takes so many seconds for a sample."""
        self._seconds = seconds
        self.begun = self.ended = 0
        self.requests: list[Request] = []

    async def write(self, request: Request) -> Answer:
        self.begun += 1
        self.requests.append(request)
        await asyncio.sleep(self._seconds)
        word = re.search(r"word (\w+)", request.problem.statement)
        if word is None:
            raise InfrastructureError("the server of scribe is down")
        self.ended += 1
        text = f'def main():\n    print("{word[1]}")\n\n\nmain()\n'
        return Answer(Proposal(text, Ending.PROGRAM, 7, -1.0, 7), Usage(1, 11, 7))

    async def close(self) -> None:
        pass


@contextlib.contextmanager
def serving(scribe: Scribe, key: str | None = None, at_once: int = 64) -> Iterator[str]:
    """Its address; the server ends with the context."""
    listening = listen("127.0.0.1", 0)
    started = threading.Event()
    servers: list[Server] = []

    async def serve() -> None:
        async with open_sandbox("local", 2) as sandbox:
            services = Services(scribe, Likelihood(), sandbox)
            attempt = Attempt(options=SearchOptions(n=N), choosing=Choosing(stop="never"))
            server = Server(Workshop(services, attempt, at_once), key)
            servers.append(server)
            started.set()
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        servers[0].should_exit = True
        thread.join()
